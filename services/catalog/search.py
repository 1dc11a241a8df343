"""Finding a procedure the way people type: no diacritics, any order, abbreviations, part of a code, a slip of a finger.

Each process holds an index of all titles (:mod:`title_index`), kept as the database has it (:mod:`index_keeper`): it
answers without a statement but the one that asks whether anything changed. What was typed is read in four ways, from
strict to generous:

1. every word as it is, 2. the last word only begun, 3. words one letter off, 4. most of the words.

The first reading that finds a title in which the words are together ends the search. A title that only happens to
hold them, far apart, does not: what the more generous readings find is then ranked together with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from infra.chassis.cursors import cursor_of, key_of
from infra.chassis.instants import day_of, today
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.text.vietnamese_text import folded_words, unified
from services.catalog import query_readings
from services.catalog.facets import Filters
from services.catalog.folding import code_prefix, plain_title, with_common_names, with_legal_terms
from services.catalog.index_keeper import IndexKeeper
from services.catalog.places import province_asked_for
from services.catalog.postings import at_least
from services.catalog.query_readings import QueryReading, Vocabulary
from services.catalog.ranking import (
    ORDER_KINDS,
    Place,
    Score,
    best_first,
    key_of_place,
    place_of,
    words_together,
)
from services.catalog.title_index import NEVER, TitleIndex

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
        """The query of a call: ``filters`` maps kinds of facets to the value named, or to None.

        Refuses ``ProvinceNotFound``; a province merged by the day means its successor.
        """
        day = day_of(at)
        if province := filters.get("province"):
            filters = {**filters, "province": province_asked_for(str(province), day)}
        return cls(text, day, Filters.of(filters))

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
        self._keeper = IndexKeeper(database)

    @classmethod
    def from_settings(cls, settings: Settings) -> SearchEngine:
        return cls(Database.at(settings.database_url("catalog")))

    def search(self, query: Query, limit: int = 50, cursor: str | None = None, facets: bool = False) -> Json:
        """``{"items": [...], "next_cursor", "reading"}``, best first; ``total`` and ``facets`` when asked for."""
        after = place_of(key_of(cursor, *ORDER_KINDS))
        with self._keeper.current() as index:
            results = _results(index, query, self._keeper.narrowed(query.filters, query.day))
            places = best_first(index, results.hits, results.score, after, limit + 1)
            untils = [index.untils[slot] for slot in _slots(places[:limit])]
            ids = [index.ids[slot] for slot in _slots(places[:limit])]
            counted = self._keeper.facets(query.day).counts(results.hits) if facets else {}
        return {
            "items": [
                {**summary, "effective_until": None if until == NEVER else date.fromordinal(until).isoformat()}
                for summary, until in zip(self._keeper.summaries(ids), untils, strict=True)
            ],
            "next_cursor": cursor_of(*key_of_place(places[limit - 1])) if len(places) > limit else None,
            "reading": results.reading,
            **counted,
        }

    def suggest(self, text: str, limit: int = 8) -> Json:
        """Titles for what has been typed so far; the last word counts as begun."""
        with self._keeper.current() as index:
            results = _results(index, Query(text, today()), index.everything, begun=True)
            places = best_first(index, results.hits, results.score, None, limit)
            ids = [index.ids[slot] for slot in _slots(places)]
        return {"items": [{"code": each["code"], "title": each["title"]} for each in self._keeper.summaries(ids)]}


@dataclass(frozen=True)
class Results:
    """The entries found, what each is worth (all the same: None), and the most generous reading that contributed."""

    hits: int
    score: Score | None
    reading: str


def _results(index: TitleIndex, query: Query, within: int, begun: bool = False) -> Results:
    """What a query means; ``begun``: it is still being typed."""
    in_force = index.in_force(query.day) & within
    if query.code:
        return Results(in_force & index.with_code(query.code), None, "code")
    if not folded_words(query.text):  # another script, or signs only: that names no procedure here
        return Results(0, None, "nothing") if unified(query.text) else Results(in_force, None, "all")
    vocabulary = Vocabulary(index.largest_id, index.entries_with)
    readings: list[tuple[str, QueryReading]] = []
    hits = 0
    for name, reading in query_readings.readings_of(query.words(vocabulary), vocabulary):
        if begun and name == "words":
            continue
        if entries := in_force & _matches(index, reading, in_force):
            # Where no title holds the words, a known one taken for another is a guess: most of them may be meant, too.
            is_guess = reading.slips and not hits
            hits |= entries
            readings.append((name, reading))
            if not is_guess and words_together(reading, index, vocabulary, entries):
                break
    if not readings:
        return Results(0, None, "nothing")
    widest = QueryReading.merged([reading for _, reading in readings])
    return Results(hits, Score.of(query.text, widest, index, vocabulary, hits), readings[-1][0])


def _matches(index: TitleIndex, reading: QueryReading, among: int) -> int:
    """The entries that fit a reading, and perhaps others that are not ``among``."""
    if reading.partly:
        groups = [index.words.any_of(group) for group in reading.groups]
        return at_least(math.ceil(len(groups) * ENOUGH), groups, index.everything) | index.rarest_pair(
            reading.words, among
        )
    entries = 0
    for groups_of_way in reading.ways():
        *others, last = groups_of_way
        way = index.words.begun(last[-1]) | index.words.any_of(last) if reading.prefix else index.words.any_of(last)
        for group in others:
            way &= index.words.any_of(group)
        entries |= way
    return entries


def _slots(places: Sequence[Place]) -> list[int]:
    return [key[-1] for _, key in places]
