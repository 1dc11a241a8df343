"""What a promise would have been under a corrected calendar.

The recorded promise stays; the corrected one is shown beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from infra.working_time.calendar import WorkingCalendar
from infra.working_time.clock import Clock
from infra.working_time.counting import office_minute
from infra.working_time.promise import written


@dataclass(frozen=True)
class Restatement:
    """One clock as recorded and as the corrected calendar would have it."""

    recorded: Clock
    corrected: Clock

    @property
    def is_affected(self) -> bool:
        return (self.recorded.promised_at, self.recorded.last_due_at) != (
            self.corrected.promised_at,
            self.corrected.last_due_at,
        )

    @property
    def corrected_days(self) -> list[date]:
        """The days of this clock's life that one calendar works and the other does not."""
        last = max(_last_day(self.recorded), _last_day(self.corrected))
        first = office_minute(self.recorded.accepted_at).date()
        return self.recorded.calendar.differences(self.corrected.calendar, first, last)

    def to_json(self) -> dict[str, Any]:
        """{"affected", "recorded_due_at", "corrected_due_at", "corrected_days"}; JSON-safe."""
        return {
            "affected": self.is_affected,
            "recorded_due_at": written(self.recorded.last_due_at),
            "corrected_due_at": written(self.corrected.last_due_at),
            "corrected_days": [on.isoformat() for on in self.corrected_days],
        }


def restate(clock: Clock, corrected: WorkingCalendar) -> Restatement:
    """Count the same happenings again under `corrected`. A date set by an extension was set, not counted: it stays."""
    again = Clock.start(clock.promise, clock.accepted_at, corrected)
    for happening in clock.happenings:
        if happening.kind == "paused":
            again = again.pause(happening.at, happening.cause, happening.ref, happening.reason)
        elif happening.kind == "resumed":
            again = again.resume(happening.at, happening.cause, happening.ref)
        elif happening.kind == "extended" and happening.due_at is not None:
            again = again.extend(happening.at, happening.due_at, happening.cause, happening.ref, happening.reason)
        else:
            again = again.end(happening.at, happening.cause, happening.ref)
    return Restatement(clock, again)


def _last_day(clock: Clock) -> date:
    known: list[datetime] = [h.at for h in clock.happenings]
    known += [at for at in (clock.promised_at, clock.last_due_at) if at is not None]
    return office_minute(max(known, default=clock.accepted_at)).date()
