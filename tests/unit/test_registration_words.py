from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from services.registration.domain.answers import answer, duplicate, unread
from services.registration.domain.case import Admitted
from services.registration.domain.words import WORDS_CHARACTERS_MAX, Code, code_of, refused, words
from shared.kernel.outcomes import DeadLettered, Held
from shared.kernel.reasons import Reason
from shared.kernel.words import Words

CODES = {
    "admitted",
    "waits-for-producer",
    "waits-for-product",
    "waits-for-dossier",
    "waits-for-council",
    "waits-for-session",
    "waits-for-sheets",
    "waits-for-day",
    "waits-for-decision",
    "waits-for-dossier-over",
    "waits-for-number",
    "waits-for-certificate",
    "no-certificate",
    "renewal-too-early",
    "renewal-too-late",
    "waits-for-supplement",
    "supplement-open",
    "supplement-over",
    "supplement-too-late",
    "waits-for-operator",
    "event-invalid",
    "source-differs",
    "event-id-reused",
    "commune-of-another-province",
    "reference-taken",
    "kind-not-allowed",
    "no-regime",
    "criteria-set-unknown",
    "dates-out-of-order",
    "dossier-not-open",
    "level-not-allowed",
    "already-scheduled",
    "waits-for-closing",
    "session-closed",
    "dossier-not-in-session",
    "not-a-member",
    "member-does-not-score",
    "sheet-given",
    "waits-for-sheet",
    "waits-for-request",
    "criteria-not-held",
    "result-not-importable",
    "session-annulled",
    "decision-annulled",
    "decision-stands",
    "dossier-withdrawn",
    "correction-too-late",
    "options-invalid",
    "member-recused",
    "members-apart",
    "rescore-missing",
    "mode-not-allowed",
    "meeting-needed",
    "moved-to-meeting",
    "calendar-not-scripted",
    "authority-lacking",
    "hold-expired",
    "refused-by-operator",
    "duplicate",
    "unreadable",
    "fault",
}


def test_the_codes_are_this_closed_list() -> None:
    assert {str(code) for code in Code} == CODES


@pytest.mark.parametrize("code", list(Code))
def test_every_code_says_in_both_languages_what_is_the_matter(code: Code) -> None:
    said = words(code)

    assert said.vi.endswith(".")
    assert said.en.endswith(".")
    assert unicodedata.is_normalized("NFC", said.vi)


@pytest.mark.parametrize(
    ("waits_for", "code"),
    [
        ("producer:01/CT-1", "waits-for-producer"),
        ("product:id:0190", "waits-for-product"),
        ("dossier:number:01-00004-1-2026", "waits-for-dossier"),
        ("council:bnnmt/HD-1", "waits-for-council"),
        ("session:01/PH-1", "waits-for-session"),
        ("sheets:01/PH-1", "waits-for-sheets"),
        ("day:2026-06-11", "waits-for-day"),
        ("day:first", "waits-for-day"),
        ("dossier-over:0190", "waits-for-dossier-over"),
        ("number:01-00004-1-2026", "waits-for-number"),
        ("supplement:01/HS-1/01/BS-1", "waits-for-supplement"),
        ("operator", "waits-for-operator"),
    ],
)
def test_a_hold_has_the_code_of_what_it_waits_for(waits_for: str, code: str) -> None:
    assert code_of(Held(waits_for)) == code


def test_words_with_a_long_detail_still_fit_a_receipt() -> None:
    said = words(Code.OPTIONS_INVALID, Words("a" * 9000, "b" * 9000))

    assert len(said.vi) == len(said.en) == WORDS_CHARACTERS_MAX


def test_an_admission_answers_with_what_was_given() -> None:
    said = answer(Admitted(given={"number": "01-00004-1-2026"}))

    assert (said.status, said.code, said.given) == ("admitted", "admitted", {"number": "01-00004-1-2026"})


def test_a_hold_answers_with_what_is_awaited_and_until_when() -> None:
    said = answer(Held("product:01/SP-1", date(2026, 7, 10)))

    assert (said.status, said.code) == ("held", "waits-for-product")
    assert (said.waits_for, said.until) == ("product:01/SP-1", date(2026, 7, 10))


def test_a_refusal_answers_with_the_field_that_was_wrong() -> None:
    said = answer(refused(Code.REFERENCE_TAKEN, "reference"))

    assert (said.status, said.code, said.field) == ("refused", "reference-taken", "reference")
    assert said.words.en == "Your unit has already used this reference; choose another."


def test_a_duplicate_is_told_again_what_was_given() -> None:
    said = duplicate({"product_id": "0190"})

    assert (said.status, said.code, said.given) == ("duplicate", "duplicate", {"product_id": "0190"})


def test_an_unreadable_record_is_told_so() -> None:
    said = unread(DeadLettered(Reason.BODY_UNREADABLE))

    assert (said.status, said.code) == ("dead_lettered", "unreadable")


def test_a_fault_of_ours_is_not_laid_to_the_sender() -> None:
    said = unread(DeadLettered(Reason.FAULT, "KeyError: 1.1"))

    assert (said.status, said.code) == ("dead_lettered", "fault")
    assert said.words.en.endswith("there is no need to send it again.")
