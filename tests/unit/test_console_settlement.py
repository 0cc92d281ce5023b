"""The console's view of a dead letter: open until an operator settles it, open again where it dies again."""

from __future__ import annotations

from uuid import UUID

from services.console.domain.story import Settlement, State
from services.console.handlers import decide
from services.console.messages import dead_letter_from
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.receipts import DeadLetterRecorded, DeadLetterSettled
from shared.kernel.outcomes import Applied

LETTER, ACT = UUID(int=7), UUID(int=8)
RECORDED = DeadLetterRecorded(
    dead_letter_id=LETTER,
    service="evaluation",
    topic="ocop.sheets.v1",
    partition=3,
    offset=41,
    about="sp",
    reason="fault",
    sha256="0" * 64,
    size_bytes=17,
)
SETTLED = DeadLetterSettled(dead_letter_id=LETTER, service="evaluation", how="redriven", by="an", act_id=ACT)


def told(state: State, event: Event, number: int) -> State:
    outcome = decide(state, event, Envelope(str(number), "", "", str(LETTER), number, 1_000 * number))
    assert isinstance(outcome, Applied)
    return outcome.state


def test_a_settled_dead_letter_says_how_by_whom_and_when() -> None:
    state = told(told(State(), RECORDED, 1), SETTLED, 2)

    assert state.dead_letter is not None
    assert state.dead_letter.settled == Settlement("redriven", "an", 2_000)
    assert state.updated_ms() == 2_000


def test_one_that_dies_again_is_open_again() -> None:
    state = told(told(told(State(), RECORDED, 1), SETTLED, 2), RECORDED, 3)

    assert state.dead_letter == dead_letter_from(RECORDED)


def test_a_settlement_of_what_was_never_heard_of_changes_nothing_but_the_time() -> None:
    assert told(State(), SETTLED, 2).dead_letter is None
