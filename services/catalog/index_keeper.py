"""Keeps the index of a process as the database has it: each search asks for the version, and only changes are read."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import bindparam, select

from infra.chassis.json_types import Json
from infra.chassis.storage.database import Database
from infra.chassis.storage.reads import Read
from infra.chassis.storage.types import TableRow
from services.catalog.facets import FacetIndex, Filters
from services.catalog.models import SearchEntry, SearchVersion
from services.catalog.postings import bits_of
from services.catalog.title_index import TitleIndex

BREATH = 100  # entries taken in between two looks at other work
MOST_NARROWED = 200  # sets for filters, a kilobyte each
MOST_FACET_DAYS = 4
MOST_SUMMARIES = 8_000  # of about 2 kB
COUNTERS = (SearchVersion.entries, SearchVersion.agencies)
ENTRY = (
    SearchEntry.id, SearchEntry.code, SearchEntry.version, SearchEntry.effective_from, SearchEntry.effective_until,
    SearchEntry.title, SearchEntry.accented, SearchEntry.words, SearchEntry.length, SearchEntry.uses,
)  # fmt: skip
VERSION = Read(select(*COUNTERS))
CHANGES = Read(select(*ENTRY).where(SearchEntry.changed > bindparam("since")))
SUMMARIES = select(
    SearchEntry.id, SearchEntry.code, SearchEntry.version, SearchEntry.effective_from, SearchEntry.summary
)


class IndexKeeper:
    """The index, and what is remembered of filters, facets and entries shown; one use of it at a time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._summaries: dict[int, Json] = {}
        self._version_taken_in = -1  # the version that the index has
        self._carried = (0, 0)  # what the two below were made for: the index's content, the version of the agencies
        self._narrowed: dict[tuple[date, tuple[tuple[str, str], ...]], int] = {}
        self._facets: dict[date, FacetIndex] = {}
        self._forget()

    @contextlib.contextmanager
    def current(self) -> Iterator[TitleIndex]:
        """The index with everything that was committed when this was called; nobody changes it meanwhile."""
        version = self._version()
        with self._lock:
            if version.entries < self._version_taken_in:  # another search was faster, or an older database is back
                version = self._version()
            try:
                self._take_in(version)
            except BaseException:  # half of it, perhaps
                self._forget()
                raise
            yield self._index

    def narrowed(self, filters: Filters, day: date) -> int:
        """The entries within filters; to be asked within :meth:`current`."""
        if not filters.values:
            return self._index.everything
        key = (day, tuple(sorted(filters.values.items())))
        if key not in self._narrowed:
            if len(self._narrowed) >= MOST_NARROWED:
                self._narrowed.clear()
            self._narrowed[key] = self._within(filters, day)
        return self._narrowed[key]

    def facets(self, day: date) -> FacetIndex:
        """What entries carry on a day; to be asked within :meth:`current`."""
        if day not in self._facets:
            if len(self._facets) >= MOST_FACET_DAYS:
                self._facets.clear()
            with self.database.session() as session:
                self._facets[day] = FacetIndex.read(session, day, self._index.slots)
        return self._facets[day]

    def summaries(self, ids: Sequence[int]) -> list[Json]:
        """What result lists show of entries, but for their last day; it never changes."""
        remembered = self._summaries
        summaries_by_id = {entry_id: remembered[entry_id] for entry_id in ids if entry_id in remembered}
        if missing := [entry_id for entry_id in ids if entry_id not in summaries_by_id]:
            with self.database.session() as session:
                rows = session.execute(SUMMARIES.where(SearchEntry.id.in_(missing))).all()
            summaries_by_id |= {row.id: _summary(row) for row in rows}
            if len(remembered) + len(rows) > MOST_SUMMARIES:
                remembered.clear()
            remembered |= summaries_by_id
        return [summaries_by_id[entry_id] for entry_id in ids]

    def _version(self) -> TableRow:
        return self.database.rows(VERSION)[0]

    def _take_in(self, version: TableRow) -> None:
        if version.entries < self._version_taken_in or self._index.dead * 2 > len(self._index.ids):
            self._forget()
            self._summaries.clear()
        if version.entries != self._version_taken_in:
            for number, entry in enumerate(self.database.rows(CHANGES, since=self._version_taken_in)):
                self._index.put(entry)
                if number % BREATH == BREATH - 1:
                    time.sleep(0)
            self._version_taken_in = version.entries
        carried = (self._index.content, version.agencies)
        if carried != self._carried:
            self._narrowed.clear()
            self._facets.clear()
            self._carried = carried

    def _forget(self) -> None:
        self._index, self._version_taken_in, self._carried = TitleIndex(), -1, (0, 0)
        self._narrowed.clear()
        self._facets.clear()

    def _within(self, filters: Filters, day: date) -> int:
        bits = self._index.everything
        with self.database.session() as session:
            for ids in filters.on(session, day).entry_ids(day):
                slots = self._index.slots
                bits &= bits_of([slots[entry_id] for entry_id in session.scalars(ids) if entry_id in slots])
        return bits


def _summary(row: TableRow) -> Json:
    return {
        "code": row.code,
        "version": row.version,
        **row.summary,
        "effective_from": row.effective_from.isoformat(),
    }
