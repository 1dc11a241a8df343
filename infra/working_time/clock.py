"""The clock of one promise: started, paused, resumed with what was left, extended, ended.

A ``Clock`` is a value: every act gives a new one, and nothing in it reads the time. An act counts once and
leaves a ``ClockChange`` with the outcome; ``apply`` only takes a recorded change over, so that replay gives the
same dates on any day, whatever becomes of the rules. An appeal that is upheld starts a new clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from infra.working_time.calendar import NotCountable, WorkingCalendar
from infra.working_time.counting import (
    after_working_minutes,
    due_at,
    next_opening,
    office_minute,
    working_minutes_between,
)
from infra.working_time.promise import ClockChange, Promise, from_iso, to_iso


@dataclass(frozen=True)
class Clock:
    """One promise running. ``accepted_at`` is the act of acceptance, ``started_at`` where counting begins."""

    promise: Promise
    accepted_at: datetime
    started_at: datetime
    calendar: WorkingCalendar
    promised_at: datetime | None
    last_due_at: datetime | None
    changes: tuple[ClockChange, ...] = ()
    open_pauses: tuple[ClockChange, ...] = ()

    @classmethod
    def start(cls, promise: Promise, accepted_at: datetime, calendar: WorkingCalendar) -> Clock:
        due = due_at(accepted_at, promise.amount, promise.unit, calendar)
        return cls(promise, accepted_at, next_opening(accepted_at, calendar), calendar, due, due)

    def as_accepted(self) -> Clock:
        """The clock before anything happened to it."""
        return replace(self, last_due_at=self.promised_at, changes=(), open_pauses=())

    @property
    def is_paused(self) -> bool:
        return bool(self.open_pauses)

    @property
    def ended_at(self) -> datetime | None:
        return next((change.at for change in self.changes if change.kind == "ended"), None)

    @property
    def due_at(self) -> datetime | None:
        """What is promised now; None while paused and when nothing was promised."""
        return None if self.is_paused else self.last_due_at

    def minutes_left(self, at: datetime) -> int | None:
        """Office minutes left at an instant, frozen while paused; negative when late; None without a promise."""
        if self.last_due_at is None:
            return None
        seen = min(at, self.open_pauses[0].at) if self.is_paused else at
        return working_minutes_between(seen, self.last_due_at, self.calendar)

    def pause(self, at: datetime, cause: str, ref: str | None = None, reason: str | None = None) -> Clock:
        """Stop counting. Pauses may nest (a withdrawal asked for during a supplement)."""
        return self.apply(ClockChange("paused", at, cause, ref, reason, None, self.due_at))

    def resume(
        self, at: datetime, cause: str, ref: str | None = None, calendar: WorkingCalendar | None = None
    ) -> Clock:
        """Close the latest pause; when it was the only one, count on with what was left.

        ``calendar``: the catalogue's calendar of today, used from the day of the pause on; else the one at hand.
        A missed due date stays missed, and no pause brings a due date nearer.
        """
        if not self.open_pauses:
            raise NotCountable("the clock is not paused")
        due = self._due_when_resumed(at, self._calendar_with(calendar)) if len(self.open_pauses) == 1 else None
        return self.apply(ClockChange("resumed", at, cause, ref, None, due, None), calendar)

    def extend(
        self, at: datetime, due: datetime, cause: str, ref: str | None = None, reason: str | None = None
    ) -> Clock:
        """Set a new due date; the old one stays readable in the change."""
        return self.apply(ClockChange("extended", at, cause, ref, reason, due.astimezone(UTC), self.last_due_at))

    def end(self, at: datetime, cause: str, ref: str | None = None) -> Clock:
        """Decided, stopped or withdrawn: nothing counts any more."""
        return self.apply(ClockChange("ended", at, cause, ref, None, self.due_at, None))

    def apply(self, change: ClockChange, calendar: WorkingCalendar | None = None) -> Clock:
        """Take a recorded change over as it is (with the calendar recorded beside it); counts nothing."""
        if self.ended_at is not None:
            raise NotCountable("the clock has ended")
        after = replace(self, changes=(*self.changes, change))
        if change.kind == "paused":
            return replace(after, open_pauses=(*self.open_pauses, change))
        if change.kind == "extended":
            return replace(after, last_due_at=change.due_at)
        if change.kind == "resumed":
            known, still_open = self._calendar_with(calendar), self.open_pauses[:-1]
            last = self.last_due_at if still_open else change.due_at
            return replace(after, open_pauses=still_open, last_due_at=last, calendar=known)
        return after

    def is_late(self, at: datetime) -> bool:
        """Whether the promise was broken at that instant (or at the end, if it ended before)."""
        seen = min(at, self.ended_at) if self.ended_at else at
        if self.is_paused:
            seen = min(seen, self.open_pauses[0].at)
        return self.last_due_at is not None and seen > self.last_due_at

    def to_json(self) -> dict[str, Any]:
        """{"promise", "accepted_at", "calendar", "happenings", "promised_at", "due_at"}; JSON-safe."""
        return {
            "promise": self.promise.to_json(),
            "accepted_at": to_iso(self.accepted_at),
            "calendar": self.calendar.to_json(),
            "happenings": [change.to_json() for change in self.changes],
            "promised_at": to_iso(self.promised_at),
            "due_at": to_iso(self.due_at),
        } | ({"last_due_at": to_iso(self.last_due_at)} if self.is_paused else {})

    @classmethod
    def from_json(cls, recorded: Mapping[str, Any]) -> Clock:
        """The recorded dates are taken as they are; nothing is counted again."""
        calendar = WorkingCalendar.from_json(recorded["calendar"])
        accepted = datetime.fromisoformat(recorded["accepted_at"])
        changes = tuple(ClockChange.from_json(h) for h in recorded["happenings"])
        pauses: list[ClockChange] = []
        for change in changes:
            if change.kind == "paused":
                pauses.append(change)
            elif change.kind == "resumed":
                pauses.pop()
        last = from_iso(recorded.get("last_due_at") or recorded["due_at"])
        promise, promised = Promise.from_json(recorded["promise"]), from_iso(recorded["promised_at"])
        start = next_opening(accepted, calendar)
        return cls(promise, accepted, start, calendar, promised, last, changes, tuple(pauses))

    def _calendar_with(self, later: WorkingCalendar | None) -> WorkingCalendar:
        if later is None:
            return self.calendar
        return self.calendar.followed_by(later, office_minute(self.open_pauses[0].at).date())

    def _due_when_resumed(self, at: datetime, calendar: WorkingCalendar) -> datetime | None:
        paused_at, due = self.open_pauses[0].at, self.last_due_at
        if due is None or office_minute(paused_at) >= due:
            return due
        left = working_minutes_between(paused_at, due, self.calendar)
        return max(due, after_working_minutes(at, left, calendar))
