"""Instants as callers give them."""

from __future__ import annotations

from datetime import datetime

from infra.chassis.refusals import InvalidRequest


def instant(text: str, pointer: str) -> datetime:
    """An instant, or 17:00 of a day, given by a caller."""
    try:
        if len(text) == len("2026-01-01"):
            return datetime.fromisoformat(f"{text}T17:00:00+07:00")
        at = datetime.fromisoformat(text)
        at.utctimetuple()  # overflows where the instant does not exist in UTC: at the ends of the calendar
    except (ValueError, OverflowError):
        raise InvalidRequest.at(pointer, "không phải thời điểm ISO 8601", "not an ISO 8601 instant") from None
    if at.tzinfo is None:
        raise InvalidRequest.at(pointer, "thiếu múi giờ", "the offset is missing")
    return at
