"""What an accounting says: figures, and whatever has no explanation, each by its kind and its exact place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """Everything that can be without explanation."""

    NOT_AT_REST = "not-at-rest"
    TYPE_UNKNOWN = "type-unknown"
    RECORD_UNREADABLE = "record-unreadable"
    RECORD_MISSING = "record-missing"
    SEQUENCE_CONFLICT = "sequence-conflict"
    WATERMARK_BEYOND = "watermark-beyond"
    SUBJECT_MISSING = "subject-missing"
    NOT_APPLIED = "not-applied"
    POSITION_DIFFERS = "position-differs"
    PUBLISHED_DIFFERS = "published-differs"
    OUTBOX_DIFFERS = "outbox-differs"
    HOLD_UNFOUNDED = "hold-unfounded"
    DEAD_LETTER_MISSING = "dead-letter-missing"
    DEAD_LETTER_UNTOLD = "dead-letter-untold"
    INTAKE_UNANSWERED = "intake-unanswered"
    INTAKE_UNRECORDED = "intake-unrecorded"
    ANSWER_DIFFERS = "answer-differs"
    ANSWER_UNFOUNDED = "answer-unfounded"
    EFFECT_DIFFERS = "effect-differs"
    DECISION_DIFFERS = "decision-differs"
    DECISION_MISSING = "decision-missing"
    DECISION_UNFOUNDED = "decision-unfounded"
    STATE_DIFFERS = "state-differs"
    ROW_MISSING = "row-missing"
    ROW_DIFFERS = "row-differs"
    ROW_UNFOUNDED = "row-unfounded"
    NOTICE_MISSING = "notice-missing"
    NOTICE_UNFOUNDED = "notice-unfounded"
    NOTICE_DIFFERS = "notice-differs"
    MAIL_MISSING = "mail-missing"
    MAIL_DOUBLED = "mail-doubled"
    MAIL_UNFOUNDED = "mail-unfounded"


WORDS: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {
        Kind.NOT_AT_REST: ("chưa xử lý xong", "still on its way"),
        Kind.TYPE_UNKNOWN: ("loại sự kiện chưa biết cách tính lại", "a type of event that is not recomputed here"),
        Kind.RECORD_UNREADABLE: ("bản ghi không đọc được", "a record that cannot be read"),
        Kind.RECORD_MISSING: ("thiếu một bản ghi", "a record is missing"),
        Kind.SEQUENCE_CONFLICT: ("hai sự kiện cùng một số thứ tự", "two events under one number"),
        Kind.WATERMARK_BEYOND: ("mốc đọc vượt quá cuối chủ đề", "read further than the topic goes"),
        Kind.SUBJECT_MISSING: ("thiếu trạng thái của đối tượng", "the subject's state is missing"),
        Kind.NOT_APPLIED: ("đã đọc nhưng chưa áp dụng", "read but not applied"),
        Kind.POSITION_DIFFERS: ("vị trí đã áp dụng không khớp", "the position applied does not agree"),
        Kind.PUBLISHED_DIFFERS: ("số đã công bố không khớp", "the number published does not agree"),
        Kind.OUTBOX_DIFFERS: ("hộp gửi không khớp với chủ đề", "the outbox does not agree with the topics"),
        Kind.HOLD_UNFOUNDED: ("giữ một bản ghi không có", "holds a record that is not there"),
        Kind.DEAD_LETTER_MISSING: ("thiếu thư chết", "a dead letter is missing"),
        Kind.DEAD_LETTER_UNTOLD: ("thư chết không được báo", "a dead letter was not told"),
        Kind.INTAKE_UNANSWERED: ("sự kiện gửi đến chưa có biên nhận", "an intake event without a receipt"),
        Kind.INTAKE_UNRECORDED: ("sự kiện gửi đến không có trong sổ", "an intake event not in the journal"),
        Kind.ANSWER_DIFFERS: ("sổ và biên nhận khác nhau", "journal and receipt disagree"),
        Kind.ANSWER_UNFOUNDED: ("trả lời cho sự kiện không có", "an answer to an event that is not there"),
        Kind.EFFECT_DIFFERS: ("hệ quả không khớp với sự kiện đã nhận", "the effects differ from what was admitted"),
        Kind.DECISION_DIFFERS: ("kết quả khác với tính lại", "differs from the recomputation"),
        Kind.DECISION_MISSING: ("thiếu kết quả phải có", "a result that is due is missing"),
        Kind.DECISION_UNFOUNDED: ("kết quả không có căn cứ", "a result without ground"),
        Kind.STATE_DIFFERS: ("trạng thái khác với lịch sử", "the state differs from the history"),
        Kind.ROW_MISSING: ("thiếu một dòng", "a row is missing"),
        Kind.ROW_DIFFERS: ("một dòng khác với lịch sử", "a row differs from the history"),
        Kind.ROW_UNFOUNDED: ("một dòng không có căn cứ", "a row without ground"),
        Kind.NOTICE_MISSING: ("thiếu thông báo phải có", "a notice that is due is missing"),
        Kind.NOTICE_UNFOUNDED: ("thông báo không có căn cứ", "a notice without ground"),
        Kind.NOTICE_DIFFERS: ("thông báo khác với điều phải báo", "a notice differs from what was due"),
        Kind.MAIL_MISSING: ("thiếu thư đã gửi", "a mail that was sent is missing"),
        Kind.MAIL_DOUBLED: ("thư bị gửi lặp", "a mail was sent more than once"),
        Kind.MAIL_UNFOUNDED: ("thư không có căn cứ", "a mail without ground"),
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Unexplained:
    """One thing without explanation: `where` names topic/partition/offset, schema.table and key, subject or notice."""

    kind: Kind
    where: str
    what: str

    def __str__(self) -> str:
        vietnamese, english = WORDS[self.kind]
        return f"{self.kind} · {self.where} · {vietnamese} / {english}: {self.what}"


@dataclass(frozen=True, slots=True)
class Account:
    """What was counted, and what could not be explained: nothing, where all is well."""

    counts: Mapping[str, int]
    unexplained: tuple[Unexplained, ...]
