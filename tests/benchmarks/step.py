"""`./ocop bench step`: evaluation's sheet step beside a floor and a naive twin, all in one run.

Set 13 of 26/2026, seven sheets and a closing to one score, on topics filled before. The service is the real one, its
relay included: its run ends when every score is on the bus. The floor reads and copies the same records and decides
nothing. The naive twin is `tests.benchmarks.naive`, once as FastStream starts it, in one process, and once in as many
processes as the others. Every run begins with a copy of the same database.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Consumer, TopicPartition
from rich.console import Console
from rich.table import Table

from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES, Topic
from shared.kernel.clock import monotonic
from tests.benchmarks.floor import CREATE, DONE, TABLE
from tests.benchmarks.history import EVENTS_PER_PRODUCT, prelude, sheet_events
from tests.benchmarks.machine import this_machine
from tests.benchmarks.place import Measured, Place, measure, place, wait

PRODUCTS_NAIVE: Final = 240
GATE_OF_FLOOR: Final = 0.20
GATE_OF_NAIVE: Final = 40.0
KINDS: Final = ("service", "postgres", "broker")
RESULTS: Final = Path(__file__).parent / "results"
AT_WATERMARKS: Final = "SELECT 1 FROM watermark FOR UPDATE"
AT_SUBJECTS: Final = "LOCK TABLE subject IN ACCESS EXCLUSIVE MODE"
AT_FLOOR: Final = f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one variant did in one round; processor is microseconds per event, by kind of process."""

    variant: str
    events_per_second: float
    processor: Mapping[str, float]


@dataclass(frozen=True)
class Bench:
    """The two places of a run: one with all products, one with the few that the naive twin takes."""

    whole: Place
    few: Place
    products: int
    products_naive: int
    processes: int

    def service(self, name: str) -> Figure:
        """Evaluation and its relay."""
        with self.whole.copied(name) as here:
            programs = [here.program(name, ("services.evaluation",), replica) for replica in range(self.processes)]
            taken = measure(here, programs, AT_WATERMARKS, _scored(here, self.products))
        return _figure("service", self.products * EVENTS_PER_PRODUCT, taken)

    def naive(self, name: str, processes: int) -> Figure:
        """The naive twin, over so many processes."""
        with self.whole.copied(name) as copy:
            here = replace(copy, site=replace(copy.site, topic_prefix=self.few.site.topic_prefix))
            programs = [here.program(name, ("tests.benchmarks.naive",), replica) for replica in range(processes)]
            taken = measure(here, programs, AT_SUBJECTS, _scored(here, self.products_naive))
        return _figure(_naive(processes), self.products_naive * EVENTS_PER_PRODUCT, taken)

    def floor(self, name: str, kind: str) -> Figure:
        """Raw reading and copying, over as many processes."""
        with self.whole.copied(name) as here:
            with here.database() as connection:
                connection.execute(CREATE)
            module = ("tests.benchmarks.floor", kind, str(self.processes))
            programs = [here.program(name, module, replica) for replica in range(self.processes)]
            logs = [here.layout.logs / f"{program.name}.log" for program in programs]
            taken = measure(here, programs, AT_FLOOR, lambda: _all_done(logs))
        return _figure(f"floor, {kind}", self.products * EVENTS_PER_PRODUCT, taken)

    def round(self, number: int) -> list[Figure]:
        """The figures of each variant once, each with a copy of the same database; who begins changes by round."""
        self.whole.fill(prelude(self.products))
        _take_in_prelude(self.whole, self.products)
        self.whole.fill(sheet_events(self.products))
        self.few.fill(sheet_events(self.products_naive))
        variants: tuple[Callable[[str], Figure], ...] = (
            lambda name: self.floor(name, "raw"),
            self.service,
            lambda name: self.floor(name, "decoded"),
            *(partial(self.naive, processes=processes) for processes in sorted({1, self.processes})),
        )
        shift = number % len(variants)
        in_turn = enumerate(variants[shift:] + variants[:shift])
        figures = [variant(f"round_{number}_{turn}") for turn, variant in in_turn]
        if not self.same_results():
            raise AssertionError("the naive twin and the service announced different scores")
        return figures

    def same_results(self) -> bool:
        """What the naive twin announced is what the service announced of the same products, id by id."""
        theirs, ours = _announced(self.few, SCORES), _announced(self.whole, SCORES)
        return len(theirs) == self.products_naive and all(
            ours.get(event_id) == told for event_id, told in theirs.items()
        )


def run(rounds: int, products: int, products_naive: int, processes: int) -> list[Figure]:
    """The figures of every variant in every round, the variants taking turns; raises where a result was wrong.

    Each round has topics of its own. The first, in which broker and database warm up, is not counted.
    """
    figures: list[Figure] = []
    with place() as servers:
        for number in range(rounds + 1):
            name = f"bench_{number}"
            with servers.provisioned(name) as whole, servers.provisioned(f"{name}_few") as few:
                bench = Bench(whole, few, products, products_naive, processes)
                found = bench.round(number)
            figures += found if number else []
    return figures


def main(rounds: int, products: int, processes: int) -> bool:
    """The table is printed and kept; True where both gates are passed."""
    figures = run(rounds, products, min(products, PRODUCTS_NAIVE), processes)
    speeds = {name: [f.events_per_second for f in figures if f.variant == name] for name in _names(figures)}
    ratios = {f"of {name}": _ratio(speeds["service"], found) for name, found in speeds.items() if name != "service"}
    machine = this_machine()
    where = f"{machine.processor}, {machine.cores} cores; {processes} processes but where it says otherwise"
    Console().print(_table(figures, speeds, ratios, where))
    RESULTS.mkdir(exist_ok=True)
    kept = {
        "machine": asdict(machine),
        "products": products,
        "processes": processes,
        "durability": "acks=all on one broker; PostgreSQL fsync=on, synchronous_commit=on",
        "ratios": ratios,
        "rounds": [asdict(figure) for figure in figures],
    }
    (RESULTS / "step.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return ratios["of floor, raw"] >= GATE_OF_FLOOR and ratios[f"of {_naive(1)}"] >= GATE_OF_NAIVE


def _take_in_prelude(here: Place, products: int) -> None:
    """The service has taken the prelude in, and has gone; what it kept is the template of every run."""
    program = here.program("prelude", ("services.evaluation",), 0)
    here.supervisor.start(program)
    with here.database() as connection:
        asked = (
            "SELECT coalesce(sum(next_offset), 0) FROM watermark WHERE topic = ANY(%s)",
            ([DOSSIERS.name, PROMOTIONS.name],),
        )
        wait(lambda: connection.execute(*asked).fetchone() == (3 * products,) or None, 300.0, "the prelude")
    here.supervisor.stop(program.name)


def _scored(here: Place, products: int) -> Callable[[], float | None]:
    before = here.held(SCORES)
    return lambda: monotonic() if here.held(SCORES) >= before + products else None


def _all_done(logs: Sequence[Path]) -> float | None:
    ends = [line.split()[1] for log in logs for line in log.read_text().splitlines() if line.startswith(DONE)]
    return max(map(float, ends)) if len(ends) == len(logs) else None


def _announced(here: Place, topic: Topic) -> dict[str, Any]:
    """What the topic holds: the data by event id."""
    consumer = Consumer({"bootstrap.servers": here.site.kafka_bootstrap, "group.id": "bench-judge"})
    name, found = here.site.topic_prefix + topic.name, dict[str, Any]()
    consumer.assign([TopicPartition(name, part, 0) for part in range(topic.partitions)])
    left = here.held(topic)
    while left:
        for message in consumer.consume(10_000, timeout=5.0):
            headers = dict(message.headers() or ())
            told = json.loads(message.value() or b"")
            if found.setdefault(str(headers["ce_id"]), told) != told:
                raise AssertionError(f"two runs announced different scores as {headers['ce_id']!r}")
            left -= 1
    consumer.close()
    return found


def _figure(variant: str, events: int, taken: Measured) -> Figure:
    return Figure(
        variant, events / taken.seconds, {name: used / events * 1e6 for name, used in taken.processor.items()}
    )


def _naive(processes: int) -> str:
    return "naive, 1 process" if processes == 1 else f"naive, {processes} processes"


def _names(figures: Sequence[Figure]) -> list[str]:
    return list(dict.fromkeys(figure.variant for figure in figures))


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios round by round, so that a slow moment of the machine weighs on both sides."""
    return round(statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True)), 3)


def _table(
    figures: Sequence[Figure], speeds: Mapping[str, Sequence[float]], ratios: Mapping[str, float], title: str
) -> Table:
    table = Table(title=title)
    for heading in ("variant", "events/s", "spread", "service µs", "PostgreSQL µs", "broker µs"):
        table.add_column(heading, justify="left" if heading == "variant" else "right")
    for name, found in speeds.items():
        used = [figure.processor for figure in figures if figure.variant == name]
        processor = (
            f"{statistics.median(each[kind] for each in used):.1f}" for kind in ("service", "postgres", "broker")
        )
        table.add_row(name, f"{statistics.median(found):,.0f}", f"{min(found):,.0f}-{max(found):,.0f}", *processor)
    for name, ratio in ratios.items():
        table.add_row(f"service {name}", f"{ratio:.2f} ×")
    return table
