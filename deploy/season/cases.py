"""What happens to a product in the season and how it ends, typed by hand from the act; nothing here is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

EndKind = Literal["returned", "recognised", "ended", "task_open", "decision_held", "withdrawn"]
DecisionKind = Literal["recognise", "approve_for_central", "end_without_certificate"]
Trick = Literal[
    "",
    "filed_again",
    "late_papers",
    "struck_out",
    "agreed_below_majority",
    "stranger_scores",
    "secretary_scores",
    "sheet_given_twice",
    "option_out_of_range",
    "dossier_sent_twice",
    "product_id_reused",
    "right_decision_later",
    "sheet_superseded",
    "decision_annulled",
    "withdrawn",
    "apart",
    "recused",
    "supplemented",
    "late_request",
]
Sitting = Literal[
    "ordinary",
    "quorum_lost",
    "share_lost",
    "chair_absent",
    "member_absent",
    "five_present",
    "annulled",
    "delegated",
    "written",
    "opinions_differ",
    "spring",
]

ALL_SEVEN = (1, 2, 3, 4, 5, 6, 7)
RECUSED = 2
"""The member who is recused where one is."""


@dataclass(frozen=True, slots=True)
class End:
    """How a product stands when the season is over; `contradiction` says why a decision is held."""

    kind: EndKind
    stars: int | None = None
    level: str | None = None
    contradiction: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What an authority decided on one product."""

    kind: DecisionKind
    stars: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """The way of one product: `notices` are the kinds of mail its producer and its commune get, one each.

    `profile` and `central` name what the councils find; `after_central` is the decision that closes a central result,
    by the ministry for 5 stars, else by the province (articles 7.4.e and 7.4.g). `found_stars` is set where the
    council finds other stars than its profile's, `unit` where it matters.
    """

    name: str
    profile: str | None
    decision: Decided | None
    end: End
    notices: tuple[str, ...]
    unit: str | None = None
    sitting: Sitting = "ordinary"
    trick: Trick = ""
    right_decision: Decided | None = None
    central: str | None = None
    after_central: Decided | None = None
    found_stars: int | None = None

    @property
    def goes_up(self) -> bool:
        """True when the province sends the dossier to the central council."""
        return self.central is not None


@dataclass(frozen=True, slots=True)
class Attendance:
    """Members present and members who scored at the first session, and whether that session was void or annulled.

    `written` asks for opinions in writing, which `differ` where a meeting has to be called; `chaired_by` chaired in the
    chair's place.
    """

    present: tuple[int, ...]
    scored: tuple[int, ...]
    void: bool = False
    annulled: bool = False
    written: bool = False
    differ: bool = False
    chaired_by: int | None = None

    @property
    def called_again(self) -> bool:
        """True where the dossiers need a second session."""
        return self.void or self.annulled or self.differ

    @property
    def without_result(self) -> bool:
        """True where nothing was found."""
        return self.void or self.differ


ATTENDANCE: Mapping[Sitting, Attendance] = MappingProxyType(
    {
        "ordinary": Attendance(ALL_SEVEN, ALL_SEVEN),
        "spring": Attendance(ALL_SEVEN, ALL_SEVEN),
        "quorum_lost": Attendance((1, 2, 4, 6), (1, 2, 4, 6), void=True),
        "share_lost": Attendance((1, 2, 3, 5, 6), (1, 2, 3, 5, 6), void=True),
        "chair_absent": Attendance((2, 3, 4, 5, 6, 7), (2, 3, 4, 5, 6, 7), void=True),
        "member_absent": Attendance((1, 2, 3, 4, 5, 6), ALL_SEVEN),
        "annulled": Attendance(ALL_SEVEN, ALL_SEVEN, annulled=True),
        "five_present": Attendance((1, 2, 3, 5, 6), (1, 2, 3, 5, 6)),
        "delegated": Attendance((2, 3, 4, 5, 6, 7), (2, 3, 4, 5, 6, 7), chaired_by=2),
        "written": Attendance(ALL_SEVEN, ALL_SEVEN, written=True),
        "opinions_differ": Attendance(ALL_SEVEN, ALL_SEVEN, written=True, differ=True),
    }
)

_THREE = Decided("recognise", 3)
_FOUR = Decided("recognise", 4)
_FIVE = Decided("recognise", 5)
_UP = Decided("approve_for_central", 5)
_TWO = Decided("end_without_certificate", 2)
_ONE = Decided("end_without_certificate", 1)

_AT_THREE = End("recognised", 3, "province")
_AT_FOUR = End("recognised", 4, "province")
_AT_FIVE = End("recognised", 5, "central")
_NO_CERTIFICATE = End("ended", 2)
_NO_CERTIFICATE_ONE = End("ended", 1)

_R = ("recognised",)
_E = ("ended",)
_UP_AND_BACK = ("forwarded", "recognised")
_ASKED_TWICE = ("supplement_asked", "supplement_asked")

RETURNED = Case("returned", None, None, End("returned"), ("returned",))

SPECIAL: tuple[Case, ...] = (
    Case("returned", None, None, End("returned"), ("returned",), unit="66"),
    Case("mark_missed_at_92", "mark_92", _THREE, _AT_THREE, _R, unit="66"),
    Case("five_stars", "five_95", _UP, _AT_FIVE, _UP_AND_BACK, unit="68", central="five_93", after_central=_FIVE),
    Case("came_back_open", "five_95", _UP, End("task_open"), ("forwarded",), unit="52", central="central_86"),
    Case(
        "came_back_recognised",
        "five_95",
        _UP,
        _AT_FOUR,
        _UP_AND_BACK,
        unit="66",
        central="central_86",
        after_central=_FOUR,
    ),
    Case("quorum_lost", "four_81", _FOUR, _AT_FOUR, _R, unit="52", sitting="quorum_lost"),
    Case("share_lost", "three_66", _THREE, _AT_THREE, _R, unit="14", sitting="share_lost"),
    Case("chair_absent", "three_58", _THREE, _AT_THREE, _R, unit="44", sitting="chair_absent"),
    Case("member_absent", "four_75", _FOUR, _AT_FOUR, _R, unit="52", sitting="member_absent"),
    Case("five_present", "three_58", _THREE, _AT_THREE, _R, unit="51", sitting="five_present"),
    Case("three_star_mark_missed", "mark_57", _TWO, _NO_CERTIFICATE, _E, unit="75"),
    Case("two_stars", "two_42", _TWO, _NO_CERTIFICATE, _E, unit="14"),
    Case("one_star", "one_24", _ONE, _NO_CERTIFICATE_ONE, _E, unit="44"),
    Case("four_band_three_stars", "mark_73", _THREE, _AT_THREE, _R, unit="80"),
    Case("stranger_scores", "three_58", _THREE, _AT_THREE, _R, unit="66", trick="stranger_scores"),
    Case("secretary_scores", "four_75", _FOUR, _AT_FOUR, _R, unit="66", trick="secretary_scores"),
    Case("sheet_given_twice", "three_66", _THREE, _AT_THREE, _R, unit="75", trick="sheet_given_twice"),
    Case("option_out_of_range", "three_58", _THREE, _AT_THREE, _R, unit="14", trick="option_out_of_range"),
    Case("dossier_sent_twice", "three_66", _THREE, _AT_THREE, _R, unit="66", trick="dossier_sent_twice"),
    Case("product_id_reused", "four_81", _FOUR, _AT_FOUR, _R, unit="68", trick="product_id_reused"),
    Case(
        "agreed_below_majority",
        "four_75",
        _THREE,
        _AT_THREE,
        _R,
        unit="66",
        trick="agreed_below_majority",
        found_stars=3,
    ),
    Case("struck_out", "four_75", Decided("end_without_certificate", None), End("ended"), _E, "68", trick="struck_out"),
    Case(
        "right_decision_later",
        "four_75",
        _THREE,
        _AT_FOUR,
        _R,
        unit="68",
        trick="right_decision_later",
        right_decision=_FOUR,
    ),
    Case("stars_differ", "three_66", _FOUR, End("decision_held", contradiction="stars_differ"), (), unit="75"),
    Case("wrong_authority", "five_95", _FIVE, End("decision_held", contradiction="authority_lacking"), (), unit="52"),
    Case("filed_again", "three_58", _THREE, _AT_THREE, ("returned", "recognised"), "68", "spring", "filed_again"),
    Case("late_papers", "four_75", _FOUR, _AT_FOUR, _R, "68", "spring", "late_papers"),
    Case("late_request", "three_66", _THREE, _AT_THREE, ("round_missed", "recognised"), "68", "spring", "late_request"),
)
"""One product each, whatever the size of the season."""

CORRECTED: tuple[Case, ...] = (
    Case("sheet_superseded", "three_58", _THREE, _AT_THREE, _R, unit="66", trick="sheet_superseded"),
    Case("session_annulled", "four_75", _FOUR, _AT_FOUR, _R, unit="52", sitting="annulled"),
    Case(
        "decision_annulled",
        "four_75",
        _FOUR,
        _AT_FOUR,
        ("recognised", "annulled", "recognised"),
        unit="68",
        trick="decision_annulled",
        right_decision=_FOUR,
    ),
    Case("withdrawn", None, None, End("withdrawn"), ("withdrawn",), unit="14", trick="withdrawn"),
    Case("supplemented", "four_75", _FOUR, _AT_FOUR, (*_ASKED_TWICE, "recognised"), unit="66", trick="supplemented"),
)
"""One product each in a season with corrections: something said before counts no more (article 10.1.b).

The last one is no correction: its commune and its province ask for papers, and receive them (article 7.3.a).
"""

COUNCILS: tuple[Case, ...] = (
    Case("apart_rescored", "four_75", _FOUR, _AT_FOUR, _R, unit="66", trick="apart"),
    Case("member_recused", "four_75", _FOUR, _AT_FOUR, _R, unit="52", trick="recused"),
    Case("chair_delegated", "three_58", _THREE, _AT_THREE, _R, unit="44", sitting="delegated"),
    Case("written_opinion", "three_66", _THREE, _AT_THREE, _R, unit="75", sitting="written"),
    Case("opinions_differ", "four_81", _FOUR, _AT_FOUR, _R, unit="68", sitting="opinions_differ"),
)
"""One product each in a season that shows how councils deliberate (articles 7.3.b, 7.6.d; by-laws)."""

ORDINARY: tuple[tuple[int, Case], ...] = (
    (26, Case("three_58", "three_58", _THREE, _AT_THREE, _R)),
    (22, Case("three_66", "three_66", _THREE, _AT_THREE, _R)),
    (22, Case("four_75", "four_75", _FOUR, _AT_FOUR, _R)),
    (14, Case("four_81", "four_81", _FOUR, _AT_FOUR, _R)),
    (4, Case("mark_73", "mark_73", _THREE, _AT_THREE, _R)),
    (5, Case("two_42", "two_42", _TWO, _NO_CERTIFICATE, _E)),
    (2, Case("one_24", "one_24", _ONE, _NO_CERTIFICATE_ONE, _E)),
    (3, RETURNED),
    (1, Case("five_stars", "five_95", _UP, _AT_FIVE, _UP_AND_BACK, central="five_93", after_central=_FIVE)),
    (1, Case("came_back", "five_95", _UP, _AT_FOUR, _UP_AND_BACK, central="central_86", after_central=_FOUR)),
)
"""The rest, drawn by weight (of 100): most products of a season reach three or four stars."""
