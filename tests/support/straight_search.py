"""The search of the catalogue written straight: every entry is looked at for every query, as the rules say it.

For tests to compare the indexed search with. Of that one it shares how a query is read, and how the fields are folded.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.cursors import cursor_of, key_of
from infra.chassis.text.provinces import province_code_on
from infra.chassis.text.vietnamese_text import accented_words, folded_words, unified
from services.catalog.facets import KINDS
from services.catalog.folding import bigrams
from services.catalog.models import Field, SearchEntry, SearchFacet, SearchWord
from services.catalog.query_readings import QueryReading, Vocabulary, readings_of
from services.catalog.search import Query

ScoredEntries = list[tuple[int, SearchEntry]]


@dataclass
class Tables:
    """The search's tables at one moment."""

    entries: list[SearchEntry]
    carried: set[tuple[str, str, int]]
    words: dict[str, int]
    fields: dict[str, dict[str, str]]

    @classmethod
    def read(cls, session: Session) -> Tables:
        return cls(
            list(session.scalars(select(SearchEntry))),
            {(row.kind, row.value, row.entry_id) for row in session.scalars(select(SearchFacet))},
            {row.word: row.entries for row in session.scalars(select(SearchWord))},
            {row.code: {"vi": row.name_vi, "en": row.name_en} for row in session.scalars(select(Field))},
        )


def search(tables: Tables, query: Query, limit: int, cursor: str | None, facets: bool) -> dict[str, Any]:
    """The whole answer. Agencies that are not in the register only: mergers are others' to test."""
    entries = [entry for entry in tables.entries if _in_force(entry, query.day)]
    for kind, value in query.filters.values.items():
        entries = [entry for entry in entries if (kind, value, entry.id) in tables.carried]
    hits_with_score, reading = _entries_found(tables, query, entries)
    ordered = sorted(hits_with_score, key=_order)
    if key := key_of(cursor, int, int, int, str, int):
        points, uses, *others = cast("list[int]", key)
        ordered = [pair for pair in ordered if _order(pair) > (-points, -uses, *others)]
    more = len(ordered) > limit
    points, last = ordered[limit - 1] if more else (0, None)
    return {
        "items": [_item(entry) for _, entry in ordered[:limit]],
        "next_cursor": cursor_of(points, last.uses, last.length, last.code, last.version) if last else None,
        "reading": reading,
        **(_facets(tables, [entry for _, entry in hits_with_score], query.day) if facets else {}),
    }


def _entries_found(tables: Tables, query: Query, entries: list[SearchEntry]) -> tuple[ScoredEntries, str]:
    typed = query.code
    if typed:
        parts = [(entry, "." not in typed and f".{typed}" in entry.code) for entry in entries]
        return [(0, entry) for entry, within in parts if within or entry.code.startswith(typed)], "code"
    if not folded_words(query.text):
        return ([], "nothing") if unified(query.text) else ([(0, entry) for entry in entries], "all")
    largest_id = max((entry.id for entry in tables.entries), default=0)
    vocabulary, used = Vocabulary(largest_id, tables.words), []
    hits: dict[int, SearchEntry] = {}
    for name, reading in readings_of(query.words(vocabulary), vocabulary):
        fitting = [entry for entry in entries if _fits(entry, reading)]
        if reading.partly:
            fitting += [entry for entry in _with_rarest_pair(entries, reading.words) if entry not in fitting]
        is_guess = reading.slips and not hits
        if fitting:
            used.append((name, reading))
            hits |= {entry.id: entry for entry in fitting}
            if not is_guess and any(_together(entry, reading, vocabulary) for entry in fitting):
                break
    if not used:
        return [], "nothing"
    widest = QueryReading.merged([reading for _, reading in used])
    return [(_score(entry, query.text, widest, vocabulary), entry) for entry in hits.values()], used[-1][0]


def _with_rarest_pair(entries: list[SearchEntry], words: list[str]) -> list[SearchEntry]:
    by_pair = [[entry for entry in entries if f" {pair} " in entry.title] for pair in bigrams(words)]
    return min((titles for titles in by_pair if titles), key=len, default=[])


def _fits(entry: SearchEntry, reading: QueryReading) -> bool:
    words_of_entry = set(entry.words.split())
    if reading.partly:
        hits = sum(any(word in words_of_entry for word in group) for group in reading.groups)
        return hits >= math.ceil(len(reading.groups) * 0.6)
    for way in reading.ways():
        exact = [any(word in words_of_entry for word in group) for group in way]
        if reading.prefix:
            exact[-1] = any(word.startswith(way[-1][-1]) for word in words_of_entry)
        if all(exact):
            return True
    return False


def _together(entry: SearchEntry, reading: QueryReading, vocabulary: Vocabulary) -> bool:
    pairs = [pair.split() for pair in bigrams(vocabulary.meant(reading))]
    together = 0
    for place, (first, second) in enumerate(pairs):
        end = "" if reading.prefix and place == len(pairs) - 1 else " "
        sought = (f" {first} {second}{end}", f" {second} {first} ")
        together += any(part in text for part in sought for text in (entry.title, entry.words))
    return not pairs or (together * 2 > len(pairs) if reading.slips else together * 4 >= len(pairs) * 3)


def _score(entry: SearchEntry, typed: str, reading: QueryReading, vocabulary: Vocabulary) -> int:
    words, title = vocabulary.meant(reading), entry.title
    phrase = f" {' '.join(words)}"
    at = title.find(f"{phrase} ") + 1
    points = 4000 * (title == f"{phrase} ") + 1500 * title.startswith(phrase) + 2000 * (phrase in title)
    points += (150 - at) * 2 if 1 <= at <= 150 else 0
    points += sum(400 for pair in bigrams(words) if f" {pair} " in title)
    for typed_word, *others in reading.groups:
        near = next((word for word in others if f" {word} " in title), None)
        if f" {typed_word} " in title:
            points += vocabulary.weight(typed_word) * 10
        elif near:
            points += vocabulary.weight(near) * 6
        elif (f" {typed_word} " in entry.words) if reading.partly else not others:
            points += vocabulary.weight(typed_word) * 3
    if accented_words(typed) != folded_words(typed):
        points += sum(60 for word in accented_words(typed).split() if f" {word} " in entry.accented)
    return points - min(entry.length, 40) * 15


def _order(pair: tuple[int, SearchEntry]) -> tuple[int, int, int, str, int]:
    points, entry = pair
    return -points, -entry.uses, entry.length, entry.code, entry.version


def _in_force(entry: SearchEntry, day: date) -> bool:
    return entry.effective_from <= day and (entry.effective_until is None or entry.effective_until >= day)


def _item(entry: SearchEntry) -> dict[str, Any]:
    until = entry.effective_until
    days = {"effective_from": entry.effective_from.isoformat(), "effective_until": until.isoformat() if until else None}
    return {"code": entry.code, "version": entry.version, **entry.summary, **days}


def _facets(tables: Tables, hits_with_score: Sequence[SearchEntry], day: date) -> dict[str, Any]:
    counted: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    since = {entry.id: entry.effective_from for entry in hits_with_score}
    for kind, value, entry_id in tables.carried:
        if entry_id in since and kind in counted:
            counted[kind][province_code_on(value, since[entry_id], day) if kind == "province" else value] += 1
    grouped = {
        kind: [
            {"value": value, "count": number, "name": tables.fields[value] if kind == "field" else None}
            for value, number in sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        for kind, values in counted.items()
    }
    return {"facets": grouped, "total": len(hits_with_score)}
