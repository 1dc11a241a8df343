"""Times as offices write them: ISO 8601, day before month, time before date, morning and afternoon, zone or none.

Office time where no zone is given. Day before month where it could be either: nothing else is written in Viet Nam.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from infra.working_time import OFFICE_ZONE

DAY_FIRST = r"(?P<day>\d{1,2})(?P<sep>[/.-])(?P<month>\d{1,2})(?P=sep)(?P<year>\d{4})"
YEAR_FIRST = r"(?P<year>\d{4})(?P<sep>[/.-])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})"
TIME = (
    r"(?P<hour>\d{1,2})(?::|h|g| giờ )(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>SA|CH|AM|PM))?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}))?"
)
TIME_PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for date in (DAY_FIRST, YEAR_FIRST)
    for pattern in (rf"{date}(?:(?:T|,? +){TIME})?", rf"{TIME},? +(?:ngày )?{date}")
]
YEARS = range(1900, 2200)


def written_instant(text: str) -> datetime | None:
    """An aware instant; None for anything that is no date of a year between 1900 and 2199."""
    normalised = " ".join(text.split())
    matched = next((match for pattern in TIME_PATTERNS if (match := pattern.fullmatch(normalised))), None)
    try:
        at = _read(matched) if matched else datetime.fromisoformat(normalised)
    except ValueError:
        return None
    if at.year not in YEARS:
        return None
    return at if at.tzinfo else at.replace(tzinfo=OFFICE_ZONE)


def _read(match: re.Match[str]) -> datetime:
    part = match.groupdict()
    hour, half = int(part.get("hour") or 0), (part.get("half") or "").upper()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of a half day")
        hour = hour % 12 + (12 if half in ("CH", "PM") else 0)
    fraction = int((part.get("fraction") or "0").ljust(6, "0")[:6])
    date = int(part["year"]), int(part["month"]), int(part["day"])
    time = hour, int(part.get("minute") or 0), int(part.get("second") or 0), fraction
    return datetime(*date, *time, tzinfo=_zone(part.get("zone")))


def _zone(zone_text: str | None) -> timezone | None:
    if not zone_text:
        return None
    if zone_text.upper() in ("Z", "UTC", "GMT"):
        return timezone.utc  # noqa: UP017 - next to timezone() below
    digits = zone_text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(offset if zone_text[0] == "+" else -offset)
