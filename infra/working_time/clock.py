"""The clock of one promise: started, paused, resumed with what was left, extended, ended.

A ``Clock`` is a value: every act gives a new one, and nothing in it reads the time. An act counts once and
leaves a ``ClockChange`` with the outcome; ``apply`` only takes a recorded change over, so that replay gives the
same dates on any day, whatever becomes of the rules. An appeal that is upheld starts a new clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from infra.working_time.calendar import NotCountable, WorkingCalendar
from infra.working_time.counting import counted_to, due_at, next_opening, office_minute, working_minutes_between
from infra.working_time.promise import UNITS_OF_DAYS, ClockChange, Promise, from_iso, to_iso
from infra.working_time.records import ClockRecord
from infra.working_time.remainder import (
    OWN_UNIT,
    Pause,
    counted_in_days,
    counting_goes_on,
    due_in_minutes,
    moved_to_working_day,
)

# How far beyond the due date the calendar of an event reaches when the event does not say: so it was always cut.
UNSTATED_SPAN = timedelta(days=31)


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
        until = min(at, self.open_pauses[0].at) if self.is_paused else at
        return working_minutes_between(until, self.last_due_at, self.calendar)

    def pause(self, at: datetime, cause: str, ref: str | None = None, reason: str | None = None) -> Clock:
        """Stop counting. Pauses may nest (a withdrawal asked for during a supplement)."""
        return self.apply(ClockChange("paused", at, cause, ref, reason, None, self.due_at))

    def resume(
        self,
        at: datetime,
        cause: str,
        ref: str | None = None,
        calendar: WorkingCalendar | None = None,
        rule: str | None = OWN_UNIT,
    ) -> Clock:
        """Close the latest pause; when it was the only one, count on with what was left.

        ``calendar``: the catalogue's calendar of today, used from the day of the pause on; else the one at hand.
        ``rule``: None counts as before rules were recorded, in office minutes whatever the unit; for restating.
        A missed due date stays missed, and no pause brings a due date nearer.
        """
        if not self.open_pauses:
            raise NotCountable("the clock is not paused")
        due = counted = None
        if len(self.open_pauses) == 1:
            due, counted = self._due_when_resumed(at, self._calendar_with(calendar), rule)
        return self.apply(ClockChange("resumed", at, cause, ref, None, due, None, rule, counted), calendar)

    def extend(
        self,
        at: datetime,
        due: datetime,
        cause: str,
        ref: str | None = None,
        reason: str | None = None,
        calendar: WorkingCalendar | None = None,
    ) -> Clock:
        """Set a new due date; the old one stays readable in the change.

        ``calendar``: used for the days that the one at hand does not cover.
        """
        change = ClockChange("extended", at, cause, ref, reason, due.astimezone(UTC), self.last_due_at)
        return self.apply(change, calendar)

    def end(self, at: datetime, cause: str, ref: str | None = None) -> Clock:
        """Decided, stopped or withdrawn: nothing counts any more."""
        return self.apply(ClockChange("ended", at, cause, ref, None, self.due_at, None))

    def apply(self, change: ClockChange, calendar: WorkingCalendar | None = None) -> Clock:
        """Take a recorded change over as it is (with the calendar recorded next to it); counts nothing."""
        if self.ended_at is not None:
            raise NotCountable("the clock has ended")
        after = replace(self, changes=(*self.changes, change))
        if change.kind == "paused":
            return replace(after, open_pauses=(*self.open_pauses, change))
        if change.kind == "extended":
            merged = self.calendar.completed_by(calendar) if calendar else self.calendar
            return replace(after, last_due_at=change.due_at, calendar=merged)
        if change.kind == "resumed":
            merged, still_open = self._calendar_with(calendar), self.open_pauses[:-1]
            last = self.last_due_at if still_open else change.due_at
            return replace(after, open_pauses=still_open, last_due_at=last, calendar=merged)
        return after

    def is_late(self, at: datetime) -> bool:
        """Whether the promise was broken at that instant (or at the end, if it ended before)."""
        until = min(at, self.ended_at) if self.ended_at else at
        if self.is_paused:
            until = min(until, self.open_pauses[0].at)
        return self.last_due_at is not None and until > self.last_due_at

    def to_json(self) -> ClockRecord:
        """{"promise", "accepted_at", "calendar", "happenings", "promised_at", "due_at"}; JSON-safe."""
        row: ClockRecord = {
            "promise": self.promise.to_json(),
            "accepted_at": to_iso(self.accepted_at),
            "calendar": self.calendar.to_json(),
            "happenings": [change.to_json() for change in self.changes],
            "promised_at": to_iso(self.promised_at),
            "due_at": to_iso(self.due_at),
        }
        if self.is_paused:
            row["last_due_at"] = to_iso(self.last_due_at)
        return row

    @classmethod
    def from_json(cls, recorded: ClockRecord) -> Clock:
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
        if "first" not in recorded["calendar"]:
            calendar = with_unstated_span(calendar, accepted, promised)
        start = next_opening(accepted, calendar)
        return cls(promise, accepted, start, calendar, promised, last, changes, tuple(pauses))

    def completed_by(self, later: WorkingCalendar) -> Clock:
        """The same clock with ``later`` for the days its own calendar does not cover; no date changes."""
        return replace(self, calendar=self.calendar.completed_by(later))

    @property
    def uncovered_since(self) -> date | None:
        """The first day up to the due date that was counted without a calendar, if any."""
        if self.last_due_at is None:
            return None
        first, last = office_minute(self.accepted_at).date(), office_minute(self.last_due_at).date()
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return next((on for on in days if not self.calendar.covers(on)), None)

    @property
    def counting_since(self) -> date:
        """The day counting last went on with: the start, or the end of the latest pause."""
        day, depth = office_minute(self.started_at).date(), 0
        for change in self.changes:
            depth += {"paused": 1, "resumed": -1}.get(change.kind, 0)
            if change.kind == "resumed" and depth == 0:
                day = max(day, counting_goes_on(change.at, self.calendar))
        return day

    @property
    def counted_to(self) -> datetime | None:
        """The date promised now before it was moved to a working day; None where the promise is not in days."""
        if self.promise.unit not in UNITS_OF_DAYS or self.promise.amount is None:
            return None
        until = counted_to(self.started_at, self.promise.amount, self.promise.unit)
        for change in self.changes:
            if change.kind in ("extended", "resumed") and change.due_at is not None:
                until = change.counted_to or change.due_at
        return until

    def _calendar_with(self, later: WorkingCalendar | None) -> WorkingCalendar:
        if later is None:
            return self.calendar
        return self.calendar.followed_by(later, office_minute(self.open_pauses[0].at).date())

    def _due_when_resumed(
        self, at: datetime, calendar: WorkingCalendar, rule: str | None
    ) -> tuple[datetime | None, datetime | None]:
        """The due date and, in a promise of days or months, the date before it was moved to a working day."""
        began, due = self.open_pauses[0].at, self.last_due_at
        if due is None or office_minute(began) >= due:
            return due, None
        pause, until = Pause(began, at, self.counting_since), self.counted_to
        if rule is None or until is None:
            # What was extended without a calendar has days that only the later one covers.
            return due_in_minutes(pause, due, self.calendar.completed_by(calendar), calendar), None
        counted = counted_in_days(pause, until, calendar)
        return max(due, moved_to_working_day(counted, calendar)), counted


def with_unstated_span(calendar: WorkingCalendar, accepted_at: datetime, due: datetime | None) -> WorkingCalendar:
    """The calendar of an event that does not say what it was cut to: from acceptance to a month beyond the due date."""
    first = office_minute(accepted_at).date()
    return calendar.between(first, first if due is None else office_minute(due).date() + UNSTATED_SPAN)
