"""The published language as files: a JSON Schema and an example of every event, generated from the declared topics.

`python -m shared.contracts.publish` writes them; with `--check` it writes nothing and exits 1 naming what differs.
Neither lets a published event be taken away or narrowed: `baseline.json` holds every schema as it was last published.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic.json_schema import GenerateJsonSchema

from shared.contracts.compatibility import WORDS, changes_refused
from shared.contracts.envelope import CONTENT_TYPE, milliseconds, timestamp
from shared.contracts.event import Event
from shared.contracts.topics import INTERNAL, MINISTRY, intake_topic, receipts_topic

HERE = Path(__file__).resolve().parent
SAMPLES = HERE / "samples.yaml"
FOLDERS = ("schemas", "examples")
BASELINE = "baseline.json"


class _SchemaGenerator(GenerateJsonSchema):
    """A title on the event alone: those that pydantic makes of field names say nothing new."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  # pydantic's signature
        return False


def events() -> tuple[type[Event], ...]:
    """Every event that some topic declares, in every version: intake, receipts, then the internal topics in order."""
    topics = (intake_topic(MINISTRY), receipts_topic(MINISTRY), *INTERNAL)
    return tuple(event for topic in topics for event in (*topic.events, *topic.retired))


def sample_name(event: type[Event]) -> str:
    """The event's key in the samples."""
    return f"{event.family}.{event.__name__}.v{event.version}"


def file_name(event: type[Event]) -> str:
    """The name of the event's schema and of its example."""
    return f"{sample_name(event)}.json"


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the event's data, as a reader takes it in."""
    made = event.model_json_schema(schema_generator=_SchemaGenerator)
    definitions = made.pop("$defs", {})
    head = {"$schema": GenerateJsonSchema.schema_dialect, "$id": event.schema_name(), "title": event.__name__}
    schema = {**head, "description": "", **_described(made), "title": event.__name__}
    if definitions:
        schema["$defs"] = {name: _described(definitions[name]) for name in sorted(definitions)}
    return schema


def example_of(event: type[Event], sample: Mapping[str, Any]) -> dict[str, Any]:
    """The sample as a whole CloudEvent in structured JSON form; raises ValidationError where the data is wrong.

    An intake event stands as a sender writes it, unnumbered and without the fields it leaves out.
    """
    envelope = sample["envelope"]
    recorded = timestamp(milliseconds(envelope["time"]))
    attributes = {
        "specversion": "1.0",
        "id": envelope["id"],
        "source": envelope["source"],
        "type": event.type_name(),
        "time": recorded,
        "datacontenttype": CONTENT_TYPE,
        "dataschema": event.schema_name(),
    }
    ours = event.family != "intake"
    if ours:
        attributes |= {
            "subject": envelope["subject"],
            "sequence": str(envelope["sequence"]),
            "recordedtime": recorded,
            "correlationid": envelope["correlation"],
            "causationid": envelope["cause"],
        }
    data = event.model_validate_json(json.dumps(sample["data"], default=str))
    return {**attributes, "data": data.model_dump(mode="json", exclude_unset=not ours)}


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of every event by its name, without words: what a change is judged by."""
    return {sample_name(event): _wordless(schema_of(event)) for event in events()}


def refused() -> list[str]:
    """What of the events as they are now may not take the place of what was published, a line each."""
    published = json.loads((HERE / BASELINE).read_text(encoding="utf-8"))
    outside = frozenset(sample_name(event) for event in receipts_topic(MINISTRY).events)
    return changes_refused(published, schemas(), outside)


def generated() -> dict[Path, str]:
    """Every file as it must stand, by its path; raises KeyError for an event without a sample."""
    samples = yaml.safe_load(SAMPLES.read_text(encoding="utf-8"))
    files = {}
    for event in events():
        files[HERE / "schemas" / file_name(event)] = _text(schema_of(event))
        files[HERE / "examples" / file_name(event)] = _text(example_of(event, samples[sample_name(event)]))
    lines = [f"{json.dumps(name)}: {json.dumps(schema, sort_keys=True)}" for name, schema in sorted(schemas().items())]
    files[HERE / BASELINE] = "{\n" + ",\n".join(lines) + "\n}\n"
    return files


def differing(files: Mapping[Path, str]) -> list[Path]:
    """The files that are missing, changed, or stand there and should not, by name."""
    standing = [*(path for folder in FOLDERS for path in (HERE / folder).glob("*")), HERE / BASELINE]
    there = {path: path.read_text(encoding="utf-8") for path in standing}
    return sorted(path for path in {*there, *files} if there.get(path) != files.get(path))


def write(files: Mapping[Path, str]) -> None:
    """The two folders hold exactly these files."""
    for path in differing(files):
        if path in files:
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 when the files stand as generated, 1 for a refused or unpublished change, 2 for a wrong call."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m shared.contracts.publish [--check]\n")
        return 2
    if lines := refused():
        for line in lines:
            sys.stderr.write(f"{line}; a version only grows: write the next version beside it (README.md)\n")
        return 1
    files = generated()
    if not arguments:
        write(files)
        return 0
    names = [str(path.relative_to(HERE)) for path in differing(files)]
    for name in names:
        sys.stderr.write(f"{name} is not as generated; run: python -m shared.contracts.publish\n")
    return 1 if names else 0


def _described(part: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with the first sentence of its docstring and without a title."""
    kept = {key: value for key, value in part.items() if key != "title"}
    if "description" in kept:
        kept["description"] = re.split(r"(?<=\.)\s", kept["description"], maxsplit=1)[0]
    return kept


def _wordless(part: Any) -> Any:
    """The schema without what only people read."""
    if isinstance(part, dict):
        kept = {key: value for key, value in part.items() if key == "$defs" or key not in WORDS}
        return {
            key: {name: _wordless(each) for name, each in value.items()}
            if key in ("properties", "$defs")
            else _wordless(value)
            for key, value in kept.items()
        }
    return [_wordless(each) for each in part] if isinstance(part, list) else part


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
