"""Takes the portal's run-on channel table apart: "Trực tuyến20 Ngày làm việcMiễn phí(…)mô tảTrực tiếp…" into cells.

The cells were joined without any separator, so a row begins only where a channel's name is directly followed by
something a time cell can hold. What is outside the rows is handed back too; together they are the whole text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.catalog.importing.words import LOWER, UPPER

HEADER = "Hình thức nộpThời gianPhí, lệ phíMô tả"
CHANNEL = r"Trực tuyến|Trực tiếp|Dịch vụ bưu chính"
UNIT = r"Ngày làm việc|Ngày|Giờ làm việc|Giờ|Phút|Tuần|Tháng|Năm"
MONEY = r"(?:\d{1,3}(?:[.,]\d{3})+|\d+(?:[.,]\d{1,2})?)?\s?(?:Việt Nam Đồng|VNĐ|VND|Đồng|USD|EUR)"
FEE = rf"Miễn phí|Không có thông tin|{MONEY}"
# A sentence in the time cell ends where a fee cell begins, and never runs over the next row.
SENTENCE = rf"[{UPPER}](?:(?!(?:{CHANNEL})[{UPPER}\d])[^\n]){{0,160}}?(?=(?:Miễn phí|Không có thông tin))"
TIME = rf"Không có thông tin|\d[\d.,]*\s?(?:{UNIT})?|{SENTENCE}"
ROW = re.compile(rf"({CHANNEL})(?=({TIME})({FEE})?)")
ENUMERATOR = re.compile(r"(?:[a-zđ]|\d{1,2}|[ivx]{1,4})$")


@dataclass(frozen=True)
class TableRow:
    """The cells of one row as text; `run_together` when the time has no unit and an amount follows it directly."""

    channel: str
    time: str
    fee: str
    note: str
    description: str
    text: str
    run_together: bool


def rows_in(table: str) -> tuple[list[TableRow], str]:
    """The rows of a channel table, and the text before the first of them (empty when all is well)."""
    body = table.removeprefix(HEADER)
    starts = list(ROW.finditer(body))
    if not starts:
        return [], body
    ends = [match.start() for match in starts[1:]] + [len(body)]
    rows = [_row(match, body[match.start() : end]) for match, end in zip(starts, ends, strict=True)]
    return rows, body[: starts[0].start()]


def _row(match: re.Match[str], text: str) -> TableRow:
    channel, time, fee = match.group(1), match.group(2), match.group(3) or ""
    note, description = note_of(text[len(channel) + len(time) + len(fee) :])
    digits = re.fullmatch(r"[\d.,\s]+", time) is not None
    together = digits and bool(re.match(r"\s?(?:Việt|VN|Đồng|USD|EUR)|\d", fee))
    return TableRow(channel, time, fee, note, description, text, together)


def note_of(text: str) -> tuple[str, str]:
    """A fee's description in parentheses and what follows it; "a)" and "1)" close nothing.

    Where a parenthesis is never closed, the note ends at a closing one that runs into the next cell; failing that there
    is no note, and everything is description.
    """
    if not text.startswith("("):
        return "", text
    depth = 0
    for at, letter in enumerate(text):
        if letter == "(":
            depth += 1
        elif letter == ")" and not _enumerates(text, at):
            depth -= 1
            if depth == 0:
                return _with_stray(text, at)
    joined = [match.start() for match in re.finditer(rf"\)(?=[{UPPER}\d+*-]|[{LOWER}]{{2}}|$)", text)]
    return _with_stray(text, joined[0]) if joined else ("", text)


def _with_stray(text: str, at: int) -> tuple[str, str]:
    end = at + 1
    while text[end : end + 1] == ")":
        end += 1
    return text[1:at] + text[at : end - 1], text[end:]


def _enumerates(text: str, at: int) -> bool:
    """Whether the parenthesis closing `at` only ends an enumerator, as in "a) …" and not in "(a)"."""
    before = text[max(0, at - 5) : at]
    match = ENUMERATOR.search(before)
    if not match:
        return False
    lead = before[: match.start()]
    # "(a" at the very beginning is the note's own parenthesis followed by "a)".
    return lead.endswith((" ", "\t", "\n", ";", ".")) or (lead.endswith("(") and at <= 5)
