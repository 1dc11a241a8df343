"""An independent oracle: an office that looks at every single minute and knows no arithmetic."""

from datetime import UTC, date, datetime, timedelta, timezone

ICT = timezone(timedelta(hours=7))
MINUTE = timedelta(minutes=1)
OPEN = [450 <= minute < 690 or 780 <= minute < 1020 for minute in range(1440)]  # of a day's minutes


class NaiveOffice:
    """`off` and `on`: sets of dates that differ from Monday to Friday."""

    def __init__(self, off: set[date], on: set[date]):
        self.off, self.on = off, on

    def works_on(self, day: date) -> bool:
        if day in self.off:
            return False
        return day in self.on or day.isoweekday() <= 5

    def is_open(self, minute: datetime) -> bool:
        local = minute.astimezone(ICT)
        return OPEN[local.hour * 60 + local.minute] and self.works_on(local.date())

    def open_minutes(self, start: datetime, end: datetime) -> int:
        """Every minute counted, those of a day together."""
        count, at, end = 0, start.astimezone(ICT), end.astimezone(ICT)
        while at < end:
            midnight = datetime(at.year, at.month, at.day, tzinfo=ICT)
            until = min(end, midnight + timedelta(days=1))
            if self.works_on(at.date()):
                count += sum(OPEN[(at - midnight) // MINUTE : (until - midnight) // MINUTE])
            at = until
        return count

    def opening(self, at: datetime) -> datetime:
        """The first open minute: looked for one by one, and past a day on which the office does not work at once."""
        while not self.is_open(at):
            local = at.astimezone(ICT)
            at += (
                MINUTE
                if self.works_on(local.date())
                else timedelta(days=1) - timedelta(hours=local.hour, minutes=local.minute)
            )
        return at

    def due(self, start: datetime, amount: int, unit: str) -> datetime:
        at = self.opening(start)
        if unit == "working_hours":
            left = amount * 60
            while left:
                left -= self.is_open(at)
                at += MINUTE
            return at
        day = at.astimezone(ICT).date()
        if unit == "working_days":
            left = amount
            while left:
                day += timedelta(days=1)
                left -= self.works_on(day)
        elif unit == "calendar_days":
            day += timedelta(days=amount)
        else:
            year, month = day.year, day.month
            for _ in range(amount):
                year, month = (year, month + 1) if month < 12 else (year + 1, 1)
            expected = day.day
            while True:
                try:
                    day = date(year, month, expected)
                    break
                except ValueError:
                    expected -= 1
        while not self.works_on(day):
            day += timedelta(days=1)
        return datetime(day.year, day.month, day.day, 17, tzinfo=ICT).astimezone(UTC)

    def due_with_paused_days(
        self, start: datetime, amount: int, unit: str, pauses: list[tuple[datetime, datetime]]
    ) -> datetime:
        """Spend calendar days one by one, none of them on a day from which a pause keeps the office until another."""
        paused: set[date] = set()
        for begin, end in pauses:
            day = begin.astimezone(ICT).date()
            if begin.astimezone(ICT).hour >= 17:
                day += timedelta(days=1)
            while day < self.opening(end).astimezone(ICT).date():
                paused.add(day)
                day += timedelta(days=1)
        day = self.opening(start).astimezone(ICT).date()
        left = amount if unit == "calendar_days" else self.days_of_months(day, amount)
        while left or day in paused or not self.works_on(day):
            left -= bool(left) and day not in paused
            day += timedelta(days=1)
        return datetime(day.year, day.month, day.day, 17, tzinfo=ICT).astimezone(UTC)

    def days_of_months(self, first: date, amount: int) -> int:
        every_day = NaiveOffice(set(), {first + timedelta(days=n) for n in range(200)})
        morning = datetime(first.year, first.month, first.day, 9, tzinfo=ICT)
        return (every_day.due(morning, amount, "months").astimezone(ICT).date() - first).days

    def due_with_pauses(self, start: datetime, due: datetime, pauses: list[tuple[datetime, datetime]]) -> datetime:
        """Spend the minutes of the promise one by one, none of them during a pause."""
        budget, at = self.open_minutes(start, due), start
        while budget:
            at = self.opening(at)
            budget -= not any(begin <= at < end for begin, end in pauses)
            at += MINUTE
        return at
