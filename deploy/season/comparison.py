"""What was seen of a season against what its author wrote down: every difference as a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from deploy.season.expectations import Answer, Counts, Expected, ExpectedProduct, ExpectedUnit
from deploy.season.observed import Observed, Receipt, Standing
from shared.contracts import promotions
from shared.kernel.words import Words

_REPEATABLE = frozenset({"duplicate", "refused", "held"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as written: it has not come, should not have come, or came more than once."""

    kind: Literal["missing", "unexpected", "doubled"]
    words: Words

    def __str__(self) -> str:
        return str(self.words)


def differences(observed: Observed, expected: Expected, sent: Mapping[str, int]) -> Iterator[Difference]:
    """Every difference; `sent` is the number of records on each unit's intake topic."""
    for unit, count in sent.items():
        yield from _unanswered(observed, unit, count)
    for code, unit_expected in expected.units.items():
        yield from _receipts(code, unit_expected, observed.receipts.get(code, {}))
    for product in expected.products:
        yield from _product(observed, product)
    yield from _mails(observed, expected)


def counts(observed: Observed, expected: Expected) -> Counts:
    """The figures of the season as far as it has been seen."""
    found = [observed.standing(product.unit, product.registered_by) for product in expected.products]
    standings = [standing for standing in found if standing is not None]
    ends = [standing.how_it_ends() for standing in standings]
    ranked = [standing.stars for standing in standings if standing.end == "recognised"]
    return Counts(
        filed=sum(bool(expected.units[unit].answers(identity)) for unit, identity in _filed(observed, expected)),
        returned=_steps(standings, promotions.DossierReturned),
        ranked_3=ranked.count(3),
        ranked_4=ranked.count(4),
        ranked_5=ranked.count(5),
        forwarded=_steps(standings, promotions.DossierForwarded),
        not_ranked=ends.count("ended"),
        open_tasks=ends.count("task_open"),
        held_decisions=ends.count("decision_held"),
        notices=observed.mails.total(),
    )


def registered(observed: Observed, expected: Expected) -> Counter[str]:
    """How many products of each district, where the author names one, have been registered as far as has been seen."""
    return Counter(
        product.registered_in
        for product in expected.products
        if product.registered_in is not None and observed.standing(product.unit, product.registered_by) is not None
    )


def _filed(observed: Observed, expected: Expected) -> Iterator[tuple[str, str]]:
    return ((unit, identity) for unit, identity in observed.dossiers_filed if unit in expected.units)


def _steps(standings: list[Standing], event: type[promotions.PromotionEvent]) -> int:
    return sum(standing.steps[event.type_name()] for standing in standings)


def _unanswered(observed: Observed, unit: str, sent: int) -> Iterator[Difference]:
    answered = len(observed.receipts.get(unit, {}))
    if answered < sent:
        yield _missing(
            f"Đơn vị {unit}: {sent - answered} trong {sent} sự kiện chưa có biên nhận.",
            f"Unit {unit}: {sent - answered} of {sent} records have no receipt.",
        )


def _receipts(code: str, expected: ExpectedUnit, by_offset: Mapping[int, list[Receipt]]) -> Iterator[Difference]:
    by_id: dict[str, list[list[Receipt]]] = {}
    unreadable = 0
    for offset in sorted(by_offset):
        answers = by_offset[offset]
        event_id = answers[0].event_id
        if event_id is None:
            unreadable += answers[-1].status == "dead_lettered"
        else:
            by_id.setdefault(event_id, []).append(answers)
    if unreadable < expected.unreadable or (unreadable and not expected.unreadable):
        found, wanted = unreadable, expected.unreadable
        yield _missing(
            f"Đơn vị {code}: {found} bản tin không đọc được, phải là {wanted}.",
            f"Unit {code}: {found} unreadable records were answered, not {wanted}.",
        )
    for event_id in expected.event_ids():
        yield from _of_event(code, event_id, expected.answers(event_id), by_id.get(event_id, []))


def _of_event(code: str, event_id: str, wanted: tuple[Answer, ...], found: list[list[Receipt]]) -> Iterator[Difference]:
    """The answers to the lines of one event id; lines beyond the season's own are those of a second play."""
    if len(found) < len(wanted):
        yield _missing(f"{event_id}: chưa có biên nhận.", f"{event_id} of unit {code}: no receipt.")
    for answers in found:
        finals = [answer for answer in answers if answer.status != "held"]
        if len(finals) > 1:
            said = ", ".join(f"{answer.status} {answer.code}" for answer in finals)
            yield _doubled(f"{event_id}: nhiều biên nhận ({said}).", f"{event_id}: answered more than once ({said}).")
    for answer, answers in zip(wanted, found, strict=False):
        last = answers[-1]
        if (last.status, last.code) != (answer.status, answer.code):
            yield _differs(event_id, f"{answer.status} {answer.code}", f"{last.status} {last.code}")
        elif answer.held_before and all(each.status != "held" for each in answers):
            yield _differs(event_id, "held, then admitted", "admitted")
    for answers in found[len(wanted) :]:
        if answers[-1].status not in _REPEATABLE:
            yield _unexpected(
                f"{event_id}: gửi lại nhưng được trả lời {answers[-1].status} {answers[-1].code}.",
                f"{event_id}: sent again, answered {answers[-1].status} {answers[-1].code}.",
            )


def _product(observed: Observed, expected: ExpectedProduct) -> Iterator[Difference]:
    name = f"{expected.unit}/{expected.reference} ({expected.case})"
    standing = observed.standing(expected.unit, expected.registered_by)
    if standing is None:
        yield _missing(f"{name}: chưa có mã sản phẩm.", f"{name}: no product id was given.")
        return
    for wanted, found in _pairs(expected, standing):
        if wanted != found:
            yield _differs(name, wanted, found)
    for step, count in standing.steps.items():
        again = step == _RECOGNISED and count <= expected.notices.count("recognised")
        again = again or (step == _FORWARDED and count <= expected.forwarded)
        if step in _ONCE and count > 1 and not again and not (step == _RETURNED and count < expected.dossiers):
            yield _doubled(f"{name}: {step} {count} lần.", f"{name}: {step} came {count} times.")


_RETURNED = promotions.DossierReturned.type_name()
_RECOGNISED = promotions.ProductRecognised.type_name()
_FORWARDED = promotions.DossierForwarded.type_name()
_ONCE = frozenset(
    event.type_name()
    for event in (
        promotions.DossierReturned,
        promotions.DossierForwarded,
        promotions.ProductRecognised,
        promotions.DossierEnded,
    )
)


def _pairs(expected: ExpectedProduct, standing: Standing) -> Iterator[tuple[str, str]]:
    """Expected and found, as texts that a person can compare."""
    yield expected.end, standing.how_it_ends()
    if expected.end in {"recognised", "ended"}:
        yield f"{expected.stars} *", f"{standing.stars} *"
    if expected.end == "recognised":
        yield f"level {expected.level}", f"level {standing.level}"
        yield f"certificate until {expected.certificate_expires}", f"certificate until {standing.expires}"
    if expected.contradiction is not None:
        yield f"contradiction {expected.contradiction}", f"contradiction {standing.contradiction}"
    yield _scores(expected.scores), _scores(standing.scores)
    yield f"{expected.voided_sessions} void sessions", f"{standing.voided} void sessions"
    yield f"forwarded {expected.forwarded:d}", f"forwarded {standing.steps[_FORWARDED]}"
    if expected.act is not None:
        yield f"by {expected.act}", f"by {', '.join(sorted(standing.acts))}"


def _scores(scores: object) -> str:
    found = scores if isinstance(scores, (list, tuple)) else ()
    return "; ".join(f"{score.level} {score.total} → {score.stars} *" for score in found) or "no score"


def _mails(observed: Observed, expected: Expected) -> Iterator[Difference]:
    wanted: Counter[tuple[str, str, str]] = Counter()
    for product in expected.products:
        product_id = observed.product_ids.get((product.unit, product.registered_by), "?")
        wanted.update((mail, kind, product_id) for mail, kind in product.mails())
    for key in wanted.keys() | observed.mails.keys():
        count, due = observed.mails[key], wanted[key]
        address, kind, product_id = key
        if count < due:
            yield _missing(
                f"Chưa có thư “{kind}” gửi {address} về {product_id}.", f"No {kind} mail to {address} on {product_id}."
            )
        elif count > due and due:
            yield _doubled(
                f"{count} thư “{kind}” gửi {address} về {product_id}.",
                f"{count} {kind} mails to {address} on {product_id}.",
            )
        elif count > due:
            yield _unexpected(
                f"Thư thừa “{kind}” gửi {address} về {product_id}.",
                f"An unexpected {kind} mail to {address} on {product_id}.",
            )
    for message_id, count in observed.message_ids.items():
        if count > 1:
            yield _doubled(f"Message-ID {message_id}: {count} thư.", f"{count} mails with Message-ID {message_id}.")


def _missing(vi: str, en: str) -> Difference:
    return Difference("missing", Words(vi, en))


def _unexpected(vi: str, en: str) -> Difference:
    return Difference("unexpected", Words(vi, en))


def _doubled(vi: str, en: str) -> Difference:
    return Difference("doubled", Words(vi, en))


def _differs(name: str, wanted: str, found: str) -> Difference:
    return _unexpected(f"{name}: phải là {wanted}, lại là {found}.", f"{name}: expected {wanted}, found {found}.")
