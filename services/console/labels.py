"""The words of the pages, in Vietnamese: one short label for each closed list."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from services.console.domain.standing import Alarm, Stage, Status

STATUSES: Mapping[Status, str] = MappingProxyType(
    {
        Status.REGISTERED: "Chưa nộp hồ sơ",
        Status.FILED: "Đã nộp hồ sơ",
        Status.AT_COMMUNE: "Xã đang xem xét",
        Status.RETURNED: "Xã trả lại hồ sơ",
        Status.AT_DISTRICT: "Chờ hội đồng huyện",
        Status.AT_PROVINCE: "Chờ hội đồng tỉnh",
        Status.SESSION_SET: "Đã xếp lịch họp",
        Status.SCORED: "Đã có kết quả hội đồng",
        Status.ELIGIBLE: "Đủ điều kiện lên cấp trên",
        Status.FORWARDED: "Đã gửi cấp trên",
        Status.AT_CENTRE: "Chờ hội đồng trung ương",
        Status.RECOGNISED_3: "Công nhận 3 sao",
        Status.RECOGNISED_4: "Công nhận 4 sao",
        Status.RECOGNISED_5: "Công nhận 5 sao",
        Status.ENDED: "Kết thúc, không cấp giấy",
        Status.CERTIFICATE_ENDED: "Giấy chứng nhận hết hạn",
        Status.CERTIFICATE_WITHDRAWN: "Bị thu hồi giấy chứng nhận",
        Status.WITHDRAWN: "Chủ thể rút hồ sơ",
    }
)

ALARMS: Mapping[Alarm, str] = MappingProxyType(
    {
        Alarm.DECISION_HELD: "Quyết định bị giữ",
        Alarm.TASK_OPEN: "Chờ cấp dưới quyết định",
        Alarm.OVERDUE: "Quá hạn",
        Alarm.ANNULMENT_DUE: "Chờ hủy quyết định",
        Alarm.OLD_RULES_ENDED: "Hết hạn quy định cũ",
        Alarm.WITHDRAWAL_DUE: "Chờ thu hồi giấy",
        Alarm.SUPPLEMENT_OPEN: "Chờ bổ sung",
    }
)

STAGES: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.REGISTERED: "Chưa nộp",
        Stage.COMMUNE: "Tại xã",
        Stage.DISTRICT: "Tại huyện",
        Stage.PROVINCE: "Tại tỉnh",
        Stage.CENTRAL: "Trung ương",
        Stage.RECOGNISED_3: "3 sao",
        Stage.RECOGNISED_4: "4 sao",
        Stage.RECOGNISED_5: "5 sao",
        Stage.OVER: "Đã khép lại",
    }
)

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "dossiers": "Hồ sơ",
        "scores": "Kết quả chấm",
        "promotions": "Thăng hạng",
        "notices": "Thông báo",
        "dead-letters": "Bản ghi lỗi",
    }
)

LEVELS: Mapping[str, str] = MappingProxyType(
    {"commune": "cấp xã", "district": "cấp huyện", "province": "cấp tỉnh", "central": "cấp trung ương"}
)

RECIPIENTS: Mapping[str, str] = MappingProxyType(
    {
        "producer": "chủ thể OCOP",
        "commune": "Ủy ban nhân dân cấp xã",
        "province": "cơ quan tham mưu quản lý OCOP cấp tỉnh",
    }
)

NOTICE_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "returned": "trả lại hồ sơ",
        "recognised": "công nhận",
        "forwarded": "gửi lên cấp trên",
        "ended": "kết thúc hồ sơ",
        "central_result": "kết quả trung ương",
        "annulled": "đính chính",
        "withdrawn": "rút hồ sơ",
        "renewal_reminder": "nhắc nộp hồ sơ đánh giá lại",
        "certificate_withdrawn": "thu hồi giấy chứng nhận",
        "certificate_extended": "giấy chứng nhận còn giá trị trong khi đánh giá lại",
        "certificate_ended": "giấy chứng nhận hết giá trị",
        "supplement_asked": "đề nghị bổ sung hồ sơ",
        "round_missed": "đề nghị đến sau hạn, chuyển đợt",
    }
)

DOSSIER_KINDS: Mapping[str, str] = MappingProxyType(
    {"first": "lần đầu", "upgrade": "nâng hạng", "renewal": "đánh giá lại"}
)

CONTRADICTIONS: Mapping[str, str] = MappingProxyType(
    {
        "stars_differ": "số sao khác kết quả đã tính",
        "authority_lacking": "không đúng thẩm quyền",
        "kind_not_open": "loại quyết định chưa mở",
        "not_eligible": "chưa đủ điều kiện",
        "dossier_over": "hồ sơ đã khép lại",
        "request_not_open": "chưa thể đề nghị cấp trên",
        "no_certificate": "không có giấy chứng nhận đang hiệu lực",
    }
)

DECISIONS: Mapping[str, str] = MappingProxyType(
    {
        "recognise": "công nhận",
        "approve_for_central": "phê duyệt để gửi trung ương",
        "approve_for_province": "phê duyệt để gửi tỉnh",
        "end_without_certificate": "kết thúc, không cấp giấy chứng nhận",
    }
)

TASKS: Mapping[str, str] = MappingProxyType(
    {
        "decide_on_central_result": "tỉnh quyết định theo kết quả trung ương",
        "decide_on_result_above": "cấp dưới quyết định theo kết quả cấp trên",
        "old_rules_ended": "hồ sơ nộp theo quy định cũ đã quá hạn mà chưa xong",
        "stage_overdue": "xử lý bước đã quá hạn",
        "due_day_unknown": "chờ công bố lịch ngày làm việc để tính thời hạn",
        "withdraw_certificate": "thu hồi giấy chứng nhận",
        "withdrawal_overdue": "thu hồi giấy chứng nhận đã quá hạn",
        "annul_decision": "hủy quyết định dựa trên phiên họp hoặc quyết định đã bị hủy",
    }
)

ENDS: Mapping[str, str] = MappingProxyType(
    {
        "expired": "hết 36 tháng",
        "superseded": "đã có giấy chứng nhận mới",
        "not_renewed": "đánh giá lại không được công nhận",
        "extension_over": "hết thời gian kéo dài",
    }
)

SUPPLEMENTS: Mapping[str, str] = MappingProxyType(
    {"received": "đã nhận giấy tờ bổ sung", "overtaken": "không chờ nữa, chưa nhận bổ sung"}
)

EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {"filed_late": "hồ sơ đánh giá lại nộp muộn", "undecided": "hồ sơ đánh giá lại chưa có kết quả"}
)

GROUNDS: Mapping[str, str] = MappingProxyType(
    {
        "untrue_information": "thông tin không trung thực hoặc hồ sơ giả mạo",
        "criteria_not_met": "không còn đáp ứng tiêu chí",
        "law_breached": "vi phạm quy định pháp luật",
        "mark_misused": "dùng nhãn hiệu OCOP không đúng",
        "production_stopped": "không còn sản xuất",
        "other": "trường hợp khác",
    }
)

VOIDED: Mapping[str, str] = MappingProxyType(
    {
        "quorum_missed": "không đủ số thành viên",
        "chair_absent": "vắng chủ tịch",
        "sheets_missing": "người có mặt không nộp phiếu",
    }
)

SETTLED: Mapping[str, str] = MappingProxyType(
    {
        "redriven": "đã xử lý lại",
        "skipped": "đã bỏ qua",
        "superseded": "đã thay bằng sự kiện khác",
        "overtaken": "không còn cần xử lý",
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "headers-unreadable": "Không đọc được phần đầu bản ghi",
        "attribute-missing": "Thiếu thuộc tính của sự kiện",
        "attribute-invalid": "Thuộc tính của sự kiện không đúng",
        "body-empty": "Bản ghi không có nội dung",
        "body-unreadable": "Không đọc được nội dung",
        "body-invalid": "Nội dung không đúng mẫu",
        "type-unknown": "Không có loại sự kiện này",
        "key-differs": "Khóa không khớp đối tượng",
        "too-large": "Bản ghi quá lớn",
        "fault": "Lỗi của hệ thống",
    }
)

HOLDS: Mapping[str, str] = MappingProxyType(
    {
        "gap": "chờ sự kiện đứng trước",
        "waits": "chờ thông tin còn thiếu",
        "dead": "chờ xử lý bản ghi lỗi",
    }
)
