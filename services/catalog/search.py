"""Finding a procedure the way people type: no diacritics, any order, abbreviations, part of a code, one slip of a finger.

The database finds (full text on PostgreSQL, FTS5 on SQLite) and ranks by the same whole-number score on both, so
both give the same answers. What was typed is tried in four readings, from strict to generous; the first that finds wins:

1. every word as it stands, 2. the last word only begun, 3. words one letter off, 4. most of the words.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, literal_column, or_, select
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from infra.chassis.database import Database
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from services.catalog.days import day_of, today
from services.catalog.folding import accented, code_prefix, fold, near, pairs, plain_title, spoken
from services.catalog.models import Field, SearchEntry, SearchFacet, SearchWord

MOST_WORDS = 12
MOST_NEAR = 40
ENOUGH = 0.6  # share of a query's words that must be found when not every word can be
WHOLE_TITLE, TITLE_BEGINS, PHRASE, PAIR = 4000, 1500, 2000, 250


@dataclass(frozen=True)
class Reading:
    """One way to read a query: per typed word the words it may stand for, whether the last is only begun, how many are needed."""

    groups: tuple[tuple[str, ...], ...]
    prefix: bool = False
    partly: bool = False


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
        return plain_title(spoken(fold(self.text))).split()[:MOST_WORDS]

    @property
    def code(self) -> str | None:
        return code_prefix(self.text)


class Search:
    """Search and typing suggestions over the versions in force on a day."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Search:
        return cls(Database.at(settings.database_url("catalog")))

    def search(self, query: Query, limit: int = 50, cursor: str | None = None, facets: bool = False) -> dict[str, Any]:
        """``{"items": [...], "next_cursor", "total"?, "facets"?}``; best first. Totals and facets are counted when asked for."""
        offset = _offset(cursor)
        with self.database.session() as session:
            found, score, reading = self._read(session, query)
            rows = session.execute(_ranked(found, score).limit(limit + 1).offset(offset)).all()
            reply: dict[str, Any] = {
                "items": [_item(row.SearchEntry) for row in rows[:limit]],
                "next_cursor": _cursor(offset + limit) if len(rows) > limit else None,
                "reading": reading,
            }
            if facets:
                reply |= _facets(session, found)
            return reply

    def suggest(self, text: str, limit: int = 8) -> dict[str, Any]:
        """Titles for what has been typed so far; the last word counts as begun."""
        query = Query(text, today())
        with self.database.session() as session:
            words = query.words
            if query.code or not words:
                found, score, _ = self._read(session, query)
            else:
                reading = Reading(tuple((word,) for word in words), prefix=True)
                found, score = _matching(session, query, reading), _score(query, reading, _weights(session, words))
                if not _any(session, found):
                    found, score, _ = self._read(session, query)
            rows = session.execute(_ranked(found, score).limit(limit)).all()
        return {"items": [{"code": row.SearchEntry.code, "title": row.SearchEntry.summary["title"]} for row in rows]}

    def _read(self, session: Session, query: Query) -> tuple[Select[Any], ColumnElement[int], str]:
        """The first reading under which anything is found, with its score."""
        if query.code:
            return _by_code(query), literal(0), "code"
        words = query.words
        if not words:
            return _standing(query), literal(0), "all"
        weights = _weights(session, words)
        found = _standing(query)
        for name, reading in _readings(session, words, weights):
            found = _matching(session, query, reading)
            if _any(session, found):
                return (
                    found,
                    _score(query, reading, _weights(session, [w for group in reading.groups for w in group])),
                    name,
                )
        return found, literal(0), "nothing"


def _readings(session: Session, words: list[str], weights: dict[str, int]) -> Iterator[tuple[str, Reading]]:
    exact = tuple((word,) for word in words)
    yield "words", Reading(exact)
    yield "begun", Reading(exact, prefix=True)
    spelled = _near_words(session, words)
    yield "near", Reading(tuple((word, *spelled.get(word, ())) for word in words))
    # People add words that no title has ("xin", "giúp"): only words of the vocabulary are asked for here.
    known = tuple(dict.fromkeys((word,) for word in words if weights.get(word)))
    yield "partly", Reading(known or tuple((word, *spelled.get(word, ())) for word in words), partly=True)


def _near_words(session: Session, words: list[str]) -> dict[str, tuple[str, ...]]:
    """For each typed word the words of the vocabulary one slip away, most frequent first. Numbers are never guessed at."""
    guesses = {word: set(near(word)) - {word} for word in words if len(word) > 1 and word.isalpha()}
    wanted = set().union(*guesses.values()) if guesses else set()
    if not wanted:
        return {}
    rows = session.execute(select(SearchWord.word, SearchWord.entries).where(SearchWord.word.in_(wanted))).all()
    known = sorted(rows, key=lambda row: (-row.entries, row.word))
    return {word: tuple(row.word for row in known if row.word in among)[:MOST_NEAR] for word, among in guesses.items()}


def _weights(session: Session, words: list[str]) -> dict[str, int]:
    """How telling each known word is: rare ones weigh most (10 to 100). Unknown words have none."""
    total = session.scalar(select(func.max(SearchEntry.id))) or 1
    rows = session.execute(select(SearchWord.word, SearchWord.entries).where(SearchWord.word.in_(set(words))))
    return {row.word: max(10, min(100, round(15 * math.log(1 + total / row.entries)))) for row in rows}


def _standing(query: Query) -> Select[Any]:
    """Entries in force on the day, within the facets asked for."""
    until = SearchEntry.effective_until
    found = select(SearchEntry.id).where(
        SearchEntry.effective_from <= query.day, or_(until.is_(None), until >= query.day)
    )
    for kind, value in sorted(query.narrowed.items()):
        inside = select(SearchFacet.entry_id).where(SearchFacet.kind == kind, SearchFacet.value == value)
        found = found.where(SearchEntry.id.in_(inside))
    return found


def _by_code(query: Query) -> Select[Any]:
    typed = query.code or ""
    begins = SearchEntry.code.like(f"{typed}%")
    return _standing(query).where(begins if "." in typed else or_(begins, SearchEntry.code.like(f"%.{typed}%")))


def _matching(session: Session, query: Query, reading: Reading) -> Select[Any]:
    sqlite = session.get_bind().dialect.name == "sqlite"
    asked = _fts5(reading) if sqlite else _tsquery(reading)
    found = _standing(query)
    if sqlite:
        hits = sql_text("search_entry.id IN (SELECT rowid FROM search_text WHERE search_text MATCH :asked)").bindparams(
            asked=asked
        )
    else:
        hits = sql_text("search_entry.vector @@ CAST(:asked AS tsquery)").bindparams(asked=asked)
    found = found.where(hits)
    if reading.partly:
        held = sum((_hit(group) for group in reading.groups), literal(0))
        found = found.where(held >= math.ceil(len(reading.groups) * ENOUGH))
    return found


def _fts5(reading: Reading) -> str:
    return (" OR " if reading.partly else " AND ").join(
        "(" + " OR ".join(f'"{word}"{"*" if reading.prefix and last else ""}' for word in group) + ")"
        for group, last in _with_last(reading)
    )


def _tsquery(reading: Reading) -> str:
    # Folded words are letters and digits only, so quoting them is enough and nothing can be injected.
    return (" | " if reading.partly else " & ").join(
        "(" + " | ".join(f"'{word}'{':*' if reading.prefix and last else ''}" for word in group) + ")"
        for group, last in _with_last(reading)
    )


def _with_last(reading: Reading) -> list[tuple[tuple[str, ...], bool]]:
    return [(group, place == len(reading.groups) - 1) for place, group in enumerate(reading.groups)]


def _score(query: Query, reading: Reading, weights: dict[str, int]) -> ColumnElement[int]:
    """Whole numbers only: floating point would order ties differently on two databases."""
    title, words = SearchEntry.title, query.words
    phrase = " ".join(words)
    parts: list[ColumnElement[int]] = [
        case((title == f" {phrase} ", WHOLE_TITLE), else_=0),
        case((title.like(f" {phrase}%"), TITLE_BEGINS), else_=0),
        case((title.like(f"% {phrase}%"), PHRASE), else_=0),
    ]
    parts += [case((title.like(f"% {pair} %"), PAIR), else_=0) for pair in pairs(words)]
    for group in reading.groups:
        typed, others = group[0], group[1:]
        own = weights.get(typed, 10)
        choices: list[tuple[ColumnElement[bool], int]] = [(title.like(f"% {typed} %"), own * 10)]
        choices += [(title.like(f"% {word} %"), max(10, weights.get(word, 10)) * 6) for word in others]
        choices += [(SearchEntry.words.like(f"% {typed} %"), own * 3)]
        parts.append(case(*choices, else_=0))
    spoken_as = accented(query.text)
    if spoken_as != fold(query.text):  # typed with diacritics: titles that agree with them come first
        parts += [
            case((SearchEntry.accented.like(f"% {word} %"), 60), else_=0) for word in spoken_as.split()[:MOST_WORDS]
        ]
    return sum(parts[1:], parts[0])


def _hit(group: tuple[str, ...]) -> ColumnElement[int]:
    return case((or_(*[SearchEntry.words.like(f"% {word} %") for word in group]), 1), else_=0)


def _ranked(found: Select[Any], score: ColumnElement[int]) -> Select[Any]:
    """Best text first, then most used, then the shortest title, then by code."""
    ordered = select(SearchEntry, score.label("score")).where(SearchEntry.id.in_(found))
    return ordered.order_by(
        literal_column("score").desc(),
        SearchEntry.uses.desc(),
        SearchEntry.length,
        SearchEntry.code,
        SearchEntry.version,
    )


def _any(session: Session, found: Select[Any]) -> bool:
    return session.execute(found.limit(1)).first() is not None


def _facets(session: Session, found: Select[Any]) -> dict[str, Any]:
    """How many of the found carry each value, per kind; the total."""
    hits = found.subquery()
    counts = (
        select(SearchFacet.kind, SearchFacet.value, func.count().label("number"), Field.name_vi, Field.name_en)
        .join(hits, hits.c.id == SearchFacet.entry_id)
        .outerjoin(Field, and_(SearchFacet.kind == "field", Field.code == SearchFacet.value))
        .group_by(SearchFacet.kind, SearchFacet.value, Field.name_vi, Field.name_en)
    )
    grouped: dict[str, list[dict[str, Any]]] = {
        kind: [] for kind in ("field", "agency", "level", "audience", "province")
    }
    for row in sorted(session.execute(counts), key=lambda row: (-row.number, row.value)):
        name = {"vi": row.name_vi, "en": row.name_en} if row.name_vi else None
        grouped[row.kind].append({"value": row.value, "count": row.number, "name": name})
    return {"facets": grouped, "total": session.scalar(select(func.count()).select_from(hits)) or 0}


def _item(entry: SearchEntry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "version": entry.version,
        **entry.summary,
        "effective_from": entry.effective_from.isoformat(),
        "effective_until": entry.effective_until.isoformat() if entry.effective_until else None,
    }


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _offset(cursor: str | None) -> int:
    try:
        offset = int(base64.urlsafe_b64decode(cursor)) if cursor else 0
    except (ValueError, binascii.Error) as error:
        raise InvalidRequest.at(
            "/cursor", "không phải cursor của lần tìm trước", "not a cursor of an earlier answer"
        ) from error
    if not 0 <= offset <= 1_000_000:
        raise InvalidRequest.at("/cursor", "không phải cursor của lần tìm trước", "not a cursor of an earlier answer")
    return offset
