"""The exact words of each kind of notice."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.notification.domain.facts import (
    Annulled,
    Basis,
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    Ended,
    Forwarded,
    Particulars,
    Recognised,
    RenewalReminder,
    Returned,
    RoundMissed,
    SupplementAsked,
    Withdrawn,
)
from services.notification.domain.notices import Role
from services.notification.words.letter import Letter, citations, render

ACT = "26/2026/QĐ-TTg"
NOTICE = UUID("01900000-0000-8000-8000-00000000000a")


def letter(particulars: Particulars, role: Role = "producer", producer: str | None = "Hợp tác xã Mẫu") -> Letter:
    return Letter(
        notice_id=NOTICE,
        role=role,
        recipient_name="Hợp tác xã Mẫu" if role == "producer" else "UBND xã Đức Trọng",
        producer_name=producer,
        product_name="Cà phê rang xay",
        unit="68",
        particulars=particulars,
    )


RETURNED = Returned(date(2026, 6, 12), "Thiếu phiếu kiểm nghiệm", Basis(ACT, ("7.2",)))
FORWARDED = Forwarded(date(2026, 7, 2), "1251/QĐ-UBND", Basis(ACT, ("6.3", "7.3.e")))
RECOGNISED = Recognised(
    date(2026, 6, 28), "province", 4, "1250/QĐ-UBND", date(2029, 6, 28), Basis(ACT, ("4.1.a", "4.3"))
)
ENDED = Ended(date(2026, 6, 28), "province", 2, "310/TB-UBND", Basis(ACT, ("4.1.a",)))
ANNULLED = Annulled(
    date(2026, 9, 5), "recognised", "1250/QĐ-UBND", "1301/QĐ-UBND", "Sai quy định", Basis(ACT, ("10.1.b",))
)
WITHDRAWN = Withdrawn(date(2026, 9, 5), "Chủ thể đề nghị", Basis(ACT, ()))

REMINDER = RenewalReminder(
    date(2029, 2, 21), date(2029, 2, 21), date(2029, 4, 22), date(2029, 8, 20), Basis(ACT, ("7.6.a",))
)
TAKEN = CertificateWithdrawn(date(2027, 6, 10), "province", "law_breached", "9/QĐ-UBND", Basis(ACT, ("8.1.c", "8.2.a")))
EXTENDED = CertificateExtended(date(2029, 8, 20), date(2030, 2, 16), Basis(ACT, ("12.3",)))
OVER = CertificateEnded(date(2029, 8, 20), Basis(ACT, ("4.3",)))

ASKED = SupplementAsked(
    date(2026, 6, 24),
    "province",
    "210/VPĐP",
    ("Phiếu kiểm nghiệm còn hiệu lực", "Ảnh nhãn sản phẩm"),
    Basis(ACT, ("7.3.a",)),
)

LATE = RoundMissed(
    fact_on=date(2026, 10, 30),
    level="province",
    missed=2,
    requests_until=date(2026, 10, 29),
    number=1,
    ends_on=date(2027, 6, 29),
    basis=Basis(ACT, ("5.1",)),
)
LATE_ABOVE = RoundMissed(
    fact_on=date(2026, 7, 30),
    level="central",
    missed=1,
    requests_until=date(2026, 7, 29),
    number=2,
    ends_on=date(2027, 3, 29),
    basis=Basis(ACT, ("5.2",)),
)

ROLES: tuple[Role, ...] = ("producer", "commune", "province")

FOOT = """
Nơi gửi: Hệ thống thông tin OCOP tỉnh Lâm Đồng, phục vụ cơ quan tham mưu quản lý OCOP cấp tỉnh.
Mã thông báo: 01900000-0000-8000-8000-00000000000a
Thư được gửi tự động. Văn bản do cơ quan có thẩm quyền ban hành là căn cứ pháp lý.
"""


def test_a_returned_dossier_in_words_for_its_producer() -> None:
    rendered = render(letter(RETURNED))

    assert rendered.subject == "Trả lại hồ sơ sản phẩm OCOP “Cà phê rang xay”"
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Ngày 12/06/2026, Ủy ban nhân dân cấp xã đã trả lại hồ sơ đăng ký đánh giá, phân hạng sản phẩm “Cà phê rang xay” của quý vị.

Lý do: Thiếu phiếu kiểm nghiệm

Việc tiếp theo: quý vị hoàn thiện hồ sơ theo lý do nêu trên và nộp lại tại Ủy ban nhân dân cấp xã. Hồ sơ nộp lại được tiếp nhận như hồ sơ mới.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, khoản 2 Điều 7.
"""  # noqa: E501
        + FOOT
    )


def test_a_returned_dossier_in_words_for_the_commune() -> None:
    rendered = render(letter(RETURNED, "commune"))

    assert rendered.body == (
        """Kính gửi: UBND xã Đức Trọng

Ngày 12/06/2026, quý cơ quan đã trả lại hồ sơ đăng ký đánh giá, phân hạng sản phẩm “Cà phê rang xay” của Hợp tác xã Mẫu.

Lý do đã ghi nhận: Thiếu phiếu kiểm nghiệm

Chủ thể OCOP cũng được thông báo. Việc tiếp theo: đề nghị quý cơ quan hướng dẫn chủ thể hoàn thiện hồ sơ và tiếp nhận khi chủ thể nộp lại.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, khoản 2 Điều 7.
"""  # noqa: E501
        + FOOT
    )


def test_a_request_too_late_for_a_round_in_words_for_its_producer() -> None:
    rendered = render(letter(LATE))

    assert rendered.subject == "Sản phẩm OCOP “Cà phê rang xay” chuyển sang đợt đánh giá sau, chậm nhất ngày 29/06/2027"
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Ngày 30/10/2026, Ủy ban nhân dân cấp xã đề nghị đánh giá sản phẩm “Cà phê rang xay” của quý vị ở cấp tỉnh. Đợt 2 chỉ nhận đề nghị đến hết ngày 29/10/2026, nên đề nghị này đến sau hạn.

Sản phẩm được chuyển sang đợt 1, đánh giá chậm nhất ngày 29/06/2027; có thể sớm hơn nếu cấp tỉnh tổ chức thêm đợt.

Việc tiếp theo: quý vị không phải nộp lại hồ sơ, chỉ chờ kết quả và chuẩn bị tài liệu bổ sung khi có yêu cầu.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, khoản 1 Điều 5.
"""  # noqa: E501
        + FOOT
    )


def test_a_commune_s_late_request_in_words_for_commune_and_province() -> None:
    commune, province = (render(letter(LATE, role)).body for role in ("commune", "province"))

    assert (
        "Ngày 30/10/2026, quý cơ quan đề nghị đánh giá sản phẩm “Cà phê rang xay” của Hợp tác xã Mẫu ở cấp tỉnh."
    ) in commune
    assert "Việc tiếp theo: quý cơ quan không phải gửi lại đề nghị." in commune
    assert "Ngày 30/10/2026, Ủy ban nhân dân cấp xã đề nghị đánh giá sản phẩm “Cà phê rang xay”" in province
    assert "Việc tiếp theo: quý cơ quan xếp hồ sơ vào kế hoạch của đợt 1." in province


def test_a_province_s_late_request_in_words_for_all_three() -> None:
    producer, commune, province = (render(letter(LATE_ABOVE, role)).body for role in ROLES)

    for body in (producer, commune):
        assert "Ngày 30/07/2026, Ủy ban nhân dân tỉnh Lâm Đồng đề nghị đánh giá sản phẩm “Cà phê rang xay”" in body
    assert "Ngày 30/07/2026, quý tỉnh đề nghị đánh giá sản phẩm “Cà phê rang xay”" in province
    for body in (producer, commune, province):
        assert "Đợt 1 chỉ nhận đề nghị đến hết ngày 29/07/2026" in body
        assert "chuyển sang đợt 2, đánh giá chậm nhất ngày 29/03/2027; có thể sớm hơn nếu cấp trung ương" in body
        assert "Căn cứ: Quyết định số 26/2026/QĐ-TTg, khoản 2 Điều 5." in body
        assert unicodedata.is_normalized("NFC", body)
    assert "Hội đồng cấp trung ương" in province


def test_a_dossier_to_be_completed_in_words_for_its_producer() -> None:
    rendered = render(letter(ASKED))

    assert rendered.subject == "Đề nghị bổ sung hồ sơ sản phẩm OCOP “Cà phê rang xay”"
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Ngày 24/06/2026, cơ quan tham mưu quản lý OCOP của tỉnh Lâm Đồng đã xem hồ sơ đăng ký đánh giá, phân hạng sản phẩm “Cà phê rang xay” của quý vị và thấy còn thiếu (văn bản số 210/VPĐP):

- Phiếu kiểm nghiệm còn hiệu lực
- Ảnh nhãn sản phẩm

Hồ sơ đang chờ quý vị. Việc tiếp theo: quý vị nộp đủ các giấy tờ nêu trên cho cơ quan tham mưu quản lý OCOP của tỉnh Lâm Đồng; nếu chưa rõ, quý vị hỏi Ủy ban nhân dân cấp xã nơi nộp hồ sơ.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, điểm a khoản 3 Điều 7.
"""  # noqa: E501
        + FOOT
    )


def test_a_dossier_to_be_completed_in_words_for_the_commune() -> None:
    body = render(letter(ASKED, "commune")).body

    assert (
        "của Hợp tác xã Mẫu và thấy còn thiếu (văn bản số 210/VPĐP):\n\n- Phiếu kiểm nghiệm còn hiệu lực\n- Ảnh" in body
    )
    assert "Chủ thể OCOP cũng được thông báo. Việc tiếp theo: đề nghị quý cơ quan hướng dẫn chủ thể" in body


@pytest.mark.parametrize(
    ("level", "office"),
    [
        ("commune", "Ủy ban nhân dân cấp xã"),
        ("district", "Ủy ban nhân dân cấp huyện (tỉnh Lâm Đồng)"),
        ("central", "cơ quan tham mưu quản lý OCOP của Bộ Nông nghiệp và Môi trường"),
    ],
)
def test_the_office_that_asks_is_the_level_s(level: str, office: str) -> None:
    asked = SupplementAsked(date(2026, 6, 24), level, "210/VPĐP", ("Ảnh",), Basis(ACT, ()))

    assert f"Ngày 24/06/2026, {office} đã xem hồ sơ" in render(letter(asked)).body


def test_a_forwarded_dossier_in_words_for_its_producer() -> None:
    rendered = render(letter(FORWARDED))

    assert rendered.subject == "Sản phẩm OCOP “Cà phê rang xay” được đề nghị đánh giá, phân hạng ở cấp trung ương"
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Sản phẩm “Cà phê rang xay” của quý vị có kết quả đủ điều kiện để cấp trung ương đánh giá, phân hạng. Chủ tịch Ủy ban nhân dân tỉnh Lâm Đồng đã phê duyệt kết quả đánh giá theo Quyết định số 1251/QĐ-UBND.

Ngày 02/07/2026, Ủy ban nhân dân tỉnh Lâm Đồng đã đề nghị Bộ Nông nghiệp và Môi trường đánh giá, phân hạng sản phẩm.

Đây chưa phải là quyết định công nhận. Việc tiếp theo: quý vị chờ kết quả của Hội đồng cấp trung ương và chuẩn bị sản phẩm mẫu, tài liệu bổ sung khi có yêu cầu.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, khoản 3 Điều 6; điểm e khoản 3 Điều 7.
"""  # noqa: E501
        + FOOT
    )


def test_a_recognised_product_in_words_for_its_producer() -> None:
    rendered = render(letter(RECOGNISED))

    assert rendered.subject == "Sản phẩm OCOP “Cà phê rang xay” được công nhận đạt 4 sao"
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Sản phẩm “Cà phê rang xay” của quý vị được công nhận là sản phẩm OCOP đạt 4 sao.

Quyết định số 1250/QĐ-UBND ngày 28/06/2026 của Chủ tịch Ủy ban nhân dân tỉnh Lâm Đồng.
Giấy chứng nhận có giá trị đến ngày 28/06/2029.

Việc tiếp theo: quý vị duy trì chất lượng sản phẩm trong suốt thời hạn của giấy chứng nhận và nộp hồ sơ đánh giá lại tại Ủy ban nhân dân cấp xã trước khi giấy chứng nhận hết hạn. Khi sản phẩm phát triển hơn, quý vị có thể đăng ký đánh giá, nâng hạng.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, điểm a khoản 1 Điều 4; khoản 3 Điều 4.
"""  # noqa: E501
        + FOOT
    )


def test_an_ended_dossier_in_words_for_the_commune() -> None:
    rendered = render(letter(ENDED, "commune"))

    assert rendered.subject == "Kết quả đánh giá, phân hạng sản phẩm OCOP “Cà phê rang xay”"
    assert rendered.body == (
        """Kính gửi: UBND xã Đức Trọng

Sản phẩm “Cà phê rang xay” của Hợp tác xã Mẫu, do quý cơ quan đề nghị đánh giá, được xếp hạng 2 sao. Theo quy định, sản phẩm 1 sao và 2 sao không được cấp giấy chứng nhận.

Văn bản số 310/TB-UBND ngày 28/06/2026.

Chủ thể OCOP cũng được thông báo. Việc tiếp theo: đề nghị quý cơ quan hỗ trợ chủ thể hoàn thiện sản phẩm để nộp hồ sơ mới.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, điểm a khoản 1 Điều 4.
"""  # noqa: E501
        + FOOT
    )


def test_a_correction_in_words_for_the_producer_of_a_product_that_had_been_recognised() -> None:
    rendered = render(letter(ANNULLED))

    assert rendered.subject == "Đính chính thông báo về sản phẩm OCOP “Cà phê rang xay”"
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Thông báo trước đây về việc công nhận sản phẩm OCOP đối với sản phẩm “Cà phê rang xay” của quý vị, theo Quyết định số 1250/QĐ-UBND, không còn giá trị.

Văn bản số 1301/QĐ-UBND ngày 05/09/2026 đã hủy kết quả đó. Lý do: Sai quy định

Giấy chứng nhận cấp theo quyết định nêu trên không còn hiệu lực. Việc tiếp theo: quý vị không phải nộp lại hồ sơ; cơ quan có thẩm quyền sẽ xem xét lại và thông báo kết quả.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, điểm b khoản 1 Điều 10.
"""  # noqa: E501
        + FOOT
    )


def test_a_withdrawn_dossier_in_words_for_the_commune() -> None:
    rendered = render(letter(WITHDRAWN, "commune"))

    assert rendered.subject == "Rút hồ sơ sản phẩm OCOP “Cà phê rang xay”"
    assert rendered.body == (
        """Kính gửi: UBND xã Đức Trọng

Ngày 05/09/2026, hồ sơ đăng ký đánh giá, phân hạng sản phẩm “Cà phê rang xay” của Hợp tác xã Mẫu đã được rút theo đề nghị của chủ thể OCOP.

Lý do đã ghi nhận: Chủ thể đề nghị

Chủ thể OCOP cũng được thông báo. Việc tiếp theo: quý cơ quan không phải làm gì thêm với hồ sơ này.

Căn cứ: Quyết định số 26/2026/QĐ-TTg.
"""  # noqa: E501
        + FOOT
    )


def test_five_stars_are_the_ministers_decision_and_leave_nothing_higher_to_ask_for() -> None:
    centre = Recognised(date(2026, 9, 20), "central", 5, "88/QĐ-BNNMT", date(2029, 9, 20), Basis(ACT, ("4.1.b",)))

    body = render(letter(centre)).body

    assert "88/QĐ-BNNMT ngày 20/09/2026 của Bộ trưởng Bộ Nông nghiệp và Môi trường." in body
    assert "nâng hạng" not in body


def test_a_product_struck_out_is_not_said_to_have_stars() -> None:
    body = render(letter(Ended(date(2026, 6, 28), "province", None, "310/TB-UBND", Basis(ACT, ("3.3",))))).body

    assert "Hội đồng không xếp hạng sản phẩm “Cà phê rang xay” của quý vị" in body
    assert " sao" not in body


@pytest.mark.parametrize("particulars", [RETURNED, FORWARDED, RECOGNISED, ENDED])
def test_a_commune_is_told_even_where_the_producers_name_is_not_known(particulars: Particulars) -> None:
    body = render(letter(particulars, "commune", producer=None)).body

    assert "Kính gửi: UBND xã Đức Trọng" in body
    assert "None" not in body


def test_a_name_with_line_breaks_forges_neither_header_nor_paragraph() -> None:
    forged = Letter(NOTICE, "producer", "HTX\r\nBcc: a@example.vn", None, "Cà phê\n\nCăn cứ: giả", "68", RETURNED)

    rendered = render(forged)

    assert "\n" not in rendered.subject
    assert "Kính gửi: HTX Bcc: a@example.vn\n" in rendered.body
    assert rendered.body.count("\nCăn cứ:") == 1


def test_articles_are_cited_as_acts_cite_them() -> None:
    assert citations(("7.3.g", "4.3", "12", "5.1, 5.2", "not in the act")) == (
        "điểm g khoản 3 Điều 7; khoản 3 Điều 4; Điều 12; khoản 1 Điều 5; khoản 2 Điều 5"
    )


def test_a_reminder_tells_the_first_and_the_last_day_of_filing() -> None:
    rendered = render(letter(REMINDER))

    assert rendered.subject == (
        "Nhắc nộp hồ sơ đánh giá lại sản phẩm OCOP “Cà phê rang xay”, chậm nhất ngày 22/04/2029"
    )
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Giấy chứng nhận OCOP của sản phẩm “Cà phê rang xay” có giá trị đến hết ngày 20/08/2029.

Nếu quý vị muốn được đánh giá lại, hồ sơ nộp tại Ủy ban nhân dân cấp xã từ ngày 21/02/2029 đến hết ngày 22/04/2029.

Việc tiếp theo: quý vị chuẩn bị phiếu đăng ký, báo cáo tự đánh giá và những nội dung đã thay đổi của sản phẩm, rồi nộp trong thời gian trên. Nếu đã nộp hồ sơ, quý vị không phải làm gì thêm.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, điểm a khoản 6 Điều 7.
"""  # noqa: E501
        + FOOT
    )


def test_a_withdrawal_tells_ground_number_and_day() -> None:
    rendered = render(letter(TAKEN))

    assert rendered.subject == "Thu hồi giấy chứng nhận sản phẩm OCOP “Cà phê rang xay”"
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Giấy chứng nhận OCOP của sản phẩm “Cà phê rang xay” của quý vị bị thu hồi từ ngày 10/06/2027.

Quyết định số 9/QĐ-UBND của Chủ tịch Ủy ban nhân dân tỉnh Lâm Đồng. Lý do: sản phẩm vi phạm quy định pháp luật.

Việc tiếp theo: quý vị ngừng dùng nhãn hiệu OCOP và giấy chứng nhận này cho sản phẩm; khi khắc phục xong, quý vị có thể nộp hồ sơ lần đầu tại Ủy ban nhân dân cấp xã.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, điểm c khoản 1 Điều 8; điểm a khoản 2 Điều 8.
"""  # noqa: E501
        + FOOT
    )


@pytest.mark.parametrize(("level", "authority"), [("province", "Chủ tịch"), ("central", "Bộ trưởng")])
@pytest.mark.parametrize(
    "ground",
    ["untrue_information", "criteria_not_met", "law_breached", "mark_misused", "production_stopped", "other"],
)
def test_the_commune_hears_of_each_ground_and_whose_decision_it_is(ground: str, level: str, authority: str) -> None:
    taken = CertificateWithdrawn(date(2027, 6, 10), level, ground, "9/QĐ", Basis(ACT, ("8.1",)))

    body = render(letter(taken, "commune")).body

    assert f"Quyết định số 9/QĐ của {authority}" in body
    assert unicodedata.is_normalized("NFC", body)


def test_the_commune_is_asked_to_guide_the_renewal() -> None:
    assert "từ ngày 21/02/2029 đến hết ngày 22/04/2029" in render(letter(REMINDER, "commune")).body


def test_an_extension_tells_how_long_the_certificate_may_stay_valid() -> None:
    rendered = render(letter(EXTENDED))

    assert rendered.subject == "Giấy chứng nhận sản phẩm OCOP “Cà phê rang xay” còn giá trị trong khi đánh giá lại"
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Giấy chứng nhận OCOP của sản phẩm “Cà phê rang xay” của quý vị ghi thời hạn đến hết ngày 20/08/2029. Vì hồ sơ đánh giá lại đang được xem xét, giấy còn giá trị cho đến khi có kết quả, nhưng không quá ngày 16/02/2030.

Việc tiếp theo: quý vị tiếp tục dùng giấy chứng nhận này và chờ kết quả; hệ thống sẽ thông báo khi có kết quả.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, khoản 3 Điều 12.
"""  # noqa: E501
        + FOOT
    )


def test_the_end_of_a_certificate_tells_its_last_day_and_what_to_do() -> None:
    rendered = render(letter(OVER))

    assert rendered.subject == "Giấy chứng nhận sản phẩm OCOP “Cà phê rang xay” hết giá trị sau ngày 20/08/2029"
    assert rendered.body == (
        """Kính gửi: Hợp tác xã Mẫu

Giấy chứng nhận OCOP của sản phẩm “Cà phê rang xay” của quý vị có giá trị đến hết ngày 20/08/2029 và nay đã hết giá trị.

Việc tiếp theo: quý vị ngừng dùng giấy chứng nhận này và nhãn hiệu OCOP cho sản phẩm. Nếu muốn sản phẩm được đánh giá lại, quý vị liên hệ Ủy ban nhân dân cấp xã để được hướng dẫn loại hồ sơ phải nộp.

Căn cứ: Quyết định số 26/2026/QĐ-TTg, khoản 3 Điều 4.
"""  # noqa: E501
        + FOOT
    )


@pytest.mark.parametrize("particulars", [EXTENDED, OVER])
def test_the_commune_hears_whose_certificate_it_is(particulars: CertificateExtended | CertificateEnded) -> None:
    body = render(letter(particulars, "commune")).body

    assert "sản phẩm “Cà phê rang xay” của Hợp tác xã Mẫu" in body
    assert "đến hết ngày 20/08/2029" in body


@pytest.mark.parametrize("role", ["producer", "commune"])
def test_a_correction_says_that_the_earlier_certificate_is_valid_again(role: Role) -> None:
    again = "Giấy chứng nhận được cấp trước đó lại có giá trị, đến hết thời hạn của giấy."

    assert again in render(letter(replace(ANNULLED, restored=True), role)).body
    assert again not in render(letter(ANNULLED, role)).body
