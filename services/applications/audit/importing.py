"""Reading histories of an older system: XES or CSV with a mapping of its columns, into cases of dated activities.

Pure: files in, lines out. Nothing is invented: what a line does not say is not there, what cannot be read is reported
by its number and left out, a line that says the same as an earlier one is counted and left out.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

import yaml

from infra.working_time import OFFICE_ZONE
from services.applications.audit.xes import read

REQUIRED = ("case", "activity", "timestamp")
FORMATS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y/%m/%d %H:%M:%S")
LONGEST_CELL = 1 << 20


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
            kept = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise BadMapping(f"the mapping is no YAML: {error}") from error
        if not isinstance(kept, dict):
            raise BadMapping("the mapping needs the keys case, activity, timestamp and resource")
        unknown = sorted(str(key) for key in set(kept) - {*REQUIRED, "resource"})
        missing = [key for key in REQUIRED if not isinstance(kept.get(key), str)]
        if missing or unknown:
            raise BadMapping(f"the mapping lacks {missing} or has keys it does not know: {unknown}")
        return cls(**{key: str(value) for key, value in kept.items() if value is not None})

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
    def key(self) -> str:
        """The same for lines that say the same, whatever their number."""
        said = [self.case, self.activity, self.at.isoformat(), self.resource, sorted(self.attributes.items())]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


@dataclass
class Read:
    """What a file holds: activities by case, each in the order of time; bad lines with the reason; duplicates."""

    cases: dict[str, list[Activity]] = field(default_factory=dict)
    bad: list[dict[str, Any]] = field(default_factory=list)
    duplicates: int = 0

    @property
    def activities(self) -> int:
        return sum(map(len, self.cases.values()))


def read_history(file: IO[bytes], name: str, mapping: Columns) -> Read:
    """Read a file by the ending of its name: `.xes`, else CSV."""
    rows = _xes_rows(file, mapping) if name.lower().endswith(".xes") else _csv_rows(file, mapping)
    found, seen = Read(), set()
    for line, values, problem in rows:
        activity = problem or _activity(line, values, mapping)
        if isinstance(activity, str):
            found.bad.append({"line": line, "problem": activity})
        elif activity.key in seen:
            found.duplicates += 1
        else:
            seen.add(activity.key)
            found.cases.setdefault(activity.case, []).append(activity)
    for activities in found.cases.values():
        activities.sort(key=lambda activity: (activity.at, activity.line))
    return found


Rows = Iterable[tuple[int, Mapping[str, str], str | None]]


def _csv_rows(file: IO[bytes], mapping: Columns) -> Iterator[tuple[int, Mapping[str, str], str | None]]:
    csv.field_size_limit(LONGEST_CELL)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    first = text.readline()
    delimiter = max(",;\t|", key=first.count)
    heading = next(csv.reader([first], delimiter=delimiter), [])
    if lacking := sorted(mapping.columns - set(heading)):
        raise BadMapping(f"the file has no column {', '.join(lacking)}; it has {', '.join(heading)}")
    rows = csv.reader(text, delimiter=delimiter)
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield rows.line_num + 1, {}, f"not readable: {error}"
            continue
        if row is None:
            return
        if row:
            problem = None if len(row) == len(heading) else f"{len(row)} columns instead of {len(heading)}"
            yield rows.line_num + 1, dict(zip(heading, row, strict=False)), problem


_CASE = "\0case"  # a name no attribute has: in most logs case and activity are both called `concept:name`


def _xes_rows(file: IO[bytes], mapping: Columns) -> Iterator[tuple[int, Mapping[str, str], str | None]]:
    """The case is an attribute of the trace; other attributes of a trace go to each of its events, under `case:`."""
    for number, trace, event in read(file):
        of_case = {f"case:{key}": value for key, value in trace.items() if key != mapping.case}
        yield number, {**of_case, **event, _CASE: trace.get(mapping.case, "")}, None


def _activity(line: int, values: Mapping[str, str], mapping: Columns) -> Activity | str:
    case = values.get(_CASE, values.get(mapping.case, ""))
    activity, stamp = values.get(mapping.activity, "").strip(), values.get(mapping.timestamp, "").strip()
    if not case.strip() or not activity or not stamp:
        return "case, activity or time is empty"
    at = instant(stamp)
    if at is None:
        return f"no time: {stamp[:60]}"
    resource = values.get(mapping.resource) if mapping.resource else None
    others = {key: value for key, value in values.items() if key not in mapping.columns | {_CASE}}
    return Activity(line, case.strip(), activity, at, resource or None, others)


def instant(text: str) -> datetime | None:
    """ISO 8601 or a Vietnamese date; office time where no zone is given; None for anything else."""
    found = None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        for written in FORMATS:
            try:
                found = datetime.strptime(text, written).replace(tzinfo=OFFICE_ZONE)
                break
            except ValueError:
                continue
    if found is None:
        return None
    return found if found.tzinfo else found.replace(tzinfo=OFFICE_ZONE)
