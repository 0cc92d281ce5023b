"""Who speaks to us: the 34 provinces and cities by code, and the ministry, each with its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MINISTRY_CODE = "bnnmt"

UNITS: Mapping[str, str] = MappingProxyType(
    {
        "01": "Thành phố Hà Nội",
        "04": "Tỉnh Cao Bằng",
        "08": "Tỉnh Tuyên Quang",
        "11": "Tỉnh Điện Biên",
        "12": "Tỉnh Lai Châu",
        "14": "Tỉnh Sơn La",
        "15": "Tỉnh Lào Cai",
        "19": "Tỉnh Thái Nguyên",
        "20": "Tỉnh Lạng Sơn",
        "22": "Tỉnh Quảng Ninh",
        "24": "Tỉnh Bắc Ninh",
        "25": "Tỉnh Phú Thọ",
        "31": "Thành phố Hải Phòng",
        "33": "Tỉnh Hưng Yên",
        "37": "Tỉnh Ninh Bình",
        "38": "Tỉnh Thanh Hoá",
        "40": "Tỉnh Nghệ An",
        "42": "Tỉnh Hà Tĩnh",
        "44": "Tỉnh Quảng Trị",
        "46": "Thành phố Huế",
        "48": "Thành phố Đà Nẵng",
        "51": "Tỉnh Quảng Ngãi",
        "52": "Tỉnh Gia Lai",
        "56": "Tỉnh Khánh Hoà",
        "66": "Tỉnh Đắk Lắk",
        "68": "Tỉnh Lâm Đồng",
        "75": "Thành phố Đồng Nai",
        "79": "Thành phố Hồ Chí Minh",
        "80": "Tỉnh Tây Ninh",
        "82": "Tỉnh Đồng Tháp",
        "86": "Tỉnh Vĩnh Long",
        "91": "Tỉnh An Giang",
        "92": "Thành phố Cần Thơ",
        "96": "Tỉnh Cà Mau",
        MINISTRY_CODE: "Bộ Nông nghiệp và Môi trường",
    }
)


def unit_name(code: str) -> str:
    """The unit's full name, "Tỉnh Lâm Đồng"; the code itself where no unit has it."""
    return UNITS.get(code, code)


def unit_name_inside(code: str) -> str:
    """The unit's name as it stands inside a sentence: "tỉnh Lâm Đồng", "thành phố Huế"."""
    name = unit_name(code)
    return name if code == MINISTRY_CODE else name[:1].lower() + name[1:]
