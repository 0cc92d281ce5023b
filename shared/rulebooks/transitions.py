"""Reads and checks what an act says of what began before it, and where its criteria sets stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from shared.rulebooks.acts import CriteriaSource, Lapse, OldRules, Parameter, Transitions
from shared.rulebooks.reading import Entry, article

OWN = "own"
"""The criteria sets stand in the regime's own folder."""

NONE = "none"
"""The criteria sets are not to be had."""


def criteria_source(entry: Entry) -> CriteriaSource:
    """Where the criteria sets stand; a regime without any says so in words a sender can be told."""
    entry.only("from", "article", "reason", "vietnamese", "english")
    origin = entry.text("from")
    if origin == NONE and not (entry.has("vietnamese") and entry.has("english")):
        raise entry.fault(
            "không có bộ tiêu chí thì phải có lời từ chối “vietnamese” và “english”.",
            "without criteria sets the words of refusal, 'vietnamese' and 'english', are needed.",
            "from",
        )
    return CriteriaSource(
        origin=origin,
        article=article(entry),
        reason=entry.text_or("reason", ""),
        vietnamese=entry.text_or("vietnamese", ""),
        english=entry.text_or("english", ""),
    )


def transitions(entry: Entry, act: str, kinds: Sequence[str], valid_from: date) -> Transitions:
    """The transitions of `act`, in force since `valid_from`; raises `RulebookError` at the line that is wrong."""
    entry.only("dossiers", "certificates", "lapses")
    stated = entry.entry("certificates")
    stated.only("value", "article", "reason")
    rule = stated.choice("value", ("run_to_their_end",))
    return Transitions(
        dossiers=_old_rules(entry.entries("dossiers"), act, kinds, valid_from),
        certificates=Parameter(rule, article(stated), stated.text_or("reason", "")),
        lapses=tuple(_lapse(each) for each in entry.entries("lapses")),
    )


def _old_rules(entries: Sequence[Entry], act: str, kinds: Sequence[str], valid_from: date) -> tuple[OldRules, ...]:
    named: set[str] = set()
    rules = []
    for each in entries:
        each.only("kinds", "filed_before", "finish_by", "article")
        rule = OldRules(
            act=act,
            kinds=each.texts("kinds"),
            filed_before=each.day("filed_before"),
            finish_by=each.day("finish_by"),
            article=each.text("article"),
        )
        for kind in rule.kinds:
            if kind not in kinds or kind in named:
                raise each.fault(
                    f"không có loại hồ sơ “{kind}”, hoặc loại này đã có ở trên.",
                    f"there is no dossier kind {kind!r}, or it already stands above.",
                    "kinds",
                )
        if rule.filed_before > valid_from or rule.finish_by < rule.filed_before:
            raise each.fault(
                "“filed_before” không được sau ngày hiệu lực, “finish_by” không được trước “filed_before”.",
                "'filed_before' must not be after 'valid_from', nor 'finish_by' before 'filed_before'.",
                "finish_by",
            )
        named.update(rule.kinds)
        rules.append(rule)
    return tuple(rules)


def _lapse(entry: Entry) -> Lapse:
    entry.only("regime", "on", "article")
    return Lapse(entry.text("regime"), entry.day("on"), entry.text("article"))
