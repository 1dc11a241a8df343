"""Which of the procedures found comes first: one whole number per title, the same on every database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from infra.chassis.text.vietnamese_text import accented_words, folded_words
from services.catalog.folding import bigrams
from services.catalog.models import SearchEntry
from services.catalog.query_readings import QueryReading, Vocabulary

WHOLE_TITLE, TITLE_BEGINS, PHRASE, PAIR, EARLY = 4000, 1500, 2000, 400, 150
ACCENTED = 60
WORD_TOO_MANY, LONGEST = 15, 40  # what each word of a title costs, and from where on all are long


def score(session: Session, typed: str, reading: QueryReading, vocabulary: Vocabulary) -> ColumnElement[int]:
    """How well a title fits. Whole numbers only: floating point would order ties differently on two databases."""
    words = vocabulary.meant(reading)
    sqlite = session.get_bind().dialect.name == "sqlite"
    parts = [*_phrase(" ".join(words), func.instr if sqlite else func.strpos)]
    parts += [case((SearchEntry.title.like(f"% {pair} %"), PAIR), else_=0) for pair in bigrams(words)]
    parts += [_word(group, vocabulary, reading.partly) for group in reading.groups]
    spoken_as = accented_words(typed)
    if spoken_as != folded_words(typed):  # typed with diacritics: titles that agree with them come first
        parts += [case((SearchEntry.accented.like(f"% {word} %"), ACCENTED), else_=0) for word in spoken_as.split()]
    length = case((SearchEntry.length > LONGEST, LONGEST), else_=SearchEntry.length)
    return sum(parts[1:], parts[0]) - length * WORD_TOO_MANY


def _phrase(phrase: str, position: Any) -> list[ColumnElement[int]]:
    """The words in the order typed: as the whole title, at its beginning, anywhere, the earlier the better."""
    title, at = SearchEntry.title, position(SearchEntry.title, f" {phrase} ")
    return [
        case((title == f" {phrase} ", WHOLE_TITLE), else_=0),
        case((title.like(f" {phrase}%"), TITLE_BEGINS), else_=0),
        case((title.like(f"% {phrase}%"), PHRASE), else_=0),
        case((at.between(1, EARLY), (EARLY - at) * 2), else_=0),
    ]


def _word(group: tuple[str, ...], vocabulary: Vocabulary, partly: bool) -> ColumnElement[int]:
    """One typed word: most when it is in the title, less for a word one slip away, least outside the title."""
    title, typed, others = SearchEntry.title, group[0], group[1:]
    own = vocabulary.weight(typed)
    choices: list[tuple[ColumnElement[bool], int]] = [(title.like(f"% {typed} %"), own * 10)]
    choices += [(title.like(f"% {word} %"), vocabulary.weight(word) * 6) for word in others]
    if partly:
        return case(*choices, (SearchEntry.words.like(f"% {typed} %"), own * 3), else_=0)
    return case(*choices, else_=0 if others else own * 3)


def words_together(reading: QueryReading, vocabulary: Vocabulary) -> ColumnElement[bool]:
    """Whether a title, or what else an entry is found by, holds the words as neighbours: most of their pairs."""
    pairs = bigrams(vocabulary.meant(reading))
    if not pairs:
        return true()
    together: ColumnElement[int] = literal(0)
    for place, pair in enumerate(pairs):
        end = "%" if reading.prefix and place == len(pairs) - 1 else " %"
        first, second = pair.split()
        patterns = (f"% {first} {second}{end}", f"% {second} {first} %")
        texts = (SearchEntry.title, SearchEntry.words)
        together += case((or_(*[text.like(pattern) for text in texts for pattern in patterns]), 1), else_=0)
    # Another word than the typed one must be sure: it was a known word that was typed.
    return together * 2 > len(pairs) if reading.slips else together * 4 >= len(pairs) * 3


ORDER_KINDS = (int, int, int, str, int)


def best_first(entries: Select[Any], points: ColumnElement[int]) -> Select[SearchEntry, int]:
    """Best text first, then most used, then the shortest title, then by code."""
    scored = entries.with_only_columns(SearchEntry.id, points.label("score")).subquery()
    ordered = select(SearchEntry, scored.c.score.label("score")).join(scored, scored.c.id == SearchEntry.id)
    return ordered.order_by(
        scored.c.score.desc(), SearchEntry.uses.desc(), SearchEntry.length, SearchEntry.code, SearchEntry.version
    )


def order_key(row: Any) -> tuple[int, int, int, str, int]:
    """The place of a row of :func:`best_first` in the order."""
    entry = row.SearchEntry
    return row.score, entry.uses, entry.length, entry.code, entry.version


def after_key(ordered: Select[SearchEntry, int], key: Sequence[Any] | None) -> Select[SearchEntry, int]:
    """The rows behind a key: what comes or goes before it meanwhile is neither repeated nor skipped."""
    if key is None:
        return ordered
    points, uses, length, code, version = key
    rank = ordered.selected_columns.score
    same: ColumnElement[bool] = true()
    behind: list[ColumnElement[bool]] = []
    for column, value, descending in (
        (rank, points, True), (SearchEntry.uses, uses, True), (SearchEntry.length, length, False),
        (SearchEntry.code, code, False), (SearchEntry.version, version, False),
    ):  # fmt: skip
        behind.append(and_(same, column < value if descending else column > value))
        same = and_(same, column == value)
    return ordered.where(or_(*behind))
