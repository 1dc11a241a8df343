"""What the catalogue's follower does: publish events, forget who has been erased, keep the search index up to date."""

from __future__ import annotations

import time

from infra.chassis import metrics
from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.running.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings
from services.catalog import personal_data
from services.catalog.calendars import Calendars
from services.catalog.reindexing import Reindexing

WATCH_SECONDS = 600.0


class CalendarWatch:
    """Keeps the metric of the year whose official calendar is missing; operators are warned of it from December on."""

    name = "calendar watch"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, calendars: Calendars) -> None:
        self.calendars, self._not_before = calendars, 0.0

    def step(self) -> int:
        if time.monotonic() >= self._not_before:
            metrics.calendar_undecided.set(self.calendars.undecided_year() or 0)
            self._not_before = time.monotonic() + WATCH_SECONDS
        return 0


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "catalog")
    erasures = ErasureWorker.of(settings, personal_data.PersonalData)
    watch = CalendarWatch(Calendars.from_settings(settings))
    return [relay, Redelivery(settings, [relay]), erasures, watch, Reindexing.of(settings)]
