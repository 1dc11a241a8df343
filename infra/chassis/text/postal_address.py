"""A postal address as a caller gives it: in one line or in parts; valid is what a letter could be delivered to."""

from __future__ import annotations

from collections.abc import Mapping

from infra.chassis.refusals import InvalidRequest
from infra.chassis.text.vietnamese_text import WORD, unified

SHORTEST = 5  # "Số 1": a number and a word at least
NO_ADDRESS = ("không phải địa chỉ nhận qua bưu chính", "not an address that post could be delivered to")


def checked_address(address: str | Mapping[str, object] | None, pointer: str = "/address") -> None:
    """Refuse what post cannot be delivered to: nothing, blanks, signs only (``InvalidRequest`` at ``pointer``)."""
    parts = address.values() if isinstance(address, Mapping) else [address]
    text = unified(" ".join(part for part in parts if isinstance(part, str)))
    words = WORD.findall(text)
    if len(text) < SHORTEST or not any(word.isalpha() for word in words) or len(words) < 2:
        raise InvalidRequest.at(pointer, *NO_ADDRESS)
