"""Reading histories of an older system: XES or CSV with a mapping of its columns, into cases of dated activities.

Pure: files in, lines out, packed with gzip or not. Nothing is invented: what a line does not say is not there, what
cannot be read is reported by its number and left out. A line that says the same as an earlier one is an event of its
own: offices write days without a time, and do the same thing twice on one day. Such lines are counted.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, cast

import yaml

from infra.chassis.json_types import Json
from services.applications.exchange.csv_reader import read_lines
from services.applications.exchange.timestamps import written_instant
from services.applications.exchange.xes_reader import NotXes, read_xes

REQUIRED = ("case", "activity", "timestamp")
LONGEST_NAME = 500  # characters of a case, an activity
ZIPPED = b"\x1f\x8b"
LINES_A_LOOK = 500  # lines between two reports of how far the file is read


class BadMapping(ValueError):
    """The mapping is no mapping, or names a column that the file has not."""


@dataclass(frozen=True)
class Columns:
    """Which column (or XES attribute) holds what; `resource` may be left out."""

    case: str
    activity: str
    timestamp: str
    resource: str | None = None

    @classmethod
    def parse(cls, text: str) -> Columns:
        try:
            content = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise BadMapping(f"the mapping is no YAML: {error}") from error
        if not isinstance(content, dict):
            raise BadMapping("the mapping needs the keys case, activity, timestamp and resource")
        unknown = sorted(str(key) for key in set(content) - {*REQUIRED, "resource"})
        missing = [key for key in REQUIRED if not isinstance(content.get(key), str)]
        if missing or unknown:
            raise BadMapping(f"the mapping lacks {missing} or has keys it does not know: {unknown}")
        return cls(**{key: str(value) for key, value in content.items() if value is not None})

    @property
    def columns(self) -> set[str]:
        return {self.case, self.activity, self.timestamp} | ({self.resource} if self.resource else set())


@dataclass(frozen=True)
class Activity:
    """One line of an older history. `at` aware, `attributes` all other columns as they were."""

    line: int
    case: str
    activity: str
    at: datetime
    resource: str | None
    attributes: Mapping[str, str]

    @property
    def key(self) -> tuple[object, ...]:
        """The same for lines that say the same, whatever their number: not an identity."""
        return (self.case, self.activity, self.at.isoformat(), self.resource, tuple(sorted(self.attributes.items())))


Rows = Iterator[tuple[int, Mapping[str, str], str | None]]


@dataclass
class OlderHistory:
    """What a file holds: activities by case in the order of time, bad lines with the reason, how many lines repeat."""

    cases: dict[str, list[Activity]] = field(default_factory=dict)
    bad: list[Json] = field(default_factory=list)
    duplicates: int = 0

    @property
    def activities(self) -> int:
        return sum(map(len, self.cases.values()))


def read_history(
    file: IO[bytes], name: str, mapping: Columns, progress: Callable[[int], None] = lambda position: None
) -> OlderHistory:
    """Read a file that can be sought, by the ending of its name: `.xes`, else CSV. BadMapping, NotXes.

    `progress`: called now and then how many bytes of the file, packed or not, have been read.
    """
    try:
        rows = _rows(_unpacked(file), name, mapping)
        return _gathered(_watched(rows, lambda: progress(file.tell())), mapping)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise NotXes(f"the file does not unpack: {error}") from error


def _watched(rows: Rows, watch: Callable[[], None]) -> Rows:
    for number, row in enumerate(rows):
        if number % LINES_A_LOOK == 0:
            watch()
        yield row


def _gathered(rows: Rows, mapping: Columns) -> OlderHistory:
    history, ids = OlderHistory(), set()
    for line, values, problem in rows:
        activity = problem or _activity(line, values, mapping)
        if isinstance(activity, str):
            history.bad.append({"line": line, "problem": activity})
        else:
            history.duplicates += activity.key in ids
            ids.add(activity.key)
            history.cases.setdefault(activity.case, []).append(activity)
    for activities in history.cases.values():
        activities.sort(key=lambda activity: (activity.at, activity.line))
    return history


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    packed = file.read(2) == ZIPPED
    file.seek(0)
    return cast(IO[bytes], gzip.open(file)) if packed else file


def _rows(file: IO[bytes], name: str, mapping: Columns) -> Rows:
    return _xes_rows(file, mapping) if name.lower().removesuffix(".gz").endswith(".xes") else _csv_rows(file, mapping)


def _csv_rows(file: IO[bytes], mapping: Columns) -> Rows:
    heading, lines = read_lines(file)
    if lacking := sorted(mapping.columns - set(heading)):
        raise BadMapping(f"the file has no column {', '.join(lacking)}; it has {', '.join(heading)}")
    return lines


_CASE = "\0case"  # a name no attribute has: in most logs case and activity are both called `concept:name`


def _xes_rows(file: IO[bytes], mapping: Columns) -> Rows:
    """The case is an attribute of the trace; other attributes of a trace go to each of its events, under `case:`."""
    named = mapping.case.removeprefix("case:")
    for number, trace, event in read_xes(file):
        of_case = {f"case:{key}": value for key, value in trace.items() if key != named}
        own = "" if mapping.case == mapping.activity else event.get(mapping.case, "")
        yield number, {**of_case, **event, _CASE: trace.get(named, own)}, None


def _activity(line: int, values: Mapping[str, str], mapping: Columns) -> Activity | str:
    case = values.get(_CASE, values.get(mapping.case, "")).strip()
    activity, stamp = values.get(mapping.activity, "").strip(), values.get(mapping.timestamp, "").strip()
    if not case or not activity or not stamp:
        return "case, activity or time is empty"
    if len(case) > LONGEST_NAME or len(activity) > LONGEST_NAME:
        return f"case or activity is longer than {LONGEST_NAME} characters"
    at = written_instant(stamp)
    if at is None:
        return f"no time: {stamp[:60]}"
    resource = values.get(mapping.resource) if mapping.resource else None
    others = {key: value for key, value in values.items() if key not in mapping.columns | {_CASE}}
    return Activity(line, case, activity, at, resource or None, others)
