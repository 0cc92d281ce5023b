"""Whether a process is ready, check by check, and why not: a code from a closed list and words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from shared.kernel.words import Words


class Why(StrEnum):
    """Why a check does not hold."""

    STARTING = "starting"
    UNOBSERVED = "unobserved"
    DATABASE_UNREACHABLE = "database-unreachable"
    BROKER_UNREACHABLE = "broker-unreachable"
    CONSUMER_FAILED = "consumer-failed"
    CONSUMER_STALLED = "consumer-stalled"
    PARTITIONS_UNTAKEN = "partitions-untaken"
    RELAY_LEADERLESS = "relay-leaderless"
    RELAY_STUCK = "relay-stuck"
    SENDER_STUCK = "sender-stuck"


HOLDS = Words("ổn", "holds")
STANDING_BY = Words(
    "không giữ phân vùng nào, sẵn sàng thay thế", "has no partitions and stands by while another works on them"
)
_WORDS: Mapping[Why, Words] = MappingProxyType(
    {
        Why.STARTING: Words("đang khởi động", "is starting"),
        Why.UNOBSERVED: Words("đã lâu không tự kiểm tra được", "has not looked at itself for too long"),
        Why.DATABASE_UNREACHABLE: Words("không đọc được cơ sở dữ liệu", "the database does not answer"),
        Why.BROKER_UNREACHABLE: Words("Kafka không trả lời", "the broker does not answer"),
        Why.CONSUMER_FAILED: Words("bộ nhận đã dừng vì lỗi; xem nhật ký", "the consumer stopped itself; see the log"),
        Why.CONSUMER_STALLED: Words(
            "còn bản ghi chưa nhận mà vị trí không tiến; hãy khởi động lại dịch vụ",
            "there are records and the position does not move; start the service again",
        ),
        Why.PARTITIONS_UNTAKEN: Words("không ai nhận phân vùng", "nobody takes the partitions"),
        Why.RELAY_LEADERLESS: Words("chưa có bộ gửi nào giữ quyền gửi", "no relay has the lead"),
        Why.RELAY_STUCK: Words(
            "sự kiện đã ghi mà không gửi được; xem Kafka và nhật ký",
            "announced events are not sent; see the broker and the log",
        ),
        Why.SENDER_STUCK: Words("bộ gửi thư không chạy", "the sender of mails does not run"),
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `why` is None where it holds. `detail` has figures and names of faults, never of people."""

    check: str
    why: Why | None = None
    detail: str = ""
    holds: Words = HOLDS

    @property
    def words(self) -> Words:
        """What is so, or what to do next."""
        return self.holds if self.why is None else _WORDS[self.why]

    def told(self) -> dict[str, object]:
        """The finding for a program and for a person."""
        return {
            "check": self.check,
            "ready": self.why is None,
            "why": self.why,
            "detail": self.detail,
            "words": {"vi": self.words.vi, "en": self.words.en},
        }


class Watched(Protocol):
    """A process that can say how it is."""

    service: str

    def text(self) -> bytes:
        """Its metrics in Prometheus' text format."""
        ...

    def living(self) -> Finding:
        """Whether it can still do its work without being started again."""
        ...

    def findings(self) -> list[Finding]:
        """What every check of readiness found last."""
        ...
