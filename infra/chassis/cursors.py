"""Lists in pages, by the key of the last row: rows that come or go meanwhile are neither repeated nor skipped.

A cursor is opaque to callers: the key as JSON in base64url. Source: keyset pagination ("seek method").
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, TypedDict, TypeVar

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from infra.chassis.instants import recorded_instant
from infra.chassis.refusals import InvalidRequest

LARGEST = 2**63 - 1
Item = TypeVar("Item")
Entity = TypeVar("Entity")
Part = TypeVar("Part")
NOT_OURS = ("không phải con trỏ của danh sách này", "not a cursor of this list")


class Page(TypedDict, Generic[Item]):
    """A part of a list; ``next_cursor`` asks for the part that follows, and is None at the end."""

    items: list[Item]
    next_cursor: str | None


def cursor_of(*key: str | int | datetime) -> str:
    """The cursor of the page that begins after ``key``."""
    parts = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def key_of(cursor: str | None, *kinds: type[Part]) -> list[Part] | None:
    """The key a cursor stands for, one part for each of ``kinds`` (str, int, datetime); None for the first page.

    ``InvalidRequest`` for one that was not given out here.
    """
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        if not isinstance(parts, list) or len(parts) != len(kinds):
            raise ValueError
        return [_part(kind, part) for kind, part in zip(kinds, parts, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise InvalidRequest.at(
            "/cursor", "không phải con trỏ của danh sách này", "not a cursor of this list"
        ) from None


def _part(kind: type[Part], part: object) -> Part:
    if kind is datetime and isinstance(part, str):
        part = recorded_instant(part).astimezone(UTC)
    if type(part) is not kind or not isinstance(part, kind):
        raise ValueError
    if isinstance(part, int) and abs(part) > LARGEST:
        raise ValueError
    if isinstance(part, str) and "\0" in part.encode().decode():  # no database stores NUL or half a surrogate pair
        raise ValueError
    return part


def page(
    session: Session,
    rows: Select[Entity],
    keys: Sequence[InstrumentedAttribute[object]],
    view: Callable[[Entity], Item],
    *,
    limit: int,
    cursor: str | None,
    newest_first: bool = False,
) -> Page[Item]:
    """One page of ``rows`` (one entity a row) by ``keys`` (together unique), each as ``view`` shows it.

    All keys ascending, or all descending with ``newest_first``.
    """
    after = key_of(cursor, *[key.type.python_type for key in keys])
    if after is not None:
        place = tuple_(*[literal(part, key.type) for part, key in zip(after, keys, strict=True)])
        rows = rows.where(tuple_(*keys) < place if newest_first else tuple_(*keys) > place)
    ordered = rows.order_by(*[key.desc() if newest_first else key for key in keys])
    page_rows = session.scalars(ordered.limit(limit + 1)).all()
    last = page_rows[limit - 1] if len(page_rows) > limit else None
    more = cursor_of(*[getattr(last, key.key) for key in keys]) if last is not None else None
    return {"items": [view(row) for row in page_rows[:limit]], "next_cursor": more}
