"""Which day it is, and which day a caller means, in the offices of Viet Nam."""

from __future__ import annotations

from datetime import date, datetime

from infra.chassis import clock


def today() -> date:
    """The day it is in the offices of Viet Nam."""
    return clock.now().astimezone(clock.OFFICE_ZONE).date()


def day_of(text: str | None) -> date:
    """The office day a caller means: a date, an instant, or today."""
    if not text:
        return today()
    return (
        date.fromisoformat(text)
        if len(text) == 10
        else datetime.fromisoformat(text).astimezone(clock.OFFICE_ZONE).date()
    )
