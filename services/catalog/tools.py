"""What operators get of this service in their own process: the command line calls nothing else of it."""

from __future__ import annotations

from services.catalog.calendars import state_of_year as calendar_state
from services.catalog.soundness import unsound_versions

__all__ = ["calendar_state", "unsound_versions"]
