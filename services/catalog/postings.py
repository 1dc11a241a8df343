"""Which titles hold a term, as sets of small numbers: whole numbers as bit sets where many do, short arrays else.

A title's number is its place in the index (:mod:`title_index`). Union, intersection and size of bit sets of some
thousand titles take a fraction of a microsecond each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

FEW = 64  # titles up to which an array is smaller than a bit set of a few thousand


def bits_of(slots: Sequence[int]) -> int:
    """The set of these slots."""
    bits = bytearray((max(slots, default=0) >> 3) + 1)
    for slot in slots:
        bits[slot >> 3] |= 1 << (slot & 7)
    return int.from_bytes(bits, "little")


def slots_in(bits: int) -> Iterator[int]:
    """The members of a set, ascending."""
    signs = format(bits, "b")[::-1]
    slot = signs.find("1")
    while slot >= 0:
        yield slot
        slot = signs.find("1", slot + 1)


def at_least(number: int, sets: Iterable[int], among: int) -> int:
    """Those ``among`` which so many of the sets hold."""
    reached = [among] + [0] * number  # reached[n]: in n of the sets looked at
    for members in sets:
        for have in range(number, 0, -1):
            reached[have] |= reached[have - 1] & members
    return reached[number]


class Postings:
    """Slots by term."""

    def __init__(self) -> None:
        self._slots: dict[str, int | array[int]] = {}
        self._in_order: list[str] | None = None

    def add(self, term: str, slot: int) -> None:
        holders = self._slots.get(term)
        if holders is None:
            self._slots[term] = array("I", (slot,))
            self._in_order = None
        elif isinstance(holders, int):
            self._slots[term] = holders | 1 << slot
        else:
            holders.append(slot)
            if len(holders) > FEW:
                self._slots[term] = bits_of(holders)

    def bits(self, term: str) -> int:
        """The slots that hold a term."""
        holders = self._slots.get(term, 0)
        return holders if isinstance(holders, int) else bits_of(holders)

    def any_of(self, terms: Iterable[str]) -> int:
        """The slots that hold one of these terms."""
        bits = 0
        for term in terms:
            bits |= self.bits(term)
        return bits

    def begun(self, beginning: str) -> int:
        """The slots that hold a term that begins so."""
        if self._in_order is None:
            self._in_order = sorted(self._slots)
        place, terms = bisect_left(self._in_order, beginning), []
        while place < len(self._in_order) and self._in_order[place].startswith(beginning):
            terms.append(self._in_order[place])
            place += 1
        return self.any_of(terms)

    def counts(self, among: int) -> dict[str, int]:
        """How many of these slots hold each term, for all terms that any of them holds."""
        numbers = ((term, (self.bits(term) & among).bit_count()) for term in self._slots)
        return {term: number for term, number in numbers if number}
