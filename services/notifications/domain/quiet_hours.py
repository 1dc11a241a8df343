"""Hours in which nobody wants to be woken: a citizen's own, in the time of Viet Nam."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from infra.working_time import OFFICE_ZONE


@dataclass(frozen=True)
class QuietHours:
    """From ``start`` (inclusive) until ``end`` (exclusive), each day; may run over midnight; equal times mean none."""

    start: time
    end: time

    @classmethod
    def of(cls, start: str, end: str) -> QuietHours:
        """From texts such as ``22:00``."""
        return cls(time.fromisoformat(start), time.fromisoformat(end))

    def cover(self, moment: datetime) -> bool:
        clock = moment.astimezone(OFFICE_ZONE).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def next_allowed(self, moment: datetime) -> datetime:
        """``moment`` itself, or the end of the quiet hours it falls into; keeps the zone of ``moment``."""
        if not self.cover(moment):
            return moment
        local = moment.astimezone(OFFICE_ZONE)
        end = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return (end if end > local else end + timedelta(days=1)).astimezone(moment.tzinfo)
