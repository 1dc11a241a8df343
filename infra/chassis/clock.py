"""The one place that reads the wall clock, so that tests can move it."""

from __future__ import annotations

from datetime import UTC, datetime

from infra.working_time import OFFICE_ZONE

__all__ = ["OFFICE_ZONE", "now"]


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
