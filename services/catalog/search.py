"""Finding a procedure the way people type: no diacritics, any order, abbreviations, part of a code, a slip of a finger.

The database finds (full text on PostgreSQL, FTS5 on SQLite) and ranks by the same whole-number score on both, so
both give the same answers. What was typed is read in four ways, from strict to generous; the first that finds wins:

1. every word as it stands, 2. the last word only begun, 3. words one letter off, 4. most of the words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Select, case, false, literal, or_, select
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from infra.chassis.database import Database
from infra.chassis.instants import day_of, today
from infra.chassis.settings import Settings
from infra.chassis.vietnamese_text import folded_words, unified
from services.catalog import query_readings
from services.catalog.cursors import cursor as cursor_at
from services.catalog.cursors import place, unknown
from services.catalog.facets import facet_counts, resolved, within
from services.catalog.folding import code_prefix, plain_title, with_legal_terms
from services.catalog.models import SearchEntry
from services.catalog.query_readings import QueryReading, Vocabulary
from services.catalog.ranking import ranked, score

MOST_WORDS = 12
ENOUGH = 0.6  # share of a query's words that must be found when not every word can be


@dataclass(frozen=True)
class Query:
    """What was asked, read once. ``words`` folded and put into the words of the law."""

    text: str
    day: date
    narrowed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, at: str | None, narrowed: dict[str, Any]) -> Query:
        """The query of a call: ``narrowed`` maps facet kinds to the value asked for, or to nothing."""
        return cls(text, day_of(at), {kind: str(value) for kind, value in narrowed.items() if value is not None})

    @property
    def words(self) -> list[str]:
        return plain_title(with_legal_terms(folded_words(self.text))).split()[:MOST_WORDS]

    @property
    def code(self) -> str | None:
        return code_prefix(self.text)


class SearchEngine:
    """Search and typing suggestions over the versions in force on a day."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._vocabulary = Vocabulary()

    @classmethod
    def from_settings(cls, settings: Settings) -> SearchEngine:
        return cls(Database.at(settings.database_url("catalog")))

    def search(self, query: Query, limit: int = 50, cursor: str | None = None, facets: bool = False) -> dict[str, Any]:
        """``{"items": [...], "next_cursor", "reading"}``, best first; ``total`` and ``facets`` when asked for."""
        offset = _offset(cursor)
        with self.database.session() as session:
            query = replace(query, narrowed=resolved(session, query.narrowed, query.day))
            rows, found, reading = self._read(session, query, limit + 1, offset)
            reply: dict[str, Any] = {
                "items": [_item(row.SearchEntry) for row in rows[:limit]],
                "next_cursor": cursor_at(str(offset + limit)) if len(rows) > limit else None,
                "reading": reading,
            }
            if facets:
                reply |= facet_counts(session, found, query.day)
            return reply

    def suggest(self, text: str, limit: int = 8) -> dict[str, Any]:
        """Titles for what has been typed so far; the last word counts as begun."""
        with self.database.session() as session:
            rows, _, _ = self._read(session, Query(text, today()), limit, begun=True)
        return {"items": [{"code": row.SearchEntry.code, "title": row.SearchEntry.summary["title"]} for row in rows]}

    def _read(
        self, session: Session, query: Query, limit: int, offset: int = 0, begun: bool = False
    ) -> tuple[Sequence[Any], Select[Any], str]:
        """A page of the first reading under which anything is found; ``begun``: the query is still being typed."""
        if not query.words and unified(query.text):  # another script, or signs only: that names no procedure here
            return [], _in_force(query).where(false()), "nothing"
        if query.code or not query.words:
            found = _by_code(query) if query.code else _in_force(query)
            return _page(session, ranked(found, literal(0)), limit, offset), found, "code" if query.code else "all"
        self._vocabulary = self._vocabulary.fresh(session)
        for name, reading in query_readings.readings_of(query.words, self._vocabulary):
            if begun and name == "words":
                continue
            found = _matching(session, query, reading, self._vocabulary)
            # Whether there is anything costs a tenth of ranking it, and most readings but the right one find nothing.
            if session.scalar(select(found.exists())):
                points = score(session, query.text, reading, self._vocabulary)
                return _page(session, ranked(found, points), limit, offset), found, name
        return [], _in_force(query).where(false()), "nothing"


def _page(session: Session, ordered: Select[SearchEntry, int], limit: int, offset: int) -> Sequence[Any]:
    return session.execute(ordered.limit(limit).offset(offset)).all()


def _in_force(query: Query) -> Select[Any]:
    """Entries in force on the day, within the facets asked for."""
    until = SearchEntry.effective_until
    found = select(SearchEntry.id).where(
        SearchEntry.effective_from <= query.day, or_(until.is_(None), until >= query.day)
    )
    for ids in within(query.narrowed, query.day):
        found = found.where(SearchEntry.id.in_(ids))
    return found


def _by_code(query: Query) -> Select[Any]:
    typed = query.code or ""
    begins = SearchEntry.code.like(f"{typed}%")
    return _in_force(query).where(begins if "." in typed else or_(begins, SearchEntry.code.like(f"%.{typed}%")))


def _matching(session: Session, query: Query, reading: QueryReading, vocabulary: Vocabulary) -> Select[Any]:
    sqlite = session.get_bind().dialect.name == "sqlite"
    enough = math.ceil(len(reading.groups) * ENOUGH)
    looked_up = reading.rarest(len(reading.groups) - enough + 1, vocabulary) if reading.partly else reading
    asked = _fts5(looked_up) if sqlite else _tsquery(looked_up)
    found = _in_force(query)
    if sqlite:
        hits = sql_text("search_entry.id IN (SELECT rowid FROM search_text WHERE search_text MATCH :asked)").bindparams(
            asked=asked
        )
    else:
        hits = sql_text("search_entry.vector @@ CAST(:asked AS tsquery)").bindparams(asked=asked)
    found = found.where(hits)
    if reading.partly:
        held = sum((_contains_any(group) for group in reading.groups), literal(0))
        found = found.where(held >= enough)
    return found


def _fts5(reading: QueryReading) -> str:
    return _query_expression(reading, '"', "*", " AND ", " OR ")


def _tsquery(reading: QueryReading) -> str:
    return _query_expression(reading, "'", ":*", " & ", " | ")


def _query_expression(reading: QueryReading, quote: str, begun: str, both: str, either: str) -> str:
    """The query in a database's own words. Folded words are letters and digits: quoting them is enough."""
    ways = []
    for groups in reading.ways():
        shown = [either.join(f"{quote}{word}{quote}" for word in group) for group in groups]
        if reading.prefix:
            shown[-1] += begun
        ways.append((either if reading.partly else both).join(f"({group})" for group in shown))
    return either.join(f"({way})" for way in ways)


def _contains_any(group: tuple[str, ...]) -> ColumnElement[int]:
    return case((or_(*[SearchEntry.words.like(f"% {word} %") for word in group]), 1), else_=0)


def _item(entry: SearchEntry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "version": entry.version,
        **entry.summary,
        "effective_from": entry.effective_from.isoformat(),
        "effective_until": entry.effective_until.isoformat() if entry.effective_until else None,
    }


def _offset(cursor: str | None) -> int:
    text = place(cursor) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise unknown()
    return int(text)
