"""Lists in pages: rows after a cursor, and the cursor of the next page."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from infra.chassis.refusals import InvalidRequest


def cursor_of(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def key_of(cursor: str | None, length: int) -> list[Any] | None:
    """The key a cursor stands for; ``InvalidRequest`` for one that was not given out here."""
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, list) or len(key) != length:
        raise InvalidRequest.at("/cursor", "con trỏ trang không hợp lệ", "not a cursor of this list")
    return key
