"""Places for calls that strangers can make costly: bounded for each such door and for all of them together.

A flood of one door then holds its own places and no more workers than those; everybody else is refused at once, before
anything is verified or read, and the other doors go on. Doors ask for it with ``@door(…, costly=True)``.

The price: of more than half of ``MAX_WORKERS`` sign-ins at one moment the rest come again. Nobody waits here: whoever
waits would hold a place of the prefetch window, which is what a flood wants. What is faster than refusals has to be
stopped before the broker.

Settings: ``DOOR_PLACES`` (``sign_in=8,search=4``) gives single doors another number.
"""

from __future__ import annotations

from types import TracebackType

from nameko.extensions import DependencyProvider

from infra.chassis import metrics
from infra.chassis.dependencies import settings_of
from infra.chassis.refusals import TooManyRequests
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.text.numbers import natural_number

SETTING = "DOOR_PLACES"
LONGEST_PAUSE = 30  # seconds
REFUSED_PER_SECOND = 50  # of pause: the longer the line of those refused, the later each is asked to come again


def places_of(settings: Settings) -> dict[str, int]:
    """Doors with a number of places of their own."""
    numbers: dict[str, int] = {}
    for entry in filter(None, (settings.get(SETTING) or "").split(",")):
        door, _, number = entry.strip().partition("=")
        if not (door.isidentifier() and (places := natural_number(number))):
            raise SettingMissing(SETTING, f"{entry!r} is not door=number")
        numbers[door] = places
    return numbers


class DoorPlaces:
    """The places of one door of one process. Used as ``with``: a place that is taken is given back whatever happens."""

    def __init__(self, service: str, door: str, places: int, admission: Admission) -> None:
        self.places, self.in_use, self.refused = places, 0, 0
        self._admission = admission
        metrics.door_places.labels(service, door).set(places)
        metrics.door_places_taken.labels(service, door).set_function(lambda: self.in_use)

    def __enter__(self) -> None:
        if self.in_use >= self.places or self._admission.in_use >= self._admission.places:
            self.refused += 1
            raise TooManyRequests(seconds=min(LONGEST_PAUSE, 1 + self.refused // REFUSED_PER_SECOND))
        self.refused = 0
        self.in_use += 1
        self._admission.in_use += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.in_use -= 1
        self._admission.in_use -= 1


class Admission(DependencyProvider):
    """Half of the workers for one costly door, six tenths for all of them together."""

    def setup(self) -> None:
        workers = int(self.container.max_workers)
        self.each, self.places, self.in_use = max(1, workers // 2), max(1, workers * 6 // 10), 0
        self._own = places_of(settings_of(self.container))
        self._doors: dict[str, DoorPlaces] = {}

    def get_dependency(self, worker_ctx: object) -> Admission:
        return self

    def at(self, door: str) -> DoorPlaces:
        """The places of a door."""
        if (places := self._doors.get(door)) is None:
            number = self._own.get(door, self.each)
            places = self._doors[door] = DoorPlaces(self.container.service_name, door, number, self)
        return places
