"""How members' sheets came together: who counted, how far totals lay apart, and whether the council scored again.

Rests on the council's own by-law and, where it is silent, on the regime's `deliberation` (not in the act).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from deploy.verify.effects import said_in
from deploy.verify.findings import Kind, Unexplained
from deploy.verify.history import Told
from deploy.verify.intake import Intake
from deploy.verify.scoring import sheet_total
from shared.contracts import intake
from shared.contracts.dossiers import CouncilSeated, DossierFiled
from shared.contracts.event import Naming
from shared.contracts.sheets import (
    MemberRecused,
    OpinionsSetAside,
    SessionClosed,
    SheetSubmitted,
    SheetSuperseded,
)
from shared.contracts.topics import DOSSIERS, SHEETS
from shared.rulebooks.model import Rulebook, Rulebooks

APART: Final = "members-apart"
Place = tuple[UUID, UUID]
"""Session and dossier."""


@dataclass
class Table:
    """One dossier before one council: each member's total, who is recused, how often somebody scored again."""

    seat: CouncilSeated
    filed: DossierFiled
    book: Rulebook
    totals: dict[str, int] = field(default_factory=dict)
    recused: set[str] = field(default_factory=set)
    again: int = 0

    def apart(self, closed: SessionClosed) -> bool:
        """True where the totals of those who count lie further apart than the by-law allows."""
        roles, limit = self.book.regime.by_law.scoring_roles.value, self.seat.by_law.deviation_points_max
        there = {one.member_id for one in self.seat.members if one.role in roles}.intersection(closed.present)
        totals = sorted(total for member, total in self.totals.items() if member in there - self.recused)
        return limit is not None and closed.struck_out is None and bool(totals) and totals[-1] > totals[0] + limit


@dataclass
class Deliberations:
    """Every sitting over every dossier, walked anew; `rounds` counts the closings sent back for totals that lie apart.

    `formed` are the councils by id, `sessions` the ids of sessions by unit and reference, as far as intake has them.
    """

    state: Intake
    books: Rulebooks
    formed: dict[str, intake.CouncilFormed] = field(default_factory=dict)
    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    rounds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        refused: list[tuple[str, Naming]] = []
        for place, answers in self.state.answers.items():
            record = self.state.records.get(place)
            said = None if record is None or not answers else said_in(record)
            unit, given = answers[-1].unit, answers[-1].given
            match said:
                case intake.CouncilFormed() if "council_id" in given:
                    self.formed[given["council_id"]] = said
                case intake.DossiersScheduled() if "session_id" in given:
                    self.sessions[unit, said.session] = given["session_id"]
                case intake.SessionClosed() if answers[-1].code == APART:
                    refused.append((unit, said.session))
        for unit, naming in refused:
            self.rounds[str(naming.id or self.sessions.get((unit, naming.reference or "")))] += 1

    def check(self) -> Iterator[Unexplained]:
        """Whatever a closing says of totals, or a sheet of its member, that topics and journal do not bear out."""
        history = self.state.flow.history
        for subject in history.subjects(SHEETS):
            if subject not in history.broken:
                tables = self._tables(subject)
                yield from self._limits(tables)
                for told in history.of(SHEETS, subject):
                    yield from self._told(tables, told)

    def _tables(self, subject: str) -> dict[Place, Table]:
        told = [one.event for one in self.state.flow.history.of(DOSSIERS, subject)]
        filed = {one.dossier_id: one for one in told if isinstance(one, DossierFiled)}
        tables = {}
        for seat in told:
            if isinstance(seat, CouncilSeated) and seat.dossier_id in filed:
                dossier = filed[seat.dossier_id]
                book = self.books.pinned(dossier.regime, dossier.rulebook)
                if book is not None:
                    tables[seat.session_id, seat.dossier_id] = Table(seat, dossier, book)
        return tables

    def _limits(self, tables: dict[Place, Table]) -> Iterator[Unexplained]:
        """A council seated under other limits than its by-law's, or the regime's where that is silent.

        One seated before the regime had any was seated without.
        """
        for (session, _), table in tables.items():
            seat, defaults = table.seat, table.book.regime.deliberation
            formed = self.formed.get(str(seat.council_id))
            if formed is None or (seat.by_law.deviation_points_max, seat.by_law.rescore_rounds_max) == (None, 0):
                continue
            limit, rounds = formed.by_law.deviation_points_max, formed.by_law.rescore_rounds_max
            due = (
                None if limit == "none" else defaults.deviation_points_max.value if limit is None else limit,
                defaults.rescore_rounds_max.value if rounds is None else rounds,
            )
            if (kept := (seat.by_law.deviation_points_max, seat.by_law.rescore_rounds_max)) != due:
                where = f"{DOSSIERS.name} session {session} dossier {seat.dossier_id}"
                yield Unexplained(Kind.EFFECT_DIFFERS, where, f"points apart and rounds are {kept}, due are {due}")

    def _told(self, tables: dict[Place, Table], told: Told) -> Iterator[Unexplained]:
        event = told.event
        if not isinstance(event, SheetSubmitted | SheetSuperseded | MemberRecused | OpinionsSetAside | SessionClosed):
            return
        table = tables.get((event.session_id, event.dossier_id))
        if table is None:
            yield Unexplained(Kind.EFFECT_DIFFERS, told.record.where, f"no council is seated in {event.session_id}")
            return
        for words in self._wrong(tables, table, event):
            yield Unexplained(Kind.EFFECT_DIFFERS, told.record.where, words)

    def _wrong(
        self,
        tables: dict[Place, Table],
        table: Table,
        event: SheetSubmitted | SheetSuperseded | MemberRecused | OpinionsSetAside | SessionClosed,
    ) -> Iterator[str]:
        """What is wrong with one fact of a sitting, which is then taken in."""
        match event:
            case MemberRecused():
                table.recused.add(event.member_id)
                table.again += 1
            case OpinionsSetAside():
                meeting = tables.get((event.meeting_id, event.dossier_id))
                modes = (table.seat.mode, None if meeting is None else meeting.seat.mode)
                if modes != ("written", "meeting"):
                    yield f"opinions are set aside of a session {modes[0]} for one {modes[1]}"
            case SessionClosed():
                yield from self._closed(table, event)
            case _:
                if event.member_id in table.recused:
                    yield f"a sheet of {event.member_id}, who is recused"
                criteria = table.book.sets[table.filed.criteria_set]
                table.totals[event.member_id] = sheet_total(criteria, event.options)
                table.again += isinstance(event, SheetSuperseded)

    def _closed(self, table: Table, closed: SessionClosed) -> Iterator[str]:
        apart, due = table.apart(closed), table.seat.by_law.rescore_rounds_max
        known = str(closed.session_id) in self.sessions.values()
        if closed.apart != apart:
            yield f"members are told to lie apart: {closed.apart}, due is {apart}"
        elif apart and table.seat.mode == "written":
            yield "written opinions that lie apart were closed without a meeting"
        elif apart and known and min(self.rounds[str(closed.session_id)], table.again) < due:
            sent_back = self.rounds[str(closed.session_id)]
            yield f"closed with members apart, sent back {sent_back} times, scored again {table.again}, due are {due}"
