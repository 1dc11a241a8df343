"""Fees that hold for a time only: "Miễn phí từ ngày … đến …", "áp dụng mức phí … đến hết ngày …", "bằng 50% mức thu".

`taken_out(note)` separates these clauses from what the note says of the lasting fee. Both days of a span count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from services.catalog.importing.fees.amounts import Amount, amounts_in

DAY = r"(?:ngày\s+)?(\d{1,2}/\d{1,2}/\d{4})"
SPAN = rf"(?:kể\s+)?từ\s+{DAY}\s+đến\s+(?:hết\s+)?{DAY}"
MONEY = r"\d[\d.,]*\s*(?:đồng|đ|VNĐ)(?:/[^\s(),.;]{1,20}(?: [^\s(),.;\d]{1,12}){0,3}?)?"
BY_LAW = (
    r"(?:[^.;()]{0,30}?Thông tư(?: số)? \d+/\d{4}/TT-BTC"
    r"(?: ngày \d{1,2}/\d{1,2}/\d{4})?(?: của Bộ (?:trưởng Bộ )?Tài chính)?)?"
)
RATE = r"mức (?:thu|lệ phí|phí)"
FREE = re.compile(rf"\(?\s*(?:được )?Miễn(?: lệ)?(?: phí)?\s+{SPAN}{BY_LAW}\s*\)?", re.IGNORECASE)
OTHER_AMOUNT = re.compile(
    rf"\(?\s*Áp dụng mức (?:phí|thu|lệ phí):?\s*({MONEY})(?:\s*\([^()]*\))?\s+{SPAN}{BY_LAW}\s*\)?", re.IGNORECASE
)
UNTIL = re.compile(
    rf"(?:^|(?<=[-+;(])|(?<=\.\s))\s*(?<![\d.,])({MONEY})[^();]{{0,40}}?\(áp dụng đến hết {DAY}{BY_LAW}\s*\)",
    re.IGNORECASE,
)
SHARE = re.compile(
    rf"[-+]?\s*{SPAN},?\s*{RATE}[^.;%]{{0,160}}?bằng\s+(\d{{1,2}})\s*%\s*{RATE}[^.;()]{{0,60}}?"
    rf"(?:quy định|nêu trên)(?: (?:theo quy định )?tại)?{BY_LAW}",
    re.IGNORECASE,
)


# What holds for online filings only says nothing to those who file otherwise.
ONLINE_SHARE = re.compile(
    rf"[-+]?\s*{SPAN},?[^.;%]{{0,200}}trực tu[yỳ][^.;%]{{0,60}}\d{{1,2}}\s*%[^.;]{{0,80}}[.;]", re.IGNORECASE
)


@dataclass(frozen=True)
class Window:
    """What is due from `first` (None: already) to `until`: an amount, a percentage of the lasting fee, or nothing."""

    first: date | None
    until: date
    amount: Amount | None = None
    percent: int | None = None


def split_windows(note: str, *, online: bool = True) -> tuple[str, list[Window]]:
    """The note without its time-bound clauses, and those clauses as windows in order of their beginning."""
    windows: list[Window] = []
    if not online:
        note = ONLINE_SHARE.sub(" ", note)
    for pattern, reading in ((FREE, _free), (OTHER_AMOUNT, _other), (UNTIL, _until), (SHARE, _share)):
        for match in list(pattern.finditer(note)):
            window = reading(match)
            if window is not None:
                windows.append(window)
                note = note.replace(match.group(0), " ", 1)
    return note, sorted(windows, key=lambda window: window.first or date.min)


def _free(match: re.Match[str]) -> Window | None:
    return _window(match.group(1), match.group(2), percent=0)


def _other(match: re.Match[str]) -> Window | None:
    return _window(match.group(2), match.group(3), money=match.group(1))


def _until(match: re.Match[str]) -> Window | None:
    return _window(None, match.group(2), money=match.group(1))


def _share(match: re.Match[str]) -> Window | None:
    # A share for online filings only is another fee, not this one for a time.
    if "trực tu" in match.group(0).lower():
        return None
    return _window(match.group(1), match.group(2), percent=int(match.group(3)))


def _window(first: str | None, until: str, *, money: str = "", percent: int | None = None) -> Window | None:
    amount = next(iter(amounts_in(money)), None)
    try:
        return Window(_day(first) if first else None, _day(until), amount, percent)
    except ValueError:
        return None


def _day(text: str) -> date:
    day, month, year = (int(part) for part in text.split("/"))
    return date(year, month, day)


def consecutive(windows: list[Window]) -> bool:
    """Whether the windows follow each other without overlapping and none ends before it begins."""
    follows = all(after.first is not None and before.until < after.first for before, after in pairwise(windows))
    return follows and all(window.first is None or window.first <= window.until for window in windows)
