"""Lines of a CSV file however a spreadsheet wrote it: byte order marks, UTF-8 or UTF-16, commas, semicolons, tabs.

Pure. A line that cannot be read is reported by its number with what is wrong, and costs no other line: a quotation mark
that is never closed does not swallow what follows.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator, Mapping
from typing import IO

DELIMITERS = ",;\t|"
LONGEST_CELL = 1 << 20  # characters
LONGEST_RECORD = 200  # lines that one cell may span
PROBE = 1 << 12
Line = tuple[int, Mapping[str, str], str | None]


def read_lines(file: IO[bytes]) -> tuple[list[str], Iterator[Line]]:
    """(column names, lines as (number, values by column, problem)). Numbers count from 1, the heading being a line."""
    csv.field_size_limit(LONGEST_CELL)
    text = _Lines(_decoded(file))
    first = text.take()
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # a spreadsheet's own note of its separator
        delimiter, first = first.strip()[4], text.take()
    else:
        delimiter = _delimiter(first)
    text.put_back(first)
    heading = _named(_record(text, delimiter)[0] or [])
    return heading, _lines(text, heading, delimiter)


def _lines(text: _Lines, heading: list[str], delimiter: str) -> Iterator[Line]:
    while text:
        number = text.number + 1
        row, problem = _record(text, delimiter)
        if row is None or len(row) not in (0, len(heading)):
            # What follows on the next line may well be a line of its own.
            text.keep_only_first(number)
            row = row or []
            yield number, {}, problem or f"{len(row)} columns instead of {len(heading)}"
        elif row and any(row):
            values = dict(zip(heading, row, strict=True))
            yield number, values, _unreadable(values)


def _record(text: _Lines, delimiter: str) -> tuple[list[str] | None, str | None]:
    text.begin()
    try:
        return next(csv.reader(text, delimiter=delimiter, strict=True), []), None
    except csv.Error as error:
        return None, f"not readable: {error}"


class _Lines:
    """Physical lines that can be put back; as an iterator it gives those of one record."""

    def __init__(self, file: Iterator[str]) -> None:
        self.number = 0
        self._file, self._waiting, self._consumed = file, deque[str](), list[str]()

    def __bool__(self) -> bool:
        if not self._waiting:
            self._waiting.extend(line for line in [next(self._file, None)] if line is not None)
        return bool(self._waiting)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if not self or len(self._consumed) == LONGEST_RECORD:
            raise StopIteration
        self.number += 1
        self._consumed.append(self._waiting.popleft())
        return self._consumed[-1]

    def begin(self) -> None:
        self._consumed = []

    def take(self) -> str:
        self.begin()
        return next(self, "")

    def put_back(self, line: str) -> None:
        if line:
            self._waiting.appendleft(line)
            self.number -= 1

    def keep_only_first(self, number: int) -> None:
        """Put back all lines of the record but its first."""
        self._waiting.extendleft(reversed(self._consumed[1:]))
        self.number = number


def _decoded(file: IO[bytes]) -> Iterator[str]:
    head = file.read(PROBE)
    file.seek(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, errors = "utf-16", "replace"
    elif b"\0" in head[:4]:
        encoding, errors = ("utf-16-le" if head[1:2] == b"\0" else "utf-16-be"), "replace"
    else:
        encoding, errors = "utf-8-sig", "surrogateescape"
    return io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")


def _delimiter(heading: str) -> str:
    outside = "".join(heading.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _named(heading: list[str]) -> list[str]:
    """Column names without blanks around them; the unnamed by place, the repeated numbered."""
    names: list[str] = []
    for place, heading_cell in enumerate(heading, 1):
        name = chosen = heading_cell.strip() or f"column {place}"
        number = 1
        while chosen in names:
            number += 1
            chosen = f"{name} ({number})"
        names.append(chosen)
    return names


def _unreadable(values: Mapping[str, str]) -> str | None:
    for name, value in values.items():
        if "\0" in value or "\ufffd" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            return f"column {name}: bytes that are no text"
    return None
