"""What operators get of this service in their own process: the command line calls nothing else of it."""

from __future__ import annotations

from infra.chassis.running.offers import offers

PLACES = {
    "calendar_state": "services.catalog.calendars:state_of_year",
    "unsound_versions": "services.catalog.soundness:unsound_versions",
}
__getattr__ = offers(PLACES)
