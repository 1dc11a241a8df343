"""What a promise would have been under a corrected calendar.

The recorded promise stays; the corrected one is shown next to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from infra.working_time.calendar import WorkingCalendar
from infra.working_time.clock import Clock
from infra.working_time.counting import office_minute
from infra.working_time.promise import to_iso
from infra.working_time.records import RestatementRecord


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

    def to_json(self) -> RestatementRecord:
        """{"affected", "recorded_due_at", "corrected_due_at", "corrected_days"}; JSON-safe."""
        return {
            "affected": self.is_affected,
            "recorded_due_at": to_iso(self.recorded.last_due_at),
            "corrected_due_at": to_iso(self.corrected.last_due_at),
            "corrected_days": [on.isoformat() for on in self.corrected_days],
        }


def restate(clock: Clock, corrected: WorkingCalendar) -> Restatement:
    """Count the same changes again under ``corrected``. A date set by an extension was set, not counted: it stays."""
    again = Clock.start(clock.promise, clock.accepted_at, corrected)
    for change in clock.changes:
        if change.kind == "paused":
            again = again.pause(change.at, change.cause, change.ref, change.reason)
        elif change.kind == "resumed":
            again = again.resume(change.at, change.cause, change.ref, rule=change.rule)
        elif change.kind == "extended" and change.due_at is not None:
            again = again.extend(change.at, change.due_at, change.cause, change.ref, change.reason)
        else:
            again = again.end(change.at, change.cause, change.ref)
    return Restatement(clock, again)


def _last_day(clock: Clock) -> date:
    instants: list[datetime] = [h.at for h in clock.changes]
    instants += [at for at in (clock.promised_at, clock.last_due_at) if at is not None]
    return office_minute(max(instants, default=clock.accepted_at)).date()
