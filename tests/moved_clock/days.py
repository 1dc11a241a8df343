"""The days on which the suite and the demo are run in addition to today, each with what it is there for.

The instants are fixed, so that a run can be repeated; ``test_days.py`` asks the platform's own calendar whether each
is still what its name says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from infra.working_time import OFFICE_ZONE


@dataclass(frozen=True)
class MovedDay:
    """``office``: the wall clock in the offices of Viet Nam. ``why``: what goes wrong on such a day."""

    name: str
    office: str
    why: str

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.office).replace(tzinfo=OFFICE_ZONE)

    @property
    def moved_by(self) -> float:
        """Seconds by which a clock that is right now has to be moved."""
        return (self.at - datetime.now(UTC)).total_seconds()


TABLE = (
    MovedDay("tet-eve", "2027-02-05T22:00", "the offices are closed already and open again five days later"),
    MovedDay("inside-tet", "2027-02-08T10:00", "office hours of a Monday on which no office works"),
    MovedDay("new-year", "2026-12-31T23:50", "the year ends while the run goes on; tomorrow is a holiday"),
    MovedDay("leap-day", "2028-02-29T09:00", "a year earlier or later there is no such day"),
    MovedDay("make-up-saturday", "2026-08-22T09:00", "a Saturday on which the offices work"),
    MovedDay("sunday-night", "2026-12-06T03:00", "no office hour for a day, and still Saturday in UTC"),
    MovedDay("quarter-end", "2027-03-31T23:58", "the quarter ends while the run goes on"),
    MovedDay("quarter-start", "2027-04-01T05:00", "a new quarter in the offices, the old one in UTC"),
    MovedDay("undecided", "2027-12-28T15:00", "due dates fall in a year whose holidays nobody has decided"),
    MovedDay("two-years-on", "2028-11-28T14:00", "fixed dates of today's tests have passed"),
    MovedDay("ten-years-on", "2036-11-28T14:00", "nothing that runs out is valid any more"),
)
DAYS = {day.name: day for day in TABLE}
