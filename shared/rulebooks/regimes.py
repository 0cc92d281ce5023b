"""Reads and checks `regime.yaml`: dates, bands, ladder, rounds, clocks and the defaults of a council's by-law."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, TypeVar, cast

from shared.rulebooks.certificates import renewal, withdrawal
from shared.rulebooks.model import (
    Band,
    ByLaw,
    Clock,
    Deliberation,
    Forward,
    HandBack,
    Ladder,
    MonthDay,
    Regime,
    Renewal,
    Round,
    Rung,
    Supplements,
    Withdrawal,
)
from shared.rulebooks.parameters import parameter
from shared.rulebooks.reading import Entry, article
from shared.rulebooks.transitions import criteria_source, transitions

T = TypeVar("T")

TOTAL = 100
"""The points of a whole criteria set (3.3)."""

LOWER_CLASS = "lower_class"
"""The rule by which a total between two printed bands has not reached the upper one and belongs to the lower."""

_LEAP_YEAR = 2024
_KEYS = tuple(each.name for each in fields(Regime))
_ROLES = ("chair", "member", "expert", "secretary")


def regime(entry: Entry) -> Regime:
    """The regime a file states; raises `RulebookError` at the line that is wrong."""
    entry.only(*_KEYS)
    ladder = _ladder(entry)
    band_gaps = parameter(entry, "band_gaps", _one_of("none", LOWER_CLASS))
    kinds, valid_from, clocks = _kinds(entry), entry.day("valid_from"), _clocks(entry)
    stated = Regime(
        id=entry.text("id"),
        act=entry.text("act"),
        signed_on=entry.day("signed_on"),
        valid_from=valid_from,
        valid_to=entry.day("valid_to") if entry.has("valid_to") else None,
        kinds=kinds,
        pinned_by=parameter(entry, "pinned_by", _one_of("filing_date")),
        transitions=transitions(entry.entry("transitions"), entry.text("act"), kinds, valid_from),
        criteria=criteria_source(entry.entry("criteria")),
        parts=_parts(entry),
        bands=_bands(entry, closes_gaps=band_gaps.value == LOWER_CLASS),
        band_gaps=band_gaps,
        ladder=ladder,
        unrecognised_article=entry.text("unrecognised_article"),
        rounds=tuple(_round(each, ladder) for each in entry.entries("rounds")),
        cut_off_included=parameter(entry, "cut_off_included", Entry.flag),
        rounds_exempt_kinds=parameter(entry, "rounds_exempt_kinds", Entry.texts),
        clocks=clocks,
        certificate_months=parameter(entry, "certificate_months", _count),
        evaluation_rounds=parameter(entry, "evaluation_rounds", _count),
        by_law=_by_law(entry.entry("by_law")),
        deliberation=_deliberation(entry.entry("deliberation"), kinds),
        fact_days_back_max=parameter(entry, "fact_days_back_max", _count),
        hold_days_max=parameter(entry, "hold_days_max", _count),
        renewal=renewal(entry.entry("renewal"), clocks) if entry.has("renewal") else Renewal(),
        withdrawal=withdrawal(entry.entry("withdrawal"), ladder) if entry.has("withdrawal") else Withdrawal(),
        supplements=_supplements(entry.entry("supplements"), clocks, ladder)
        if entry.has("supplements")
        else Supplements(),
    )
    _check_end_and_exempt_kinds(entry, stated)
    return stated


def _supplements(entry: Entry, clocks: Mapping[str, Clock], ladder: Ladder) -> Supplements:
    """Which clocks stand still, all of them known; and by which article each level may ask."""
    entry.only("pauses", "asked_by")
    pauses = parameter(entry, "pauses", Entry.texts)
    unknown = next((name for name in pauses.value if name not in clocks), None)
    if unknown is not None:
        raise entry.fault(f"không có thời hạn “{unknown}”.", f"there is no clock {unknown!r}.", "pauses")
    articles = {}
    for each in entry.entries("asked_by"):
        each.only("level", "article")
        level = each.text("level")
        if ladder.rung(level) is None:
            raise each.fault(f"không có cấp “{level}”.", f"there is no level {level!r}.")
        articles[level] = each.text("article")
    return Supplements(pauses, MappingProxyType(articles))


def _kinds(entry: Entry) -> tuple[str, ...]:
    kinds = entry.texts("kinds")
    if not kinds:
        raise entry.fault("cần ít nhất một loại hồ sơ.", "at least one dossier kind is needed.", "kinds")
    return kinds


def _check_end_and_exempt_kinds(entry: Entry, stated: Regime) -> None:
    if stated.valid_to is not None and stated.valid_to <= stated.valid_from:
        raise entry.fault("“valid_to” phải sau “valid_from”.", "'valid_to' must be after 'valid_from'.", "valid_to")
    _check_kinds(entry, "rounds_exempt_kinds", stated.rounds_exempt_kinds.value, stated.kinds)


def _check_kinds(entry: Entry, key: str, named: tuple[str, ...], kinds: tuple[str, ...]) -> None:
    for kind in named:
        if kind not in kinds:
            raise entry.fault(f"không có loại hồ sơ “{kind}”.", f"there is no dossier kind {kind!r}.", key)


def _parts(entry: Entry) -> Mapping[str, int]:
    parts = entry.counts("parts")
    if sum(parts.values()) != TOTAL:
        raise entry.fault(
            f"các phần cộng lại là {sum(parts.values())}, phải là {TOTAL}.",
            f"the parts sum to {sum(parts.values())}, they must sum to {TOTAL}.",
            "parts",
        )
    return MappingProxyType(dict(parts))


def _bands(entry: Entry, *, closes_gaps: bool) -> tuple[Band, ...]:
    """The bands, which cover [0, 100] from the best class down; they never overlap, and a rule must close any gap.

    A closed gap belongs to the class below: its band reaches up to the one above, what is printed is kept beside it.
    """
    upper, included, stars, bands = Fraction(TOTAL), True, 6, []
    for each in entry.entries("bands"):
        band = _band(each)
        if closes_gaps and band.upper < upper and band.upper_included:
            band = replace(band, upper=upper, upper_included=False, printed_upper=band.upper)
        fits = band.upper == upper and band.upper_included is included and band.lower < upper and band.stars < stars
        if not fits or (band.printed_upper is not None and band.printed_upper < band.lower):
            raise each.fault(
                "khoảng điểm hở, chồng lên khoảng trước hoặc sai thứ tự.",
                "the band leaves a gap, overlaps the one before, or is out of order.",
            )
        upper, included, stars = band.lower, False, band.stars
        bands.append(band)
    if upper != 0:
        raise entry.fault("các khoảng điểm phải phủ kín từ 0 đến 100.", "the bands must cover 0 to 100.", "bands")
    return tuple(bands)


def _band(entry: Entry) -> Band:
    entry.only("stars", "lower", "upper", "upper_included", "article")
    return Band(
        stars=entry.whole("stars", 1),
        lower=Fraction(entry.whole("lower")),
        upper=Fraction(entry.whole("upper")),
        upper_included=entry.flag("upper_included"),
        article=entry.text("article"),
    )


def _ladder(entry: Entry) -> Ladder:
    entries = entry.entries("ladder")
    levels = tuple(each.text("level") for each in entries)
    if not levels:
        raise entry.fault("thang đánh giá trống.", "the ladder is empty.")
    recognised: set[int] = set()
    rungs = []
    for place, each in enumerate(entries):
        if levels[place] in levels[:place]:
            raise each.fault("cấp này đã có ở trên.", "this level already stands above.", "level")
    for place, each in enumerate(entries):
        rung = _rung(each, levels[:place], levels[place + 1 :])
        if recognised.intersection(rung.recognises):
            raise each.fault(
                "hạng sao này đã do cấp khác công nhận.", "another level already recognises these stars.", "recognises"
            )
        recognised.update(rung.recognises)
        rungs.append(rung)
    return Ladder(tuple(rungs))


def _rung(entry: Entry, below: tuple[str, ...], above: tuple[str, ...]) -> Rung:
    entry.only("level", "name", "work", "recognises", "article", "reason", "forwards", "hand_back")
    work = entry.choice("work", ("assesses", "scores"))
    return Rung(
        level=entry.text("level"),
        name=entry.text("name"),
        work=cast(Literal["assesses", "scores"], work),
        recognises=entry.wholes("recognises"),
        forwards=tuple(_forward(each, above) for each in entry.entries("forwards")),
        hand_back=_hand_back(entry.entry("hand_back"), below) if entry.has("hand_back") else None,
        article=entry.text("article"),
        reason=entry.text_or("reason", ""),
    )


def _forward(entry: Entry, above: tuple[str, ...]) -> Forward:
    entry.only("to", "on", "total_min", "stars", "duty", "article", "reason")
    on = entry.choice("on", ("request", "score"))
    return Forward(
        to=entry.choice("to", above),
        on=cast(Literal["request", "score"], on),
        total_min=Fraction(entry.whole("total_min")) if on == "score" else None,
        stars=entry.wholes("stars"),
        duty=cast(Literal["required", "on_word"], entry.choice("duty", ("required", "on_word"))),
        article=article(entry),
        reason=entry.text_or("reason", ""),
    )


def _hand_back(entry: Entry, below: tuple[str, ...]) -> HandBack:
    entry.only("to", "total_below", "stars_below", "choices", "article", "reason")
    return HandBack(
        to=entry.choice("to", below),
        total_below=Fraction(entry.whole("total_below")),
        stars_below=entry.whole("stars_below"),
        choices=entry.texts("choices"),
        article=article(entry),
        reason=entry.text_or("reason", ""),
    )


def _round(entry: Entry, ladder: Ladder) -> Round:
    entry.only("level", "number", "cut_off", "finish", "article")
    return Round(
        level=entry.choice("level", (rung.level for rung in ladder.rungs)),
        number=entry.whole("number", 1),
        cut_off=_month_day(entry, "cut_off"),
        finish=_month_day(entry, "finish"),
        article=entry.text("article"),
    )


def _month_day(entry: Entry, key: str) -> MonthDay:
    month, _, day = entry.text(key).partition("-")
    try:
        stated = MonthDay(int(month), int(day))
        stated.in_year(_LEAP_YEAR)
    except ValueError:
        raise entry.fault(f"“{key}” phải là MM-DD có thật.", f"{key!r} must be a real MM-DD.", key) from None
    return stated


def _clocks(entry: Entry) -> Mapping[str, Clock]:
    clocks: dict[str, Clock] = {}
    for each in entry.entries("clocks"):
        each.only("name", "count", "unit", "starts", "article", "reason")
        name = each.text("name")
        if name in clocks:
            raise each.fault(f"thời hạn “{name}” đã có.", f"the clock {name!r} already stands above.", "name")
        unit = each.choice("unit", ("working_days", "days", "months"))
        clocks[name] = Clock(
            name=name,
            count=each.whole("count", 1),
            unit=cast(Literal["working_days", "days", "months"], unit),
            starts=each.text("starts"),
            article=article(each),
            reason=each.text_or("reason", ""),
        )
    return MappingProxyType(clocks)


def _by_law(entry: Entry) -> ByLaw:
    entry.only(
        "quorum_number", "quorum_share", "chair_required", "averaging", "marks_judged_on", "tie", "scoring_roles"
    )
    return ByLaw(
        quorum_number=parameter(entry, "quorum_number", _or_none(_count)),
        quorum_share=parameter(entry, "quorum_share", _or_none(Entry.share)),
        chair_required=parameter(entry, "chair_required", Entry.flag),
        averaging=parameter(entry, "averaging", _one_of("arithmetic_mean")),
        marks_judged_on=parameter(entry, "marks_judged_on", _one_of("agreed_else_majority")),
        tie=parameter(entry, "tie", _one_of("lower_option")),
        scoring_roles=parameter(entry, "scoring_roles", _roles),
    )


def _deliberation(entry: Entry, kinds: tuple[str, ...]) -> Deliberation:
    entry.only("deviation_points_max", "rescore_rounds_max", "quorum_over", "written_kinds")
    stated = Deliberation(
        deviation_points_max=parameter(entry, "deviation_points_max", _or_none(Entry.whole)),
        rescore_rounds_max=parameter(entry, "rescore_rounds_max", Entry.whole),
        quorum_over=parameter(entry, "quorum_over", _one_of("not_recused")),
        written_kinds=parameter(entry, "written_kinds", Entry.texts),
    )
    _check_kinds(entry, "written_kinds", stated.written_kinds.value, kinds)
    return stated


def _count(entry: Entry, key: str) -> int:
    return entry.whole(key, 1)


def _one_of(*choices: str) -> Callable[[Entry, str], str]:
    return lambda entry, key: entry.choice(key, choices)


def _or_none(value: Callable[[Entry, str], T]) -> Callable[[Entry, str], T | None]:
    return lambda entry, key: value(entry, key) if entry.has(key) else None


def _roles(entry: Entry, key: str) -> tuple[str, ...]:
    roles = entry.texts(key)
    if not roles or any(role not in _ROLES for role in roles):
        raise entry.fault(
            f"vai trò phải là một trong: {', '.join(_ROLES)}.", f"a role must be one of {', '.join(_ROLES)}.", key
        )
    return roles
