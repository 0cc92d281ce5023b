"""Every answer a sender can get: a closed list of codes, each with a sentence that says what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words


class Code(StrEnum):
    """The codes of a receipt."""

    ADMITTED = "admitted"
    WAITS_FOR_PRODUCER = "waits-for-producer"
    WAITS_FOR_PRODUCT = "waits-for-product"
    WAITS_FOR_DOSSIER = "waits-for-dossier"
    WAITS_FOR_COUNCIL = "waits-for-council"
    WAITS_FOR_SESSION = "waits-for-session"
    WAITS_FOR_SHEETS = "waits-for-sheets"
    WAITS_FOR_SHEET = "waits-for-sheet"
    WAITS_FOR_CLOSING = "waits-for-closing"
    WAITS_FOR_DECISION = "waits-for-decision"
    WAITS_FOR_REQUEST = "waits-for-request"
    WAITS_FOR_DAY = "waits-for-day"
    WAITS_FOR_DOSSIER_OVER = "waits-for-dossier-over"
    WAITS_FOR_NUMBER = "waits-for-number"
    WAITS_FOR_CERTIFICATE = "waits-for-certificate"
    WAITS_FOR_SUPPLEMENT = "waits-for-supplement"
    WAITS_FOR_OPERATOR = "waits-for-operator"
    EVENT_INVALID = "event-invalid"
    SOURCE_DIFFERS = "source-differs"
    EVENT_ID_REUSED = "event-id-reused"
    COMMUNE_OF_ANOTHER_PROVINCE = "commune-of-another-province"
    REFERENCE_TAKEN = "reference-taken"
    KIND_NOT_ALLOWED = "kind-not-allowed"
    NO_REGIME = "no-regime"
    CRITERIA_SET_UNKNOWN = "criteria-set-unknown"
    DATES_OUT_OF_ORDER = "dates-out-of-order"
    DOSSIER_NOT_OPEN = "dossier-not-open"
    LEVEL_NOT_ALLOWED = "level-not-allowed"
    ALREADY_SCHEDULED = "already-scheduled"
    SESSION_CLOSED = "session-closed"
    DOSSIER_NOT_IN_SESSION = "dossier-not-in-session"
    NOT_A_MEMBER = "not-a-member"
    MEMBER_DOES_NOT_SCORE = "member-does-not-score"
    SHEET_GIVEN = "sheet-given"
    SESSION_ANNULLED = "session-annulled"
    DECISION_ANNULLED = "decision-annulled"
    DECISION_STANDS = "decision-stands"
    DOSSIER_WITHDRAWN = "dossier-withdrawn"
    CORRECTION_TOO_LATE = "correction-too-late"
    CRITERIA_NOT_HELD = "criteria-not-held"
    RESULT_NOT_IMPORTABLE = "result-not-importable"
    NO_CERTIFICATE = "no-certificate"
    RENEWAL_TOO_EARLY = "renewal-too-early"
    RENEWAL_TOO_LATE = "renewal-too-late"
    SUPPLEMENT_OPEN = "supplement-open"
    SUPPLEMENT_OVER = "supplement-over"
    SUPPLEMENT_TOO_LATE = "supplement-too-late"
    OPTIONS_INVALID = "options-invalid"
    MEMBER_RECUSED = "member-recused"
    MEMBERS_APART = "members-apart"
    RESCORE_MISSING = "rescore-missing"
    MODE_NOT_ALLOWED = "mode-not-allowed"
    MEETING_NEEDED = "meeting-needed"
    MOVED_TO_MEETING = "moved-to-meeting"
    CALENDAR_NOT_SCRIPTED = "calendar-not-scripted"
    AUTHORITY_LACKING = "authority-lacking"
    HOLD_EXPIRED = "hold-expired"
    REFUSED_BY_OPERATOR = "refused-by-operator"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"
    FAULT = "fault"


_WORDS: Mapping[Code, Words] = MappingProxyType(
    {
        Code.ADMITTED: Words("Đã tiếp nhận.", "Admitted."),
        Code.WAITS_FOR_PRODUCER: Words(
            "Chưa có thông tin chủ thể; sự kiện được giữ lại, hãy gửi đăng ký chủ thể.",
            "The producer is not known yet; the event is kept, send the producer's registration.",
        ),
        Code.WAITS_FOR_PRODUCT: Words(
            "Chưa có thông tin sản phẩm; sự kiện được giữ lại, hãy gửi đăng ký sản phẩm.",
            "The product is not known yet; the event is kept, send the product's registration.",
        ),
        Code.WAITS_FOR_DOSSIER: Words(
            "Chưa có hồ sơ này; sự kiện được giữ lại, hãy gửi sự kiện nộp hồ sơ.",
            "The dossier is not known yet; the event is kept, send the filing of the dossier.",
        ),
        Code.WAITS_FOR_COUNCIL: Words(
            "Chưa có hội đồng này; sự kiện được giữ lại, hãy gửi sự kiện thành lập hội đồng.",
            "The council is not known yet; the event is kept, send its formation.",
        ),
        Code.WAITS_FOR_SESSION: Words(
            "Chưa có phiên họp này; sự kiện được giữ lại, hãy gửi lịch họp của hội đồng.",
            "The session is not known yet; the event is kept, send the council's schedule.",
        ),
        Code.WAITS_FOR_CLOSING: Words(
            "Hồ sơ đang ở một phiên chưa kết thúc; lịch mới được giữ lại đến khi có sự kiện kết thúc phiên đó.",
            "The dossier is in a session that has not closed; the new schedule is kept until that closing comes.",
        ),
        Code.WAITS_FOR_SHEETS: Words(
            "Còn thiếu phiếu của thành viên có mặt; việc kết thúc phiên được giữ lại, hãy gửi đủ phiếu.",
            "Sheets of present members are missing; the closing is kept, send the missing sheets.",
        ),
        Code.WAITS_FOR_DECISION: Words(
            "Chưa có quyết định mà sự kiện này nói đến; sự kiện được giữ lại, hãy gửi quyết định.",
            "The decision that this rests on has not come; the event is kept, send the decision.",
        ),
        Code.WAITS_FOR_REQUEST: Words(
            "Chưa có đề nghị cấp này đánh giá hồ sơ; sự kiện được giữ lại, hãy gửi đề nghị của cấp dưới.",
            "This level was not asked to evaluate the dossier yet; the event is kept, send the request from below.",
        ),
        Code.WAITS_FOR_SHEET: Words(
            "Chưa có phiếu cần thay của thành viên này; sự kiện được giữ lại, hãy gửi phiếu ban đầu.",
            "The member's sheet that this one replaces has not come; the event is kept, send the first sheet.",
        ),
        Code.WAITS_FOR_DAY: Words(
            "Ngày ghi trong sự kiện chưa đến; sự kiện được giữ lại đến ngày đó.",
            "The date in the event has not come yet; the event is kept until that day.",
        ),
        Code.WAITS_FOR_DOSSIER_OVER: Words(
            "Sản phẩm còn một hồ sơ chưa xong; hồ sơ mới được giữ lại cho đến khi hồ sơ cũ kết thúc.",
            "The product has a dossier that is not over; the new one is kept until the old one is.",
        ),
        Code.WAITS_FOR_NUMBER: Words(
            "Mã số xã gửi chưa đến lượt, sự kiện được giữ lại; hãy gửi đề nghị đánh giá của sản phẩm mang số đang chờ, "
            "hoặc gửi NumbersCarriedOver nếu các số trước đã cấp trên giấy.",
            "The commune's number is not due yet; it is kept. Send the request for evaluation that bears the one due, "
            "or NumbersCarriedOver where the numbers before it were given on paper.",
        ),
        Code.WAITS_FOR_CERTIFICATE: Words(
            "Đang chờ kết quả xử lý quyết định thu hồi giấy chứng nhận; hồ sơ được giữ lại, không cần gửi lại.",
            "A decision to withdraw the certificate has no answer yet; the dossier is kept, do not send it again.",
        ),
        Code.WAITS_FOR_SUPPLEMENT: Words(
            "Chưa có yêu cầu bổ sung mang mã này; sự kiện được giữ lại, hãy gửi yêu cầu bổ sung.",
            "No supplement was asked for by this reference yet; the event is kept, send the asking.",
        ),
        Code.WAITS_FOR_OPERATOR: Words(
            "Sự kiện cần người vận hành xem xét; hãy liên hệ bộ phận hỗ trợ, không cần gửi lại.",
            "A person must look at the event; contact the support desk, there is no need to send it again.",
        ),
        Code.EVENT_INVALID: Words(
            "Nội dung sự kiện không hợp lệ; hãy sửa trường được nêu và gửi lại với mã sự kiện mới.",
            "The event is not valid; correct the field named and send it again under a new event id.",
        ),
        Code.SOURCE_DIFFERS: Words(
            "Nguồn ghi trong sự kiện không phải đơn vị sở hữu kênh này; hãy gửi qua kênh của đơn vị mình.",
            "The source is not the unit that owns this topic; send the event on your own unit's topic.",
        ),
        Code.EVENT_ID_REUSED: Words(
            "Mã sự kiện đã dùng cho nội dung khác; hãy gửi lại với mã sự kiện mới.",
            "The event id was used for other content; send it again under a new event id.",
        ),
        Code.COMMUNE_OF_ANOTHER_PROVINCE: Words(
            "Xã không thuộc tỉnh của đơn vị gửi; hãy kiểm tra mã xã.",
            "The commune is not in the sender's province; check the commune's code.",
        ),
        Code.REFERENCE_TAKEN: Words(
            "Mã tham chiếu đã được đơn vị dùng; hãy chọn mã khác.",
            "Your unit has already used this reference; choose another.",
        ),
        Code.KIND_NOT_ALLOWED: Words(
            "Đơn vị không được gửi loại sự kiện này; hãy để đơn vị có thẩm quyền gửi.",
            "Your unit may not send this kind of event; the unit in charge must send it.",
        ),
        Code.NO_REGIME: Words(
            "Không có quyết định nào áp dụng cho hồ sơ này; hãy kiểm tra ngày nộp và loại hồ sơ.",
            "No act applies to this dossier; check its filing date and its kind.",
        ),
        Code.CRITERIA_SET_UNKNOWN: Words(
            "Quyết định áp dụng không có bộ tiêu chí của sản phẩm; hãy kiểm tra số của bộ tiêu chí.",
            "The act that applies does not have the product's criteria set here; check the set's number.",
        ),
        Code.DATES_OUT_OF_ORDER: Words(
            "Các ngày không theo đúng thứ tự; hãy kiểm tra ngày được nêu.",
            "The dates are out of order; check the date named.",
        ),
        Code.DOSSIER_NOT_OPEN: Words(
            "Hồ sơ không còn ở bước này; hãy kiểm tra tình trạng hồ sơ.",
            "The dossier is no longer open for this step; check where it stands.",
        ),
        Code.LEVEL_NOT_ALLOWED: Words(
            "Cấp được nêu không phải cấp của đơn vị gửi hoặc không có trong quyết định áp dụng; hãy kiểm tra cấp.",
            "The level is not the sender's, or the act that applies does not have it; check the level.",
        ),
        Code.ALREADY_SCHEDULED: Words(
            "Hồ sơ có tên hai lần trong lịch; hãy gửi lại lịch, mỗi hồ sơ một lần.",
            "The dossier stands twice on the schedule; send the schedule with each dossier once.",
        ),
        Code.SESSION_CLOSED: Words(
            "Phiên họp đã kết thúc; hãy kiểm tra mã phiên.",
            "The session has closed; check which session you mean.",
        ),
        Code.DOSSIER_NOT_IN_SESSION: Words(
            "Hồ sơ không thuộc phiên họp này; hãy kiểm tra mã hồ sơ và mã phiên.",
            "The dossier is not in this session; check the dossier and the session.",
        ),
        Code.NOT_A_MEMBER: Words(
            "Người được nêu không phải thành viên hội đồng; hãy kiểm tra mã thành viên.",
            "The person named is not a member of the council; check the member's id.",
        ),
        Code.MEMBER_DOES_NOT_SCORE: Words(
            "Thành viên này không chấm điểm; hãy kiểm tra vai trò trong hội đồng.",
            "This member does not score; check the role on the council.",
        ),
        Code.SHEET_GIVEN: Words(
            "Thành viên đã nộp phiếu cho hồ sơ này; phiếu đã nộp giữ nguyên.",
            "The member has handed in a sheet for this dossier; that sheet stands.",
        ),
        Code.SESSION_ANNULLED: Words(
            "Phiên họp đã bị hủy đối với hồ sơ này; hãy xếp lịch phiên mới.",
            "The session was annulled over this dossier; schedule a new one.",
        ),
        Code.DECISION_ANNULLED: Words(
            "Quyết định đã bị hủy đối với hồ sơ này; không cần gửi lại.",
            "The decision on this dossier was annulled before; there is no need to send it again.",
        ),
        Code.DECISION_STANDS: Words(
            "Đã có quyết định về hồ sơ; hồ sơ chỉ rút được sau khi cơ quan có thẩm quyền hủy quyết định đó.",
            "An authority has decided on the dossier; it can be withdrawn only after that decision is annulled.",
        ),
        Code.DOSSIER_WITHDRAWN: Words(
            "Chủ thể đã rút hồ sơ; hãy nộp hồ sơ mới nếu cần.",
            "The producer has withdrawn the dossier; file a new one where needed.",
        ),
        Code.CORRECTION_TOO_LATE: Words(
            "Sản phẩm đã có hồ sơ nộp sau; hãy dùng thủ tục thu hồi giấy chứng nhận (Điều 8).",
            "A later dossier of the product was filed; use the procedure of withdrawing a certificate (article 8).",
        ),
        Code.CRITERIA_NOT_HELD: Words(
            "Không chấm được theo phương án; hãy bỏ phiếu hoặc tự đánh giá và làm như sau.",
            "Options cannot be scored here; leave sheets and self-assessment out and do as follows.",
        ),
        Code.RESULT_NOT_IMPORTABLE: Words(
            "Hệ thống có bộ tiêu chí của quyết định áp dụng; hãy gửi lịch họp, phiếu và kết thúc phiên.",
            "The criteria of the act that applies are held here; send the schedule, the sheets and the closing.",
        ),
        Code.SUPPLEMENT_OPEN: Words(
            "Hồ sơ còn một yêu cầu bổ sung chưa xong; hãy gửi việc nhận bổ sung rồi mới gửi yêu cầu mới.",
            "The dossier still waits for a supplement; send its receipt before you ask for another.",
        ),
        Code.SUPPLEMENT_OVER: Words(
            "Yêu cầu bổ sung này đã kết thúc; hãy kiểm tra mã, hoặc gửi yêu cầu mới nếu còn thiếu giấy tờ.",
            "This supplement is over; check the reference, or ask anew where papers are still missing.",
        ),
        Code.SUPPLEMENT_TOO_LATE: Words(
            "Cấp này đã có kết quả hoặc quyết định về hồ sơ; còn phiên họp chưa bị hủy thì phải hủy phiên trước.",
            "This level has found or decided on the dossier; a sitting that stands has to be annulled first.",
        ),
        Code.NO_CERTIFICATE: Words(
            "Sản phẩm không có giấy chứng nhận; hãy nộp hồ sơ lần đầu, hoặc nêu giấy đã cấp trước đây (renews).",
            "The product has no certificate; file a first dossier, or name the one issued earlier (renews).",
        ),
        Code.RENEWAL_TOO_EARLY: Words(
            "Chưa đến thời gian nộp hồ sơ đánh giá lại (điểm a khoản 6 Điều 7); hãy nộp lại khi đến ngày.",
            "It is too early to file for renewal (article 7.6.a); file again when the day has come.",
        ),
        Code.RENEWAL_TOO_LATE: Words(
            "Đã quá thời gian đánh giá lại sau ngày hết hạn (khoản 3 Điều 12); hãy nộp hồ sơ lần đầu.",
            "The time for renewal after the certificate's end is over (article 12.3); file a first dossier.",
        ),
        Code.OPTIONS_INVALID: Words(
            "Phương án chọn không hợp với bộ tiêu chí; hãy sửa các tiêu chí được nêu.",
            "The options do not fit the criteria set; correct the criteria named.",
        ),
        Code.MEMBER_RECUSED: Words(
            "Thành viên đã rút khỏi việc đánh giá hồ sơ này; phiếu của người đó không được tính.",
            "The member is recused from this dossier; a sheet of that member does not count.",
        ),
        Code.MEMBERS_APART: Words(
            "Điểm của các thành viên lệch quá giới hạn; hãy thảo luận, gửi phiếu thay thế rồi kết thúc phiên lại.",
            "Members' totals lie too far apart; discuss, send superseding sheets, then close the session again.",
        ),
        Code.RESCORE_MISSING: Words(
            "Chưa có phiếu thay thế nào từ lần kết thúc phiên trước; hãy chấm lại rồi kết thúc phiên.",
            "No sheet was superseded since the closing that was refused; score again, then close.",
        ),
        Code.MODE_NOT_ALLOWED: Words(
            "Quyết định áp dụng không cho lấy ý kiến bằng văn bản với loại hồ sơ này; hãy xếp lịch họp.",
            "The act that applies has no written opinion for this kind of dossier; schedule a meeting.",
        ),
        Code.MEETING_NEEDED: Words(
            "Ý kiến bằng văn bản lệch nhau quá giới hạn; hãy xếp lịch họp trực tiếp rồi kết thúc phiên này lại.",
            "Written opinions differ too much; schedule a meeting, then close what is left of this session.",
        ),
        Code.MOVED_TO_MEETING: Words(
            "Hồ sơ đã chuyển từ lấy ý kiến bằng văn bản sang họp; hãy dùng mã của phiên họp.",
            "The dossier went from written opinion to a meeting; name the meeting's session.",
        ),
        Code.CALENDAR_NOT_SCRIPTED: Words(
            "Hệ thống đang chạy theo ngày thật; không nhận sự kiện mở ngày.",
            "This pipeline follows the real calendar; it takes no event that starts a day.",
        ),
        Code.AUTHORITY_LACKING: Words(
            "Đơn vị gửi không có thẩm quyền đối với đối tượng được nêu; hãy kiểm tra đơn vị và mã.",
            "The sender has no authority over what is named; check the unit and the reference.",
        ),
        Code.HOLD_EXPIRED: Words(
            "Đã hết thời hạn chờ thông tin còn thiếu; hãy gửi thông tin đó rồi gửi lại với mã sự kiện mới.",
            "What the event waited for did not come in time; send that, then send this under a new event id.",
        ),
        Code.REFUSED_BY_OPERATOR: Words(
            "Người vận hành đã xem xét và không tiếp nhận sự kiện đang chờ; hãy liên hệ bộ phận hỗ trợ.",
            "An operator looked at the event that waited and did not let it in; contact the support desk.",
        ),
        Code.DUPLICATE: Words(
            "Sự kiện này đã được nhận trước đó; không có gì thay đổi.",
            "This event was received before; nothing changed.",
        ),
        Code.UNREADABLE: Words(
            "Không đọc được bản tin; hãy kiểm tra định dạng CloudEvents và JSON rồi gửi lại.",
            "The record could not be read; check its CloudEvents and JSON format and send it again.",
        ),
        Code.FAULT: Words(
            "Hệ thống gặp lỗi khi xử lý sự kiện; người vận hành sẽ xem xét, không cần gửi lại.",
            "The system failed on this event; an operator will look at it, there is no need to send it again.",
        ),
    }
)

WORDS_CHARACTERS_MAX = 3900


def words(code: Code, detail: Words | None = None) -> Words:
    """The sentence of `code`, followed by `detail`; cut at `WORDS_CHARACTERS_MAX` so that a receipt can carry it."""
    sentence = _WORDS[code]
    if detail is None:
        return sentence
    return Words(_cut(f"{sentence.vi} {detail.vi}"), _cut(f"{sentence.en} {detail.en}"))


def refused(code: Code, field: str | None = None, detail: Words | None = None) -> Refused:
    """The refusal `code` at the field path `field`, in words."""
    return Refused(code, words(code, detail), field)


def code_of(held: Held) -> Code:
    """The code of a hold, by the kind of what it waits for: `product:01/SP-7` is `waits-for-product`."""
    return Code(f"waits-for-{held.waits_for.partition(':')[0]}")


def _cut(text: str) -> str:
    return text if len(text) <= WORDS_CHARACTERS_MAX else text[: WORDS_CHARACTERS_MAX - 1] + "…"
