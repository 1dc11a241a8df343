"""Lists come in pages: ``{"items": [...], "next_cursor": str | None}``, found again by the last key shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from infra.chassis.refusals import InvalidRequest


def page(
    session: Session,
    rows: Select[Any],
    key: InstrumentedAttribute[Any],
    shown: Callable[[Any], dict[str, Any]],
    *,
    limit: int,
    cursor: str | None,
    newest_first: bool = False,
) -> dict[str, Any]:
    """One page of ``rows`` by ``key`` (unique, ascending or ``newest_first``), each as ``shown`` shows it."""
    if cursor is not None:
        after = _key_value(key, cursor)
        rows = rows.where(key < after if newest_first else key > after)
    found = session.scalars(rows.order_by(key.desc() if newest_first else key).limit(limit + 1)).all()
    more = str(getattr(found[limit - 1], key.key)) if len(found) > limit else None
    return {"items": [shown(row) for row in found[:limit]], "next_cursor": more}


def _key_value(key: InstrumentedAttribute[Any], cursor: str) -> Any:
    if key.type.python_type is str:
        return cursor
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidRequest.at("/cursor", "không phải con trỏ trang hợp lệ", "is no cursor of this list")
    return int(cursor)
