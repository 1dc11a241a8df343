"""What a query may mean: read in four ways, from strict to generous, with the words of all titles at hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from services.catalog.folding import one_edit_away

MOST_NEAR = 12
SHORTEST_SLIP = 3  # letters of a word that may be a slip in a common name
LONG_ENOUGH = 4  # letters of an unknown word: one slip away from shorter ones is nearly everything
# What people put around the name of the thing.
FILLER_WORDS = "toi em anh chi minh muon xin giup hoi nhu nao lam bi o dau phai de ve"
FILLERS = frozenset(FILLER_WORDS.split())
Group = tuple[str, ...]


@dataclass(frozen=True)
class QueryReading:
    """One way to read a query.

    ``groups``: per typed word what it may stand for, itself first. ``slips``: only one word at a time may stand for
    another. ``prefix``: the last word is only begun. ``partly``: most words do.
    """

    groups: tuple[Group, ...]
    slips: bool = False
    prefix: bool = False
    partly: bool = False

    @property
    def words(self) -> list[str]:
        """The words as typed."""
        return [group[0] for group in self.groups]

    def ways(self) -> list[tuple[Group, ...]]:
        """The combinations of groups of which any one must hold."""
        exact = tuple(group[:1] for group in self.groups)
        if not self.slips:
            return [self.groups]
        return [(*exact[:at], group, *exact[at + 1 :]) for at, group in enumerate(self.groups) if len(group) > 1]

    @classmethod
    def merged(cls, readings: Sequence[QueryReading]) -> QueryReading:
        """One reading to rank the finds of several by: per typed word everything any of them let it stand for."""
        if len(readings) == 1:
            return readings[0]
        words: dict[str, dict[str, None]] = {}
        for reading in readings:
            for group in reading.groups:
                words.setdefault(group[0], {}).update(dict.fromkeys(group))
        return cls(tuple(tuple(group) for group in words.values()), partly=any(reading.partly for reading in readings))


@dataclass(frozen=True)
class Vocabulary:
    """How many of how many titles hold a word (``titles``: the largest id given to one)."""

    titles: int = 0
    titles_with: Mapping[str, int] = field(default_factory=dict)

    def weight(self, word: str) -> int:
        """How telling a word is: rare ones weigh most (10 to 100); an unknown one little."""
        if word not in self.titles_with:
            return 10
        return max(10, min(100, round(15 * math.log(1 + self.titles / self.titles_with[word]))))

    def near(self, word: str) -> list[str]:
        """The known words one slip away, most frequent first. Numbers are never guessed at."""
        if len(word) < 2 or not word.isalpha():
            return []
        neighbours = {other for other in one_edit_away(word) if other in self.titles_with and other != word}
        return list(islice(sorted(neighbours, key=lambda other: (-self.titles_with[other], other)), MOST_NEAR))

    def one_word_respelled(self, words: Sequence[str]) -> Iterator[str]:
        """The text with one of its unknown words put into a known one close to it, for each of those."""
        for place, word in enumerate(words):
            if word not in self.titles_with and len(word) >= SHORTEST_SLIP:
                yield from (" ".join([*words[:place], other, *words[place + 1 :]]) for other in self.near(word))

    def meant(self, reading: QueryReading) -> list[str]:
        """The words as they were probably meant: an unknown one is the most frequent of those one slip away."""
        return [group[0] if group[0] in self.titles_with or len(group) == 1 else group[1] for group in reading.groups]


def readings_of(words: Sequence[str], vocabulary: Vocabulary) -> Iterator[tuple[str, QueryReading]]:
    """The readings of a query, from strict to generous, by name."""
    exact = tuple((word,) for word in words)
    unknown = [word for word in words if word not in vocabulary.titles_with]
    if not unknown:
        yield "words", QueryReading(exact)
    yield "begun", QueryReading(exact, prefix=True)
    sought = [word for word in unknown or words if word not in FILLERS or word in unknown]
    spelled = {word: (word, *vocabulary.near(word)) for word in sought}
    close = QueryReading(tuple(spelled.get(word, (word,)) for word in words), slips=not unknown)
    if close.ways():  # not when every word is known and nothing known is near any of them
        yield "near", close
    # People add words that no title has, or that name nothing ("xin", "bị"): those need not be found.
    telling = [word for word in words if word not in FILLERS] or list(words)
    groups = tuple(
        (word,) if word in vocabulary.titles_with else spelled[word]
        for word in telling
        if word in vocabulary.titles_with or (len(word) >= LONG_ENOUGH and len(spelled[word]) > 1)
    )
    yield "partly", QueryReading(groups or tuple(spelled.get(word, (word,)) for word in words), partly=True)
