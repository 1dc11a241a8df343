"""Strings no other person's data holds, one for each place something about a person can be written; and the search.

A canary is looked for as it is, in lower case, without accents, with JSON's or the mail's escapes, and in Base64.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import quopri
import re
import unicodedata
from collections.abc import Iterable

NAME, NUMBER, BIRTH_DATE = "Quách Thị Hoàng Yến Mẫu", "001199000777", "1999-07-07"
PHONE, EMAIL, PASSWORD = "+84987654321", "hoang.yen@canary.example.vn", "mật khẩu của hoàng yến 1999"
# What the person, or somebody about them, writes; by the place it is written in.
WORDS = {
    place: f"Hoàng Yến {place} {number:04d}"
    for number, place in enumerate(
        (
            "địa chỉ", "ngành nghề", "tên cửa hàng", "tên tệp", "nội dung tệp", "tệp đã rút", "trả lời sai kiểu",
            "lý do rút", "trả lời rút", "lý do khiếu nại", "trả lời khiếu nại", "nhận xét", "bổ sung",
            "yêu cầu bổ sung", "đánh dấu", "yêu cầu nộp thêm", "câu hỏi", "ý kiến", "gia hạn", "đề xuất", "kết quả",
            "từ chối", "nơi nhận kết quả", "lý do hoàn tiền", "từ chối hoàn tiền", "nội dung chuyển khoản",
            "miễn phí", "mục đích xem", "thư chết", "chờ thử lại", "không đọc được", "nơi đánh dấu",
        ),
        start=7001,
    )
}  # fmt: skip
LOCAL_PHONE = "0" + PHONE.removeprefix("+84")
RETURN_TOKEN = "hoangyen-return-7099"  # in the address payers come back to
ALL = (NAME, NUMBER, BIRTH_DATE, PHONE.removeprefix("+84"), EMAIL, PASSWORD, RETURN_TOKEN, *WORDS.values())
ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
ENCODED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}|[A-Za-z0-9_-]{24,}")  # Base64, also as tokens have it


def plain(text: str) -> str:
    """Without case, accents and the letters that are no accents (đ)."""
    bare = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return bare.translate({ord(letter): None for letter in set(bare) if unicodedata.combining(letter)})


def found_in(stores: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The canaries that are in a dump, each with the stores it is in; a store is ``(name, text)``."""
    rows: dict[str, list[str]] = {}
    for store, text in stores:
        for canary in _canaries_in(text):
            rows.setdefault(canary, []).append(store)
    return rows


def _canaries_in(text: str) -> list[str]:
    readable = plain(unescaped(text + " ".join(map(decoded, ENCODED.findall(text)))))
    if "=" in text:
        readable += plain(quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace"))
    return [
        canary
        for canary, readable_form, parts in SOUGHT
        if readable_form in readable or any(part in text for part in parts)
    ]


def unescaped(text: str) -> str:
    return ESCAPE.sub(lambda entry: chr(int(entry[1], 16)), text)


def decoded(segment: str) -> str:
    """What a run of Base64 says, if it does."""
    complete = segment.rstrip("=").translate(str.maketrans("-_", "+/"))
    with contextlib.suppress(binascii.Error, ValueError):
        return base64.b64decode(
            complete[: len(complete) - (len(complete) % 4 == 1)] + "=" * (-len(complete) % 4)
        ).decode("utf-8", "replace")
    return ""


def in_base64(canary: str) -> list[str]:
    """What appears in Base64 wherever the canary's bytes begin within a group of three."""
    rows = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + canary.encode()).decode().rstrip("=")
        rows.append(encoded[4 if shift else 0 : len(encoded) - 2])
    return rows


SOUGHT = [(canary, plain(canary), in_base64(canary)) for canary in ALL]
