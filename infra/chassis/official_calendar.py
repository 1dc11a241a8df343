"""The public holidays and working days of Viet Nam as published, before any editor's decision.

Holidays come from the library *holidays* (Tết, Hùng Kings, days observed on another day). The government's swaps of
working days are data of our own, ``working_day_swaps.json``, since no library can know them before they are decided:
which day is off, which Saturday is worked for it, who decided, in which document (null: its number is not known to us)
and where that is taken from. ``decided_years`` names the years whose calendar is official, with the source; every
other year is an estimate by rule. A later release of the file is how an installation gets a corrected calendar; until
then an editor's ``set_calendar_day`` does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import metadata
from pathlib import Path

from infra.working_time import WorkingCalendar
from infra.working_time.records import DayRecord

LIBRARY = metadata.version("holidays")
FIRST_YEAR, LAST_YEAR = 1990, 2200
MAKE_UP = {"vi": "Ngày làm việc bù", "en": "Make-up working day"}


@dataclass(frozen=True)
class Swap:
    """A working day given off for a Saturday worked instead. ``document``: its number, where it is known."""

    day_off: date
    worked: date
    issuer: str
    document: str | None
    decided_in: int
    source: str

    @property
    def name(self) -> dict[str, str]:
        return {
            "vi": f"Ngày nghỉ (thay cho ngày {self.worked:%d/%m/%Y})",
            "en": f"Day off (substituted from {self.worked:%m/%d/%Y})",
        }


_DATA = json.loads(Path(__file__).with_name("working_day_swaps.json").read_text(encoding="utf-8"))
RELEASE: str = _DATA["release"]
DECIDED_YEARS: dict[int, str] = {int(year): source for year, source in _DATA["decided_years"].items()}
SWAPS = tuple(
    Swap(**{**row, "day_off": date.fromisoformat(row["day_off"]), "worked": date.fromisoformat(row["worked"])})
    for row in _DATA["swaps"]
)


@cache
def published(year: int) -> tuple[DayRecord, ...]:
    """The days of a year that differ: ``holiday``, ``substitute_holiday`` and ``make_up`` with names in vi and en."""
    days = {day["date"]: day for day in (*_of_library(year), *_of_swaps(year))}
    return tuple(days[on] for on in sorted(days))


def official_calendar(years: Iterable[int]) -> WorkingCalendar:
    """The published calendar of some years, for whoever need not know what editors decided."""
    version = f"{LIBRARY}+{RELEASE}"
    return WorkingCalendar.of_replies({"year": year, "days": published(year), "version": version} for year in years)


def sources_of(year: int) -> list[str]:
    """What makes a year's calendar official: the year's own source and that of each of its swaps; empty: estimated."""
    if year not in DECIDED_YEARS:
        return []
    return list(dict.fromkeys([DECIDED_YEARS[year], *(swap.source for swap in SWAPS if year in _years_of(swap))]))


def _of_library(year: int) -> list[DayRecord]:
    import holidays  # when a calendar is first asked for: 35 modules

    around = [year - 1, year, year + 1]
    vietnamese, english = (
        holidays.country_holidays("VN", years=around, language=language) for language in ("vi", "en_US")
    )
    days: list[DayRecord] = [
        {"date": day.isoformat(), "kind": _kind(english[day]), "name": {"vi": vietnamese[day], "en": english[day]}}
        for day in sorted(vietnamese)
        if day.year == year
    ]
    made_up = [day for day in vietnamese.weekend_workdays if day.year == year]
    return days + [DayRecord(date=day.isoformat(), kind="make_up", name=MAKE_UP) for day in made_up]


def _of_swaps(year: int) -> list[DayRecord]:
    rows = [(swap.day_off, "substitute_holiday", swap.name) for swap in SWAPS]
    rows += [(swap.worked, "make_up", MAKE_UP) for swap in SWAPS]
    return [{"date": on.isoformat(), "kind": kind, "name": name} for on, kind, name in rows if on.year == year]


def _kind(english_name: str) -> str:
    moved = "substituted from" in english_name or "observed" in english_name
    return "substitute_holiday" if moved else "holiday"


def _years_of(swap: Swap) -> tuple[int, int]:
    return swap.day_off.year, swap.worked.year
