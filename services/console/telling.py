"""A product's story in words: one line per fact, and nothing of a result before its decision."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from types import MappingProxyType

from services.console import labels
from services.console.domain.standing import may_show_eligible, may_show_points
from services.console.domain.story import Fact, State
from shared.contracts.units import unit_name_inside

_ARTICLE = re.compile(r"^(\d+)(?:\.(\d+))?(?:\.([a-zđ]))?$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story; `on` is the fact's own date, `recorded_ms` when it became known to us.

    `tone` is one of plain, good, warn, bad.
    """

    on: date | None
    title: str
    detail: str
    articles: str
    family: str
    tone: str
    recorded_ms: int


def tell(state: State) -> list[Line]:
    """The story, the latest first. Of a result still undecided it says that there is one, and how it was reached."""
    return [line for fact in reversed(state.story) for line in _line(state, fact)]


def _line(state: State, fact: Fact) -> Iterator[Line]:
    if fact.kind == "ProductEligible" and not may_show_eligible(state, fact):
        return
    title = _TITLES.get(fact.kind, fact.kind)
    articles = "; ".join(part for article in fact.articles for part in _cited(article))
    detail = _scored(state, fact) if fact.kind == "ProductScored" else _DETAILS.get(fact.kind, _no_detail)(fact)
    yield Line(
        on=fact.on,
        title=title,
        detail=detail,
        articles=articles,
        family=labels.FAMILIES.get(fact.family, fact.family),
        tone="warn" if fact.apart or fact.missed else _TONES.get(fact.kind, "plain"),
        recorded_ms=fact.recorded_ms,
    )


def _cited(article: str) -> Iterator[str]:
    for piece in article.split(","):
        match = _ARTICLE.match(piece.strip())
        if match is None:
            continue
        number, clause, point = match.groups()
        words = ([f"điểm {point}"] if point else []) + ([f"khoản {clause}"] if clause else [])
        yield " ".join([*words, f"Điều {number}"])


def _scored(state: State, fact: Fact) -> str:
    chair = [f"chủ trì thay theo văn bản số {fact.number}"] if fact.number else []
    apart = ["điểm các thành viên còn lệch quá giới hạn sau khi chấm lại"] if fact.apart else []
    return "; ".join([_result(state, fact), *apart, *chair])


def _result(state: State, fact: Fact) -> str:
    level = _level(fact)
    if not may_show_points(state, fact):
        return f"hội đồng {level}; điểm hiện sau khi có quyết định"
    if fact.total is None:
        return f"hội đồng {level} không xếp hạng sản phẩm"
    return f"hội đồng {level}: {points(fact.total)} điểm, {fact.stars} sao"


def points(total: Fraction) -> str:
    """The total with two decimals, cut off, and a comma: it shows no band that the exact total does not reach."""
    exact = Decimal(total.numerator) / Decimal(total.denominator)
    return str(exact.quantize(Decimal("0.01"), ROUND_DOWN)).replace(".", ",")


def _no_detail(_fact: Fact) -> str:
    return ""


def _level(fact: Fact) -> str:
    return labels.LEVELS.get(fact.level or "", fact.level or "")


def _opened(fact: Fact) -> str:
    in_round = f"đợt {fact.round}, đến hết ngày {fact.expires_on:%d/%m/%Y}" if fact.round and fact.expires_on else ""
    late = f"đề nghị đến sau hạn của đợt {fact.missed}" if fact.missed else ""
    return "; ".join(part for part in (_level(fact), in_round, late) if part)


def _called(fact: Fact) -> str:
    return f"{_level(fact)}, lấy ý kiến bằng văn bản" if fact.word == "written" else _level(fact)


def _word(words: Mapping[str, str]) -> Callable[[Fact], str]:
    def said(fact: Fact) -> str:
        return words.get(fact.word or "", fact.word or "")

    return said


def _to_whom(fact: Fact) -> str:
    return f"cho {labels.RECIPIENTS[fact.recipient]}" if fact.recipient else ""


def _notice(fact: Fact) -> str:
    return f"{labels.NOTICE_KINDS.get(fact.word or '', fact.word or '')}, {_to_whom(fact)}"


def _failed(fact: Fact) -> str:
    cause = "chưa có địa chỉ thư điện tử" if fact.word == "no-address" else fact.word
    return f"{_to_whom(fact)}: {cause}"


def _numbered(fact: Fact) -> str:
    return f"số {fact.number}" if fact.number else ""


def _imported(fact: Fact) -> str:
    return f"hội đồng {_level(fact)}, văn bản {_numbered(fact)}"


def _decided(fact: Fact) -> str:
    authority = unit_name_inside(fact.unit) if fact.unit else ""
    return f"số {fact.number}, {authority}: {labels.DECISIONS.get(fact.word or '', fact.word or '')}"


def _recognised(fact: Fact) -> str:
    until = f", giấy chứng nhận đến {fact.expires_on:%d/%m/%Y}" if fact.expires_on else ""
    return f"{fact.stars} sao, quyết định số {fact.number}{until}"


def _extended(fact: Fact) -> str:
    return f"đến {fact.expires_on:%d/%m/%Y}, {labels.EXTENSIONS.get(fact.word or '', fact.word or '')}"


def _reminded(fact: Fact) -> str:
    return f"nộp hồ sơ chậm nhất ngày {fact.expires_on:%d/%m/%Y}"


def _withdrawn(fact: Fact) -> str:
    return f"số {fact.number}, {labels.GROUNDS.get(fact.word or '', fact.word or '')}"


def _inspected(fact: Fact) -> str:
    return f"số {fact.number}, {labels.GROUNDS.get(fact.word or '', 'không có vi phạm')}"


def _task(fact: Fact) -> str:
    until = f", chậm nhất ngày {fact.expires_on:%d/%m/%Y}" if fact.expires_on else ""
    return f"{labels.TASKS.get(fact.word or '', fact.word or '')}{until}"


def _ended(fact: Fact) -> str:
    stars = f"{fact.stars} sao" if fact.stars else "không xếp hạng"
    return f"{stars}, văn bản số {fact.number}"


def _held(fact: Fact) -> str:
    contradiction = labels.CONTRADICTIONS.get(fact.word or "", fact.word or "")
    return f"số {fact.number}: {contradiction}"


def _asked(fact: Fact) -> str:
    missing = f": {fact.word}" if fact.word else ""
    return f"{_level(fact)}, văn bản số {fact.number}{missing}"


def _supplemented(fact: Fact) -> str:
    until = f", thời hạn đến {fact.expires_on:%d/%m/%Y}" if fact.expires_on else ""
    return f"{_level(fact)}: {labels.SUPPLEMENTS.get(fact.word or '', fact.word or '')}{until}"


def _assessed(fact: Fact) -> str:
    return "trả lại hồ sơ" if fact.word == "returned" else "đề nghị tỉnh đánh giá"


_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "ProductRegistered": "Đăng ký sản phẩm",
        "DossierFiled": "Nộp hồ sơ",
        "CommuneAssessed": "Xã báo cáo đánh giá",
        "CouncilSeated": "Xếp lịch họp hội đồng",
        "DecisionApproved": "Cơ quan có thẩm quyền quyết định",
        "CentralEvaluationRequested": "Tỉnh đề nghị trung ương đánh giá",
        "ProvincialEvaluationRequested": "Huyện đề nghị tỉnh đánh giá",
        "ResultImported": "Nhận kết quả hội đồng theo văn bản",
        "CommuneAssessmentConcluded": "Xong bước cấp xã",
        "ProductScored": "Đã có kết quả hội đồng",
        "SessionVoided": "Phiên họp không hợp lệ",
        "StageOpened": "Mở bước đánh giá",
        "SupplementAsked": "Yêu cầu bổ sung hồ sơ",
        "SupplementEnded": "Kết thúc chờ bổ sung",
        "DossierReturned": "Hồ sơ bị trả lại",
        "ProductEligible": "Đủ điều kiện lên cấp trên",
        "DossierForwarded": "Hồ sơ được gửi lên",
        "ProductRecognised": "Được công nhận",
        "DossierEnded": "Kết thúc, không cấp giấy chứng nhận",
        "DecisionHeld": "Quyết định bị giữ lại",
        "TaskOpened": "Cần xử lý",
        "TaskClosed": "Đã xử lý",
        "CertificateEnded": "Giấy chứng nhận hết hiệu lực",
        "CertificateExtended": "Giấy chứng nhận được kéo dài hiệu lực",
        "RenewalReminderDue": "Đến hạn nhắc đánh giá lại",
        "CertificateWithdrawn": "Thu hồi giấy chứng nhận",
        "InspectionConcluded": "Kết luận kiểm tra",
        "ProductionStopConfirmed": "Xã xác nhận ngừng sản xuất",
        "SessionAnnulled": "Hủy phiên họp hội đồng",
        "DecisionAnnulled": "Hủy quyết định",
        "DossierWithdrawn": "Chủ thể rút hồ sơ",
        "CorrectionNoted": "Đã ghi nhận đính chính",
        "CorrectionDeferred": "Đính chính chờ hủy quyết định",
        "CorrectionDismissed": "Đính chính không làm thay đổi kết quả",
        "NoticeWritten": "Lập thông báo",
        "NoticeSent": "Đã gửi thông báo",
        "NoticeFailed": "Gửi thông báo không được",
    }
)

_DETAILS: Mapping[str, Callable[[Fact], str]] = MappingProxyType(
    {
        "DossierFiled": _word({kind: f"hồ sơ {words}" for kind, words in labels.DOSSIER_KINDS.items()}),
        "CommuneAssessed": _assessed,
        "CommuneAssessmentConcluded": _assessed,
        "CouncilSeated": _called,
        "DecisionApproved": _decided,
        "CentralEvaluationRequested": _numbered,
        "ProvincialEvaluationRequested": _numbered,
        "ResultImported": _imported,
        "ProductEligible": _level,
        "SessionVoided": _word(labels.VOIDED),
        "StageOpened": _opened,
        "SupplementAsked": _asked,
        "SupplementEnded": _supplemented,
        "DossierForwarded": _numbered,
        "ProductRecognised": _recognised,
        "DossierEnded": _ended,
        "DecisionHeld": _held,
        "SessionAnnulled": _numbered,
        "DecisionAnnulled": _numbered,
        "CorrectionDeferred": _numbered,
        "CertificateEnded": _word(labels.ENDS),
        "CertificateExtended": _extended,
        "RenewalReminderDue": _reminded,
        "CertificateWithdrawn": _withdrawn,
        "InspectionConcluded": _inspected,
        "ProductionStopConfirmed": _numbered,
        "TaskOpened": _task,
        "TaskClosed": _word(labels.TASKS),
        "NoticeWritten": _notice,
        "NoticeSent": _to_whom,
        "NoticeFailed": _failed,
    }
)

_TONES: Mapping[str, str] = MappingProxyType(
    {
        "ProductRecognised": "good",
        "DossierForwarded": "good",
        "SessionVoided": "warn",
        "DossierReturned": "warn",
        "SupplementAsked": "warn",
        "TaskOpened": "warn",
        "CertificateEnded": "warn",
        "RenewalReminderDue": "warn",
        "CertificateWithdrawn": "bad",
        "SessionAnnulled": "warn",
        "DecisionAnnulled": "warn",
        "DossierWithdrawn": "warn",
        "DossierEnded": "warn",
        "DecisionHeld": "bad",
        "NoticeFailed": "bad",
    }
)
