"""What a query may mean: read in four ways, from strict to generous, with the words of the vocabulary at hand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.catalog.folding import near
from services.catalog.models import SearchEntry, SearchWord

MOST_NEAR = 40


@dataclass(frozen=True)
class Reading:
    """One way to read a query: per typed word what it may stand for; is the last only begun; do most words do."""

    groups: tuple[tuple[str, ...], ...]
    prefix: bool = False
    partly: bool = False

    @property
    def vocabulary(self) -> set[str]:
        """Every word that any typed word may stand for."""
        return {word for group in self.groups for word in group}

    def meant(self, weights: dict[str, int]) -> list[str]:
        """The words as they were probably meant: an unknown one is the most frequent of those one slip away."""
        return [group[0] if weights.get(group[0]) or len(group) == 1 else group[1] for group in self.groups]


def of(session: Session, words: list[str]) -> Iterator[tuple[str, Reading]]:
    """The readings of a query, from strict to generous, by name."""
    exact = tuple((word,) for word in words)
    yield "words", Reading(exact)
    yield "begun", Reading(exact, prefix=True)
    spelled = _near_words(session, words)
    yield "near", Reading(tuple((word, *spelled.get(word, ())) for word in words))
    weights = weights_of(session, words)
    # People add words that no title has ("xin", "giúp"): only words of the vocabulary are asked for here.
    known = tuple((word,) for word in words if weights.get(word))
    yield "partly", Reading(known or tuple((word, *spelled.get(word, ())) for word in words), partly=True)


def _near_words(session: Session, words: list[str]) -> dict[str, tuple[str, ...]]:
    """For each typed word the known words one slip away, most frequent first. Numbers are never guessed at."""
    guesses = {word: set(near(word)) - {word} for word in words if len(word) > 1 and word.isalpha()}
    wanted = set().union(*guesses.values()) if guesses else set()
    if not wanted:
        return {}
    rows = session.execute(select(SearchWord.word, SearchWord.entries).where(SearchWord.word.in_(wanted))).all()
    known = sorted(rows, key=lambda row: (-row.entries, row.word))
    return {word: tuple(row.word for row in known if row.word in among)[:MOST_NEAR] for word, among in guesses.items()}


def weights_of(session: Session, words: Iterable[str]) -> dict[str, int]:
    """How telling each known word is: rare ones weigh most (10 to 100). Unknown words have none."""
    total = session.scalar(select(func.max(SearchEntry.id))) or 1
    rows = session.execute(select(SearchWord.word, SearchWord.entries).where(SearchWord.word.in_(set(words))))
    return {row.word: max(10, min(100, round(15 * math.log(1 + total / row.entries)))) for row in rows}
