"""What the console and the letters say of a dossier that climbs a ladder with districts."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.console.domain.standing import Alarm, Stage, Status, standing
from services.console.domain.story import State
from services.console.handlers import pipeline as console
from services.console.telling import tell
from services.evaluation.handlers import pipeline as evaluation
from services.notification.domain.facts import Annulled, Basis, Ended, Forwarded, Particulars, Recognised
from services.notification.domain.notices import Role
from services.notification.handlers import pipeline as notification
from services.notification.words.letter import Letter, Rendered, render
from services.promotion.handlers import pipeline as promotion
from shared.contracts.topics import CONTACTS, DEAD_LETTERS
from tests.golden.test_older_ladders import editions
from tests.support.interleavings import Replica, run
from tests.support.older_ladders import Said, decided, filed, imported, logs, to_province
from tests.support.registration import rules

SUBJECT = "01900000-0000-8000-8000-0000000000aa"
SAID: tuple[Said, ...] = (
    *filed(date(2024, 3, 1), criteria_set=13),
    imported("district", date(2024, 4, 3), "91.5", 5),
    decided("district", date(2024, 4, 9), "approve_for_province", 5),
    to_province(date(2024, 4, 10)),
    imported("province", date(2024, 6, 3), "65.25", 3),
    decided("district", date(2024, 6, 9), "recognise", 3),
)


def services(come: int) -> dict[str, Replica[Any]]:
    """Every service once it has read so much of what was said."""
    books = rules().rulebooks
    pipelines = (evaluation(books), promotion(books, editions()), notification(), console())
    told = {**logs(SUBJECT, SAID[:come]), CONTACTS.name: [], DEAD_LETTERS.name: []}
    return {one.pipeline.service: one for one in run(pipelines, told, Random(come).choice)}


def shown(come: int) -> State:
    """What the console has of the product."""
    state: State = services(come)["console"].state
    return state


@pytest.mark.parametrize(
    ("come", "status", "stage", "alarms"),
    [
        (3, Status.AT_DISTRICT, Stage.DISTRICT, ()),
        (4, Status.SCORED, Stage.DISTRICT, ()),
        (5, Status.ELIGIBLE, Stage.DISTRICT, ()),
        (6, Status.AT_PROVINCE, Stage.PROVINCE, ()),
        (7, Status.SCORED, Stage.PROVINCE, (Alarm.TASK_OPEN,)),
        (8, Status.RECOGNISED_3, Stage.RECOGNISED_3, ()),
    ],
)
def test_a_product_of_a_district_stands_where_its_events_have_brought_it(
    come: int, status: Status, stage: Stage, alarms: tuple[Alarm, ...]
) -> None:
    stands = standing(shown(come))

    assert (stands.status, stands.stage, stands.alarms) == (status, stage, alarms)


@pytest.mark.parametrize(("come", "points"), [(4, "91,5"), (5, "91,5"), (6, "65,25"), (7, "65,25")])
def test_points_of_a_district_or_a_province_are_hidden_until_the_level_has_sent_up_or_decided(
    come: int, points: str
) -> None:
    assert points not in " ".join(line.detail for line in tell(shown(come)))
    assert points in " ".join(line.detail for line in tell(shown(8)))


def test_the_story_tells_of_district_request_and_paper() -> None:
    lines = [(line.title, line.detail) for line in reversed(tell(shown(8)))]

    assert ("Nhận kết quả hội đồng theo văn bản", "hội đồng cấp huyện, văn bản số district/BB-HĐ") in lines
    assert ("Huyện đề nghị tỉnh đánh giá", "số 0410/TTr") in lines
    assert ("Đủ điều kiện lên cấp trên", "cấp tỉnh") in lines
    assert ("Cần xử lý", "cấp dưới quyết định theo kết quả cấp trên") in lines
    assert ("Mở bước đánh giá", "cấp huyện") in lines


def test_producer_and_commune_hear_of_the_forwarding_and_of_the_recognition() -> None:
    notices = [event for _, event in services(8)["notification"].announced]

    kinds: list[Any] = [getattr(notice, "kind", None) for notice in notices]
    assert kinds == ["forwarded", "forwarded", "recognised", "recognised"]


BASIS = Basis("148/QĐ-TTg", ("Quyết định 148/QĐ-TTg",))


def letter(particulars: Particulars, role: Role) -> Rendered:
    """The words of a letter about a coffee of Lâm Đồng."""
    notice = UUID("01900000-0000-8000-8000-00000000000a")
    return render(Letter(notice, role, "HTX Mẫu", "HTX Mẫu", "Cà phê rang xay", "68", particulars))


@pytest.mark.parametrize("role", ["producer", "commune"])
def test_a_dossier_sent_to_its_province_is_said_to_be_nowhere_else(role: Role) -> None:
    sent = letter(Forwarded(date(2024, 4, 10), "12/QĐ-UBND", BASIS, level="district", to="province"), role)

    assert sent.subject == "Sản phẩm OCOP “Cà phê rang xay” được đề nghị đánh giá, phân hạng ở cấp tỉnh"
    assert "Chủ tịch Ủy ban nhân dân cấp huyện (tỉnh Lâm Đồng) đã phê duyệt kết quả theo văn bản số 12/QĐ-UBND." in (
        sent.body
    )
    assert "Ngày 10/04/2024, cấp huyện đã đề nghị Hội đồng cấp tỉnh (tỉnh Lâm Đồng) đánh giá" in sent.body
    assert "5 sao" not in sent.subject + sent.body
    assert "Căn cứ: Quyết định số 148/QĐ-TTg.\n" in sent.body


@pytest.mark.parametrize("role", ["producer", "commune"])
def test_a_dossier_sent_to_the_centre_is_not_said_to_have_five_stars_where_four_are_sent_up_too(role: Role) -> None:
    basis = Basis("490/QĐ-TTg", ("Quyết định 490/QĐ-TTg",))
    sent = letter(Forwarded(date(2019, 10, 21), "12/QĐ-UBND", basis), role)
    annulled = letter(Annulled(date(2019, 10, 25), "forwarded", "12/QĐ-UBND", "20/QĐ", "Sai", basis), role)

    assert sent.subject.endswith("được đề nghị đánh giá, phân hạng ở cấp trung ương")
    assert "có kết quả đủ điều kiện để cấp trung ương đánh giá, phân hạng" in sent.body
    assert "việc đề nghị cấp trung ương đánh giá, phân hạng" in annulled.body
    assert "sao" not in sent.subject + sent.body + annulled.body


def test_the_console_does_not_say_of_a_notice_that_a_dossier_sent_to_the_province_went_to_the_centre() -> None:
    told = [line.detail for line in tell(shown(8)) if "gửi lên cấp trên" in line.detail]

    assert told == [
        "gửi lên cấp trên, cho Ủy ban nhân dân cấp xã",
        "gửi lên cấp trên, cho chủ thể OCOP",
    ]


@pytest.mark.parametrize("role", ["producer", "commune"])
def test_a_district_recognises_in_its_own_name(role: Role) -> None:
    recognised = Recognised(date(2024, 6, 9), "district", 3, "15/QĐ-UBND", date(2027, 6, 9), BASIS)

    assert "của Chủ tịch Ủy ban nhân dân cấp huyện (tỉnh Lâm Đồng)." in letter(recognised, role).body


@pytest.mark.parametrize("role", ["producer", "commune"])
def test_a_forwarding_to_the_province_that_is_annulled_is_named_so(role: Role) -> None:
    annulled = Annulled(date(2024, 5, 1), "forwarded", "12/QĐ-UBND", "20/QĐ-UBND", "Sai quy định", BASIS, to="province")

    body = letter(annulled, role).body
    assert "việc đề nghị Hội đồng cấp tỉnh đánh giá, phân hạng" in body
    assert "5 sao" not in body


def test_an_end_at_the_district_is_told_like_any_other() -> None:
    ended = Ended(date(2024, 6, 9), "district", 2, "16/TB-UBND", BASIS)

    assert "được xếp hạng 2 sao" in letter(ended, "producer").body
