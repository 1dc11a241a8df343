"""Which of the procedures found comes first: one whole number per title."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from infra.chassis.text.vietnamese_text import accented_words, folded_words
from services.catalog.folding import bigrams
from services.catalog.postings import at_least, bits_of, slots_in
from services.catalog.query_readings import QueryReading, Vocabulary
from services.catalog.title_index import Key, TitleIndex

WHOLE_TITLE, TITLE_BEGINS, PHRASE, PAIR, EARLY = 4000, 1500, 2000, 400, 150
ACCENTED = 60
WORD_TOO_MANY, LONGEST = 15, 40  # what each word of a title costs, and from where on all are long
ORDER_KINDS = (int, int, int, str, int)
Place = tuple[int, Key]  # (-score, …): best text first, then most used, then the shortest title, then by code


@dataclass
class Score:
    """What titles are worth, less what their length costs: points for each set of slots, and for single slots more."""

    sets: list[tuple[int, int]] = field(default_factory=list)
    early: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, typed: str, reading: QueryReading, index: TitleIndex, vocabulary: Vocabulary, hits: int) -> Score:
        """How well each of the ``hits`` fits what was typed."""
        words, score = vocabulary.meant(reading), cls()
        score._phrase(words, index, hits)
        score.sets += [(index.title_pairs.bits(pair), PAIR) for pair in bigrams(words)]
        for group in reading.groups:
            score._word(group, index, vocabulary, reading.partly)
        spoken_as = accented_words(typed)
        if spoken_as != folded_words(typed):  # typed with diacritics: titles that agree with them come first
            score.sets += [(index.accented.bits(word), ACCENTED) for word in spoken_as.split()]
        return score

    def _phrase(self, words: list[str], index: TitleIndex, hits: int) -> None:
        """The words in the order typed: as the whole title, at its beginning, anywhere, the earlier the better."""
        *before, last = words
        among = hits & index.title_words.begun(last)
        for word in before:
            among &= index.title_words.bits(word)
        for pair in bigrams(before):
            among &= index.title_pairs.bits(pair)
        begun, complete_title = f" {' '.join(words)}", f" {' '.join(words)} "
        anywhere, first, complete = [], [], []
        for slot in slots_in(among):
            title = index.titles[slot]
            if begun not in title:
                continue
            anywhere.append(slot)
            if title.startswith(begun):
                first.append(slot)
                if title == complete_title:
                    complete.append(slot)
            at = title.find(complete_title) + 1
            if 1 <= at <= EARLY:
                self.early[slot] = (EARLY - at) * 2
        self.sets += [(bits_of(anywhere), PHRASE), (bits_of(first), TITLE_BEGINS), (bits_of(complete), WHOLE_TITLE)]

    def _word(self, group: tuple[str, ...], index: TitleIndex, vocabulary: Vocabulary, partly: bool) -> None:
        """One typed word: most when it is in the title, less for a word one slip away, least outside the title."""
        typed, *others = group
        own = vocabulary.weight(typed)
        rated = index.title_words.bits(typed)
        points = {own * 10: rated}
        for word in others:
            more = index.title_words.bits(word) & ~rated
            rated |= more
            worth = vocabulary.weight(word) * 6
            points[worth] = points.get(worth, 0) | more
        elsewhere = index.words.bits(typed) if partly else 0 if others else index.everything
        worth = own * 3
        points[worth] = points.get(worth, 0) | elsewhere & ~rated
        self.sets += [(members, worth) for worth, members in points.items()]


def words_together(reading: QueryReading, index: TitleIndex, vocabulary: Vocabulary, among: int) -> int:
    """The entries that hold the words as neighbours, in the title or in what else they are found by: most pairs."""
    pairs = bigrams(vocabulary.meant(reading))
    if not pairs:
        return among
    neighbours = []
    for place, pair in enumerate(pairs):
        first, second = pair.split()
        begun = reading.prefix and place == len(pairs) - 1
        neighbours.append(index.pairs(pair, begun) | index.pairs(f"{second} {first}"))
    # Another word than the typed one must be sure: it was a known word that was typed.
    number = len(pairs) // 2 + 1 if reading.slips else -(-len(pairs) * 3 // 4)
    return at_least(number, neighbours, among)


def best_first(index: TitleIndex, hits: int, score: Score | None, after: Place | None, number: int) -> list[Place]:
    """The first so many of the hits behind a place; without a score all are worth the same."""
    if score is None:
        return _listed(index, hits, after, number)
    classes = {0: hits}
    for members, points in score.sets:
        if members & hits:
            classes = _divided(classes, members, points)
    early = bits_of(list(score.early))
    ceilings = [(total + (2 * EARLY if slots & early else 0), total, slots) for total, slots in classes.items()]
    places: list[Place] = []
    for ceiling, total, slots in sorted(ceilings, key=itemgetter(0), reverse=True):
        if len(places) == number and -ceiling > places[-1][0]:
            break
        places += _behind(after, _places(index, slots, total, score.early))
        places.sort()
        del places[number:]
    return places


def _divided(classes: dict[int, int], members: int, points: int) -> dict[int, int]:
    """Slots by points, with so many more for these members."""
    divided: dict[int, int] = {}
    for total, slots in classes.items():
        if more := slots & members:
            divided[total + points] = divided.get(total + points, 0) | more
        if others := slots & ~members:
            divided[total] = divided.get(total, 0) | others
    return divided


def _places(index: TitleIndex, slots: int, total: int, early: dict[int, int]) -> Iterator[Place]:
    for slot in slots_in(slots):
        key = index.keys[slot]
        yield min(key[1], LONGEST) * WORD_TOO_MANY - total - early.get(slot, 0), key


def _listed(index: TitleIndex, hits: int, after: Place | None, number: int) -> list[Place]:
    signs = format(hits, "b")[::-1].ljust(len(index.keys), "0")
    places = ((0, index.keys[slot]) for slot in index.listed() if signs[slot] == "1")
    return [place for _, place in zip(range(number), _behind(after, places), strict=False)]


def _behind(after: Place | None, places: Iterator[Place]) -> Iterator[Place]:
    """What comes or goes before a place meanwhile is neither repeated nor skipped."""
    return places if after is None else (place for place in places if place > after)


def place_of(key: Sequence[int | str] | None) -> Place | None:
    """The place that a cursor's key (``ORDER_KINDS``) names."""
    if key is None:
        return None
    score, uses, length, code, version = key
    return -int(score), (-int(uses), int(length), str(code), int(version), sys.maxsize)


def key_of_place(place: Place) -> tuple[int, int, int, str, int]:
    """What a cursor is made of."""
    score, (uses, length, code, version, _) = place
    return -score, -uses, length, code, version
