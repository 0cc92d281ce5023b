"""A played season is accounted for to the last record; whatever is then spoilt is named at its place, and nothing else.

Everything is spoilt in the tables, in the mail directory, or between the broker and the accounting, and put back.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from deploy.local.servers import Endpoints
from deploy.provision import Site
from deploy.season.generator import generate
from deploy.verify import Account, Kind, account, history
from deploy.verify.topics import Record, Topics, attributes, read_topics
from tests.support.fleet import Fleet, fleet
from tests.support.rest import at_rest, database

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 30
SEED = 2026
Named = set[tuple[Kind, str]]
Spoilt = Callable[[Topics], tuple[Topics, Named]]


@dataclass(frozen=True)
class Rested:
    """A season played to its end, its services stopped, and all that its topics hold."""

    running: Fleet
    topics: Topics
    whole: Account

    @property
    def site(self) -> Site:
        """Where it was played."""
        return self.running.site.site

    @property
    def mails(self) -> Path:
        """Its mails."""
        return self.running.layout.mail

    async def named(self, topics: Topics | None = None) -> Named:
        """What the accounting cannot explain now, by kind and place."""

        async def reading(_: Site) -> Topics:
            return topics or self.topics

        found = await account(self.site, self.mails, deadline_seconds=0, reading=reading)
        return {(unexplained.kind, unexplained.where) for unexplained in found.unexplained}


@pytest.fixture(scope="module")
async def rested(servers: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rested]:
    """One season for every sabotage."""
    season = generate(DOSSIER_COUNT, SEED)
    async with fleet(servers, season, tmp_path_factory.mktemp("verify")) as running:
        await running.play(season.lines)
        await at_rest(running.site)
        running.stop()
        whole = await account(running.site.site, running.layout.mail)
        yield Rested(running, await read_topics(running.site.site), whole)


async def test_a_played_season_has_nothing_unexplained(rested: Rested) -> None:
    counts = rested.whole.counts

    assert rested.whole.unexplained == ()
    assert counts["intake"] == counts["admitted"] + counts["held"] + counts["refused"] + counts["duplicates"] + 1
    assert counts["dead_lettered"] == 1
    assert counts["notices_written"] == counts["notices_sent"] == counts["mails"] > DOSSIER_COUNT
    assert counts["scored"] > 0
    assert counts["recognised"] == counts["certificates"] > 0


@dataclass(frozen=True)
class InTable:
    """A statement that spoils what the victim's query found; `named` are kinds and places with its columns."""

    table: str
    victim: str
    statement: str
    named: Sequence[tuple[Kind, str]]


_RESULT = """
SELECT subject FROM promotion.subject
WHERE state -> 'dossier' ->> 'phase' = 'recognised' AND state -> 'dossier' -> 'results' -> 0 ->> 'total' IS NOT NULL
ORDER BY subject LIMIT 1
"""
_PRODUCT = "SELECT subject FROM evaluation.subject WHERE published > 1 ORDER BY subject LIMIT 1"
_NOTICE = "SELECT notice_id FROM notification.delivery ORDER BY notice_id LIMIT 1"
_LANE = "SELECT lane FROM promotion.lane WHERE head > 2 ORDER BY lane LIMIT 1"
_MARK = "SELECT part FROM console.watermark WHERE topic = 'ocop.scores.v1' AND next_offset > 0 ORDER BY part LIMIT 1"
_JOURNAL = """
SELECT unit, event_id, topic, partition, topic_offset FROM registration.journal
WHERE status = 'admitted' AND type LIKE '%ScoreSheet%' ORDER BY event_id LIMIT 1
"""
_AT = "topic = 'ocop.scores.v1' AND part = {part}"

TABLES = {
    "a subject's state is deleted": InTable(
        "evaluation.subject",
        _PRODUCT,
        "DELETE FROM evaluation.subject WHERE subject = '{subject}'",
        [(Kind.SUBJECT_MISSING, "evaluation.subject {subject}")],
    ),
    "a mean is changed in a standing": InTable(
        "promotion.subject",
        _RESULT,
        """UPDATE promotion.subject SET state = jsonb_set(state::jsonb, '{{dossier,results,0,total}}', '"99"')
        WHERE subject = '{subject}'""",
        [(Kind.STATE_DIFFERS, "promotion.subject {subject}")],
    ),
    "a certificate's stars are altered in a standing": InTable(
        "promotion.subject",
        _RESULT,
        """UPDATE promotion.subject SET state = jsonb_set(state::jsonb, '{{certificates,0,stars}}', '5')
        WHERE subject = '{subject}'""",
        [(Kind.STATE_DIFFERS, "promotion.subject {subject}")],
    ),
    "a sheet is altered after it scored": InTable(
        "evaluation.subject",
        """SELECT subject FROM evaluation.subject WHERE state -> 'dossier' -> 'sessions' -> 0 ->> 'status' = 'scored'
        ORDER BY subject LIMIT 1""",
        """UPDATE evaluation.subject SET state = jsonb_set(state::jsonb, '{{dossier,sessions,0,sheets,0,positions}}',
            to_jsonb(overlay(state::jsonb #>> '{{dossier,sessions,0,sheets,0,positions}}' PLACING '9' FROM 8)))
        WHERE subject = '{subject}'""",
        [(Kind.STATE_DIFFERS, "evaluation.subject {subject}")],
    ),
    "a position is raised over events that never came": InTable(
        "promotion.subject",
        _RESULT,
        """UPDATE promotion.subject SET positions = jsonb_set(positions, '{{ocop.scores.v1,0}}', '9')
        WHERE subject = '{subject}'""",
        [(Kind.POSITION_DIFFERS, "promotion.subject {subject}")],
    ),
    "a position names another event": InTable(
        "promotion.subject",
        _RESULT,
        """UPDATE promotion.subject SET positions = jsonb_set(positions, '{{ocop.scores.v1,1}}', '"another"')
        WHERE subject = '{subject}'""",
        [(Kind.POSITION_DIFFERS, "promotion.subject {subject}")],
    ),
    "the number published is changed": InTable(
        "evaluation.subject",
        _PRODUCT,
        "UPDATE evaluation.subject SET published = published + 1 WHERE subject = '{subject}'",
        [(Kind.PUBLISHED_DIFFERS, "evaluation.subject {subject}")],
    ),
    "a journal row is deleted": InTable(
        "registration.journal",
        _JOURNAL,
        "DELETE FROM registration.journal WHERE event_id = '{event_id}' AND unit = '{unit}'",
        [(Kind.INTAKE_UNRECORDED, "{topic}/{partition}/{topic_offset}")],
    ),
    "a journal row says another code": InTable(
        "registration.journal",
        _JOURNAL,
        "UPDATE registration.journal SET code = 'other' WHERE event_id = '{event_id}' AND unit = '{unit}'",
        [(Kind.ANSWER_DIFFERS, "registration.journal {unit} {event_id}")],
    ),
    "a dead letter is deleted": InTable(
        "registration.dead_letter",
        "SELECT dead_letter_id FROM registration.dead_letter LIMIT 1",
        "DELETE FROM registration.dead_letter",
        [(Kind.DEAD_LETTER_MISSING, "registration.dead_letter {dead_letter_id}")],
    ),
    "the console forgets a dead letter": InTable(
        "console.dead_letter_row",
        "SELECT dead_letter_id FROM console.dead_letter_row LIMIT 1",
        "DELETE FROM console.dead_letter_row",
        [(Kind.ROW_MISSING, "console.dead_letter_row {dead_letter_id}")],
    ),
    "a certificate is deleted": InTable(
        "promotion.certificate",
        "SELECT certificate_id FROM promotion.certificate ORDER BY 1 LIMIT 1",
        "DELETE FROM promotion.certificate WHERE certificate_id = '{certificate_id}'",
        [(Kind.ROW_MISSING, "promotion.certificate {certificate_id}")],
    ),
    "a certificate runs a day longer": InTable(
        "promotion.certificate",
        "SELECT certificate_id FROM promotion.certificate ORDER BY 1 LIMIT 1",
        "UPDATE promotion.certificate SET expires_on = expires_on + 1 WHERE certificate_id = '{certificate_id}'",
        [(Kind.ROW_DIFFERS, "promotion.certificate {certificate_id}")],
    ),
    "a task is deleted": InTable(
        "promotion.task",
        "SELECT task_id FROM promotion.task ORDER BY 1 LIMIT 1",
        "DELETE FROM promotion.task WHERE task_id = '{task_id}'",
        [(Kind.ROW_MISSING, "promotion.task {task_id}")],
    ),
    "a watermark is lowered": InTable(
        "console.watermark",
        _MARK,
        f"UPDATE console.watermark SET next_offset = next_offset - 1 WHERE {_AT}",
        [(Kind.NOT_AT_REST, "console.watermark ocop.scores.v1/{part}")],
    ),
    "a watermark is raised": InTable(
        "console.watermark",
        _MARK,
        f"UPDATE console.watermark SET next_offset = next_offset + 1 WHERE {_AT}",
        [(Kind.WATERMARK_BEYOND, "console.watermark ocop.scores.v1/{part}")],
    ),
    "the head of a lane is lowered": InTable(
        "promotion.lane",
        _LANE,
        "UPDATE promotion.lane SET head = head - 1 WHERE lane = '{lane}'",
        [(Kind.OUTBOX_DIFFERS, "promotion.lane {lane}")],
    ),
    "a relay's cursor is lowered": InTable(
        "promotion.relay",
        _LANE,
        "UPDATE promotion.relay SET sent = sent - 1 WHERE lane = '{lane}'",
        [(Kind.NOT_AT_REST, "promotion.lane {lane}")],
    ),
    "a record is held that never came": InTable(
        "evaluation.held",
        _PRODUCT,
        """INSERT INTO evaluation.held (subject, topic, sequence, reason, part, topic_offset, timestamp_ms, headers)
        VALUES ('{subject}', 'ocop.sheets.v1', 99, 'gap', 0, 99, 0, '[]')""",
        [(Kind.HOLD_UNFOUNDED, "evaluation.held {subject} ocop.sheets.v1 99")],
    ),
    "a delivery is deleted": InTable(
        "notification.delivery",
        _NOTICE,
        "DELETE FROM notification.delivery WHERE notice_id = '{notice_id}'",
        [(Kind.ROW_MISSING, "notification.delivery {notice_id}")],
    ),
    "a delivery is set back": InTable(
        "notification.delivery",
        _NOTICE,
        "UPDATE notification.delivery SET state = 'pending' WHERE notice_id = '{notice_id}'",
        [(Kind.NOTICE_DIFFERS, "notification.delivery {notice_id}")],
    ),
    "an overview row shows other stars": InTable(
        "console.product_row",
        "SELECT product_id FROM console.product_row WHERE stars = 3 ORDER BY 1 LIMIT 1",
        "UPDATE console.product_row SET stars = 4 WHERE product_id = '{product_id}'",
        [(Kind.ROW_DIFFERS, "console.product_row {product_id}")],
    ),
    "an overview row is deleted": InTable(
        "console.product_row",
        "SELECT product_id FROM console.product_row ORDER BY 1 LIMIT 1",
        "DELETE FROM console.product_row WHERE product_id = '{product_id}'",
        [(Kind.ROW_MISSING, "console.product_row {product_id}")],
    ),
}


@asynccontextmanager
async def put_back(connection: asyncpg.Connection, table: str) -> AsyncIterator[None]:
    """Whatever happens to the table meanwhile, afterwards it holds what it held."""
    kept = f"kept_{table.replace('.', '_')}"
    await connection.execute(f"CREATE TEMP TABLE {kept} AS TABLE {table}")
    try:
        yield
    finally:
        await connection.execute(f"SET session_replication_role = replica; DELETE FROM {table}")
        await connection.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE {kept}; DROP TABLE {kept}")


@pytest.mark.parametrize("sabotage", TABLES.values(), ids=TABLES)
async def test_what_is_spoilt_in_a_table_is_named_and_nothing_else(rested: Rested, sabotage: InTable) -> None:
    async with database(rested.running.site) as connection:
        found = await connection.fetchrow(sabotage.victim)
        assert found is not None
        victim = dict(found)
        async with put_back(connection, sabotage.table):
            changed = await connection.execute(sabotage.statement.format(**victim))

            named = await rested.named()

    assert changed.rpartition(" ")[2] == "1"
    assert named == {(kind, where.format(**victim)) for kind, where in sabotage.named}


async def test_a_held_record_is_accounted_for_until_its_hold_is_dropped(rested: Rested) -> None:
    last = {record.key: record for record in rested.topics.records["ocop.scores.v1"]}
    scored = next(record for record in last.values() if said(record)["sequence"] == "2")
    subject = said(scored)["subject"]
    async with database(rested.running.site) as connection, put_back(connection, "console.subject"):
        before = json.dumps([1, "x"]).replace('"x"', f'"{first_id(rested.topics, scored)}"')
        await connection.execute(
            "UPDATE console.subject SET positions = jsonb_set(positions, '{ocop.scores.v1}', $2) WHERE subject = $1",
            subject,
            before,
        )
        await connection.execute(
            """INSERT INTO console.held (subject, topic, sequence, reason, part, topic_offset, timestamp_ms, headers)
            VALUES ($1, 'ocop.scores.v1', 2, 'waits:anything', $2, $3, 0, '[]')""",
            subject,
            scored.part,
            scored.offset,
        )
        held = await rested.named()
        await connection.execute("DELETE FROM console.held")
        dropped = await rested.named()

    assert held == set()
    assert dropped == {(Kind.NOT_APPLIED, scored.where)}


async def test_a_decision_without_result_is_named_though_every_table_agrees_that_there_was_none(
    rested: Rested,
) -> None:
    last = {record.key: record for record in rested.topics.records["ocop.promotions.v1"]}
    held = next(record for record in last.values() if "DecisionHeld" in said(record)["type"])
    subject, number = said(held)["subject"], int(said(held)["sequence"])
    before = next(
        said(record)["id"]
        for record in rested.topics.records["ocop.promotions.v1"]
        if record.key == held.key and said(record)["sequence"] == str(number - 1)
    )
    decision = next(
        record
        for record in those(rested.topics, "ocop.dossiers.v1", "DecisionApproved")
        if said(record)["id"] == said(held)["causationid"]
    )
    readers = ("registration", "evaluation", "notification", "console")
    own = ("subject", "lane", "relay", "outbox")
    tables = [*(f"promotion.{table}" for table in own), *(f"{reader}.subject" for reader in readers)]
    position = f"jsonb_set(positions, '{{ocop.promotions.v1}}', '[{number - 1}, \"{before}\"]')"

    async with database(rested.running.site) as connection, AsyncExitStack() as stack:
        for table in tables:
            await stack.enter_async_context(put_back(connection, table))
        for reader in readers:
            await connection.execute(f"UPDATE {reader}.subject SET positions = {position} WHERE subject = $1", subject)
        await connection.execute("UPDATE promotion.subject SET published = $2 WHERE subject = $1", subject, number - 1)
        lane = f"slot/{held.part:02d}"
        await connection.execute("DELETE FROM promotion.outbox WHERE lane = $1", lane)
        for table, column in (("lane", "head"), ("relay", "sent")):
            await connection.execute(f"UPDATE promotion.{table} SET {column} = {column} - 1 WHERE lane = $1", lane)
        named = await rested.named(without(rested.topics, held))

    assert named == {(Kind.DECISION_MISSING, decision.where)}


def said(record: Record) -> Mapping[str, str]:
    """The record's attributes."""
    return record.named


def first_id(topics: Topics, record: Record) -> str:
    """The id of the first event of the record's subject on its topic."""
    return next(said(r)["id"] for r in topics.records[record.topic] if r.key == record.key)


def without(topics: Topics, record: Record) -> Topics:
    """The topics as they would be had the record been lost."""
    kept = [each for each in topics.records[record.topic] if each is not record]
    return replace(topics, records={**topics.records, record.topic: kept})


def instead(topics: Topics, record: Record, *others: Record) -> Topics:
    """The topics with others in the record's place."""
    kept = [new for each in topics.records[record.topic] for new in (others if each is record else (each,))]
    return replace(topics, records={**topics.records, record.topic: kept})


def retold(record: Record, **fields: Any) -> Record:
    """The record with other values in its data."""
    return replace(record, value=orjson.dumps({**orjson.loads(record.value or b""), **fields}))


def headed(record: Record, **names: str) -> Record:
    """The record with other attributes."""
    changed = {f"ce_{name}": value.encode() for name, value in names.items()}
    headers = tuple((name, changed.get(name, value)) for name, value in record.headers)
    return replace(record, headers=headers, named=attributes(headers, record.value))


def those(topics: Topics, topic: str, kind: str) -> list[Record]:
    """Every record of this kind."""
    return [record for record in topics.records[topic] if f".{kind}.v" in said(record)["type"]]


def lost_in_the_middle(topics: Topics) -> tuple[Topics, Named]:
    """A stage was opened, and nobody can see it any more."""
    lost = those(topics, "ocop.promotions.v1", "StageOpened")[0]
    return without(topics, lost), {(Kind.RECORD_MISSING, f"ocop.promotions.v1 {said(lost)['subject']} 1")}


def lost_at_the_end(topics: Topics) -> tuple[Topics, Named]:
    """The last thing told of a product is lost; its owner and its readers say that it was."""
    lost = those(topics, "ocop.promotions.v1", "ProductRecognised")[0]
    place = f"ocop.promotions.v1 {said(lost)['subject']} {said(lost)['sequence']}"
    return without(topics, lost), {(Kind.RECORD_MISSING, place)}


def lost_day(topics: Topics) -> tuple[Topics, Named]:
    """One partition has missed a day."""
    lost = those(topics, "ocop.dossiers.v1", "DayOpened")[100]
    place = f"ocop.dossiers.v1 {said(lost)['subject']} {said(lost)['sequence']}"
    return without(topics, lost), {(Kind.RECORD_MISSING, place)}


def doubled_with_another_id(topics: Topics) -> tuple[Topics, Named]:
    """Two events under one number."""
    last = {record.part: record.offset for record in topics.records["ocop.scores.v1"]}
    one = next(one for one in those(topics, "ocop.scores.v1", "ProductScored") if one.offset < last[one.part])
    end = topics.ends[one.topic, one.part]
    other = replace(headed(one, id="another"), offset=end)
    return instead(topics, one, one, other), {(Kind.SEQUENCE_CONFLICT, other.where)}


def skipped_number(topics: Topics) -> tuple[Topics, Named]:
    """The owner counted one too far."""
    last = {record.key: record for record in topics.records["ocop.scores.v1"]}
    one = next(record for record in those(topics, "ocop.scores.v1", "ProductScored") if last[record.key] is record)
    number = int(said(one)["sequence"])
    place = f"ocop.scores.v1 {said(one)['subject']} {number}"
    return instead(topics, one, headed(one, sequence=str(number + 1))), {(Kind.RECORD_MISSING, place)}


def changed_mean(topics: Topics) -> tuple[Topics, Named]:
    """A result that the sheets do not come to."""
    one = those(topics, "ocop.scores.v1", "ProductScored")[0]
    total = {"numerator": 999, "denominator": 10}
    return instead(topics, one, retold(one, total=total)), {(Kind.DECISION_DIFFERS, one.where)}


def changed_part(topics: Topics) -> tuple[Topics, Named]:
    """The parts do not come to what the sheets say."""
    scored = those(topics, "ocop.scores.v1", "ProductScored")
    one = next(record for record in scored if orjson.loads(record.value or b"")["parts"])
    return instead(topics, one, retold(one, parts=[])), {(Kind.DECISION_DIFFERS, one.where)}


def changed_term(topics: Topics) -> tuple[Topics, Named]:
    """A stage may take a year longer than the act allows."""
    one = those(topics, "ocop.promotions.v1", "StageOpened")[0]
    return instead(topics, one, retold(one, due_on="2030-01-01")), {(Kind.DECISION_DIFFERS, one.where)}


def changed_sheet(topics: Topics) -> tuple[Topics, Named]:
    """A sheet on the bus says what its member did not."""
    one = those(topics, "ocop.sheets.v1", "SheetSubmitted")[0]
    other = retold(one, options=dict.fromkeys(orjson.loads(one.value or b"")["options"], 1))
    return instead(topics, one, other), {(Kind.EFFECT_DIFFERS, one.where)}


def foreign_type(topics: Topics) -> tuple[Topics, Named]:
    """A type that nobody can read, and of which no reader has a dead letter."""
    one = those(topics, "ocop.sheets.v1", "SheetSubmitted")[0]
    return instead(topics, one, headed(one, type="vn.ocop.sheets.Nothing.v1")), {(Kind.RECORD_UNREADABLE, one.where)}


def notice_to_another(topics: Topics) -> tuple[Topics, Named]:
    """A notice to somebody whom the fact does not concern."""
    one = those(topics, "ocop.notices.v1", "NoticeWritten")[0]
    return instead(topics, one, retold(one, recipient_id="commune-00000")), {(Kind.NOTICE_DIFFERS, one.where)}


def lost_receipt(topics: Topics) -> tuple[Topics, Named]:
    """A sender never hears what became of its event."""
    topic = next(name for name, records in topics.records.items() if name.startswith("ocop.receipts.") and records)
    lost = topics.records[topic][0]
    answered = orjson.loads(lost.value or b"")
    place = f"{answered['topic']}/{answered['partition']}/{answered['offset']}"
    return without(topics, lost), {(Kind.INTAKE_UNANSWERED, place)}


def lost_intake(topics: Topics) -> tuple[Topics, Named]:
    """The journal tells of an event that the topic does not hold."""
    topic = next(name for name, records in topics.records.items() if name.startswith("ocop.intake.") and records)
    lost = topics.records[topic][0]
    where = f"registration.journal {topic.split('.')[2]} {said(lost)['id']}"
    return without(topics, lost), {(Kind.ANSWER_UNFOUNDED, where)}


ON_TOPICS: Sequence[Spoilt] = (
    lost_in_the_middle,
    lost_at_the_end,
    lost_day,
    doubled_with_another_id,
    skipped_number,
    changed_mean,
    changed_part,
    changed_term,
    changed_sheet,
    foreign_type,
    notice_to_another,
    lost_receipt,
    lost_intake,
)


@pytest.mark.parametrize("spoil", ON_TOPICS, ids=lambda spoil: str(spoil.__name__))
async def test_what_is_spoilt_on_a_topic_is_named_and_nothing_else(rested: Rested, spoil: Spoilt) -> None:
    spoilt, expected = spoil(rested.topics)

    assert await rested.named(spoilt) == expected


async def test_a_type_that_is_not_recomputed_is_listed_and_its_product_not_judged(
    rested: Rested, monkeypatch: pytest.MonkeyPatch
) -> None:
    voided = those(rested.topics, "ocop.scores.v1", "SessionVoided")
    monkeypatch.setattr(history, "RECOMPUTED", history.RECOMPUTED - {"SessionVoided"})

    assert await rested.named() == {(Kind.TYPE_UNKNOWN, record.where) for record in voided}


async def test_a_mail_that_is_gone_doubled_or_of_no_notice_is_named(rested: Rested) -> None:
    first, second, third = sorted(rested.mails.glob("*.eml"))[:3]
    notices = {path: path.read_bytes().split(b"Message-ID: <")[1].split(b"@")[0].decode() for path in (first, second)}
    away, twice, foreign = rested.mails.parent / "away", second.with_name("90000000-x.eml"), third.with_name("9-y.eml")
    first.rename(away)
    shutil.copy(second, twice)
    foreign.write_bytes(b"Message-ID: <nobody@example>\r\n\r\n")

    try:
        named = await rested.named()
    finally:
        away.rename(first)
        twice.unlink()
        foreign.unlink()

    assert named == {
        (Kind.MAIL_MISSING, f"notice {notices[first]}"),
        (Kind.MAIL_DOUBLED, f"notice {notices[second]}"),
        (Kind.MAIL_UNFOUNDED, foreign.name),
    }
