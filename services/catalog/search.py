"""Finding a procedure the way people type: no diacritics, any order, abbreviations, part of a code, a slip of a finger.

The database finds (full text on PostgreSQL, FTS5 on SQLite) and ranks by the same whole-number score on both, so
both give the same answers. What was typed is read in four ways, from strict to generous:

1. every word as it is, 2. the last word only begun, 3. words one letter off, 4. most of the words.

The first reading that finds a title in which the words are together ends the search. A title that only happens to
hold them, far apart, does not: what the more generous readings find is then ranked together with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, false, literal, or_, select
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from infra.chassis.cursors import cursor_of, key_of
from infra.chassis.instants import day_of, today
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.text.vietnamese_text import folded_words, unified
from services.catalog import query_readings
from services.catalog.facets import Filters, facet_counts
from services.catalog.folding import code_prefix, plain_title, with_common_names, with_legal_terms
from services.catalog.models import SearchEntry
from services.catalog.query_readings import QueryReading, Vocabulary
from services.catalog.ranking import ORDER_KINDS, after_key, best_first, order_key, score, words_together

MOST_WORDS = 12
ENOUGH = 0.6  # share of a query's words that must be found when not every word can be


@dataclass(frozen=True)
class Query:
    """A call's query, read once. ``words`` folded and put into the words of the law."""

    text: str
    day: date
    filters: Filters = field(default_factory=Filters)

    @classmethod
    def of(cls, text: str, at: str | None, filters: Mapping[str, object]) -> Query:
        """The query of a call: ``filters`` maps kinds of facets to the value named, or to None."""
        return cls(text, day_of(at), Filters.of(filters))

    def words(self, vocabulary: Vocabulary) -> list[str]:
        """The words of the law for what was typed; a common name counts with a slip in it, too."""
        folded = folded_words(self.text)
        named = with_common_names(folded)
        if named == folded:
            respelled = vocabulary.one_word_respelled(folded.split()[:MOST_WORDS])
            named = next((name for other in respelled if (name := with_common_names(other)) != other), folded)
        return plain_title(with_legal_terms(named)).split()[:MOST_WORDS]

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

    def search(self, query: Query, limit: int = 50, cursor: str | None = None, facets: bool = False) -> Json:
        """``{"items": [...], "next_cursor", "reading"}``, best first; ``total`` and ``facets`` when asked for."""
        after = key_of(cursor, *ORDER_KINDS)
        with self.database.session() as session:
            query = replace(query, filters=query.filters.on(session, query.day))
            results = self._results(session, query)
            rows = session.execute(after_key(results.ranked, after).limit(limit + 1)).all()
            last = rows[limit - 1] if len(rows) > limit else None
            reply: dict[str, Any] = {
                "items": [_item(row.SearchEntry) for row in rows[:limit]],
                "next_cursor": cursor_of(*order_key(last)) if last is not None else None,
                "reading": results.reading,
            }
            if facets:
                reply |= facet_counts(session, results.entries, query.day)
            return reply

    def suggest(self, text: str, limit: int = 8) -> Json:
        """Titles for what has been typed so far; the last word counts as begun."""
        with self.database.session() as session:
            rows = session.execute(self._results(session, Query(text, today()), begun=True).ranked.limit(limit)).all()
        return {"items": [{"code": row.SearchEntry.code, "title": row.SearchEntry.summary["title"]} for row in rows]}

    def _results(self, session: Session, query: Query, begun: bool = False) -> Results:
        """What a query means; ``begun``: it is still being typed."""
        in_force = _in_force(query)
        if not folded_words(query.text) and unified(
            query.text
        ):  # another script, or signs only: that names no procedure here
            return Results(in_force.where(false()), literal(0), "nothing")
        if query.code:
            return Results(_by_code(in_force, query.code), literal(0), "code")
        if not folded_words(query.text):
            return Results(in_force, literal(0), "all")
        self._vocabulary = self._vocabulary.fresh(session)
        readings = self._readings(session, query, in_force, begun)
        if not readings:
            return Results(in_force.where(false()), literal(0), "nothing")
        matching = [_matches(session, reading, self._vocabulary) for _, reading in readings]
        widest = QueryReading.merged([reading for _, reading in readings])
        points = score(session, query.text, widest, self._vocabulary)
        return Results(in_force.where(or_(*matching)), points, readings[-1][0])

    def _readings(
        self, session: Session, query: Query, in_force: Select[Any], begun: bool
    ) -> list[tuple[str, QueryReading]]:
        """The readings under which something is found, up to the first that finds the words together."""
        readings: list[tuple[str, QueryReading]] = []
        for name, reading in query_readings.readings_of(query.words(self._vocabulary), self._vocabulary):
            if begun and name == "words":
                continue
            entries = in_force.where(_matches(session, reading, self._vocabulary))
            # Whether there is anything costs a tenth of ranking it, and most readings but the right one find nothing.
            if session.scalar(select(entries.exists())):
                readings.append((name, reading))
                if session.scalar(select(entries.where(words_together(reading, self._vocabulary)).exists())):
                    break
        return readings


@dataclass(frozen=True)
class Results:
    """The entries found, what each is worth, and the most generous reading that contributed."""

    entries: Select[Any]
    points: ColumnElement[int]
    reading: str

    @property
    def ranked(self) -> Select[SearchEntry, int]:
        return best_first(self.entries, self.points)


def _in_force(query: Query) -> Select[Any]:
    """Entries in force on the day, within the facets asked for."""
    until = SearchEntry.effective_until
    entries = select(SearchEntry.id).where(
        SearchEntry.effective_from <= query.day, or_(until.is_(None), until >= query.day)
    )
    for ids in query.filters.entry_ids(query.day):
        entries = entries.where(SearchEntry.id.in_(ids))
    return entries


def _by_code(in_force: Select[Any], typed: str) -> Select[Any]:
    begins = SearchEntry.code.like(f"{typed}%")
    return in_force.where(begins if "." in typed else or_(begins, SearchEntry.code.like(f"%.{typed}%")))


def _matches(session: Session, reading: QueryReading, vocabulary: Vocabulary) -> ColumnElement[bool]:
    """Whether an entry fits a reading."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    enough = math.ceil(len(reading.groups) * ENOUGH)
    indexed = reading.rarest(len(reading.groups) - enough + 1, vocabulary) if reading.partly else reading
    if sqlite:
        matching = sql_text("search_entry.id IN (SELECT rowid FROM search_text WHERE search_text MATCH :typed)")
        typed = _fts5(indexed)
    else:
        matching = sql_text("search_entry.vector @@ CAST(:typed AS tsquery)")
        typed = _tsquery(indexed)
    query = matching.bindparams(bindparam("typed", typed, unique=True))
    if not reading.partly:
        return and_(query)
    hits = sum((_contains_any(group) for group in reading.groups), literal(0))
    return and_(query, hits >= enough)


def _fts5(reading: QueryReading) -> str:
    return _query_expression(reading, '"', "*", " AND ", " OR ")


def _tsquery(reading: QueryReading) -> str:
    return _query_expression(reading, "'", ":*", " & ", " | ")


def _query_expression(reading: QueryReading, quote: str, begun: str, both: str, either: str) -> str:
    """The query in a database's own words. Folded words are letters and digits: quoting them is enough."""
    ways = []
    for groups in reading.ways():
        parts = [either.join(f"{quote}{word}{quote}" for word in group) for group in groups]
        if reading.prefix:
            parts[-1] += begun
        ways.append((either if reading.partly else both).join(f"({group})" for group in parts))
    return either.join(f"({way})" for way in ways)


def _contains_any(group: tuple[str, ...]) -> ColumnElement[int]:
    return case((or_(*[SearchEntry.words.like(f"% {word} %") for word in group]), 1), else_=0)


def _item(entry: SearchEntry) -> Json:
    return {
        "code": entry.code,
        "version": entry.version,
        **entry.summary,
        "effective_from": entry.effective_from.isoformat(),
        "effective_until": entry.effective_until.isoformat() if entry.effective_until else None,
    }
