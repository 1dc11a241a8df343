"""The titles in memory: what a search goes through, built from the rows of ``search_entry``. Pure; asks no database.

Each entry has a slot, its place in the lists below. An entry whose texts have changed takes a new slot, and its old one
is dead. About 2 kB for an entry.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from services.catalog.folding import bigrams
from services.catalog.postings import Postings, bits_of

DAYS = 8  # whose entries in force are remembered
NEVER = date.max.toordinal() + 1
Key = tuple[int, int, str, int, int]  # -uses, length, code, version, slot: the order among equally good matches


class Entry(Protocol):
    """A row of ``search_entry``."""

    id: int
    code: str
    version: int
    effective_from: date
    effective_until: date | None
    title: str
    accented: str
    words: str
    length: int
    uses: int


class TitleIndex:
    """Entries by slot, and the slots by word. ``content`` grows with every change that is not only of uses."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.slots: dict[int, int] = {}
        self.titles: list[str] = []
        self.keys: list[Key] = []
        self.untils: list[int] = []
        self.entries_with: dict[str, int] = {}
        self.largest_id = self.content = self.dead = 0
        self.words, self.title_words, self.accented = Postings(), Postings(), Postings()
        self.title_pairs, self.other_pairs = Postings(), Postings()
        self._codes, self._running_numbers = Postings(), Postings()
        self._froms: list[int] = []
        self._words: list[str] = []
        self._texts: list[int] = []
        self._in_force: dict[date, int] = {}
        self._listed: list[int] | None = None

    @property
    def everything(self) -> int:
        return (1 << len(self.ids)) - 1

    def put(self, entry: Entry) -> None:
        """Take in an entry as it is now."""
        slot = self.slots.get(entry.id)
        until = NEVER if entry.effective_until is None else entry.effective_until.toordinal()
        texts = hash((entry.title, entry.accented, entry.words, entry.length))
        if slot is None or self._texts[slot] != texts:
            if slot is not None:
                self._bury(slot)
            self._append(entry, until, texts)
            self._changed()
            return
        key = _key(entry, slot)
        if self.keys[slot] != key:
            self.keys[slot], self._listed = key, None
        if self.untils[slot] != until:
            self.untils[slot] = until
            self._changed()

    def in_force(self, day: date) -> int:
        """The entries in force on a day."""
        if day not in self._in_force:
            number = day.toordinal()
            days = enumerate(zip(self._froms, self.untils, strict=True))
            within = [slot for slot, (since, until) in days if since <= number <= until]
            if len(self._in_force) >= DAYS:
                self._in_force.clear()
            self._in_force[day] = bits_of(within)
        return self._in_force[day]

    def with_code(self, typed: str) -> int:
        """Entries whose code begins so; without a dot, or whose running number does."""
        begun = self._codes.begun(typed)
        return begun if "." in typed else begun | self._running_numbers.begun(typed)

    def listed(self) -> list[int]:
        """All slots in the order of equally good matches."""
        if self._listed is None:
            self._listed = sorted(range(len(self.keys)), key=self.keys.__getitem__)
        return self._listed

    def pairs(self, pair: str, begun: bool = False) -> int:
        """Where two words are neighbours in the title, or in what else an entry is found by."""
        if begun:
            return self.title_pairs.begun(pair) | self.other_pairs.begun(pair)
        return self.title_pairs.bits(pair) | self.other_pairs.bits(pair)

    def rarest_pair(self, words: list[str], among: int) -> int:
        """The titles with the most telling two of these words as neighbours: those that fewest ``among`` them hold."""
        by_pair = [titles for pair in bigrams(words) if (titles := self.title_pairs.bits(pair) & among)]
        return min(by_pair, key=int.bit_count, default=0)

    def _append(self, entry: Entry, until: int, texts: int) -> None:
        slot = self.slots[entry.id] = len(self.ids)
        self.ids.append(entry.id)
        self.titles.append(entry.title)
        self.keys.append(_key(entry, slot))
        self._froms.append(entry.effective_from.toordinal())
        self.untils.append(until)
        self._words.append(entry.words)
        self._texts.append(texts)
        self.largest_id, self._listed = max(self.largest_id, entry.id), None
        self._codes.add(entry.code, slot)
        for place, sign in enumerate(entry.code):
            if sign == ".":
                self._running_numbers.add(entry.code[place + 1 :], slot)
        words, title = entry.words.split(), entry.title.split()
        for word in set(words):
            self.words.add(word, slot)
            self.entries_with[word] = self.entries_with.get(word, 0) + 1
        for word in set(title):
            self.title_words.add(word, slot)
        for word in set(entry.accented.split()):
            self.accented.add(word, slot)
        in_title = set(bigrams(title))
        for pair in in_title:
            self.title_pairs.add(pair, slot)
        for pair in set(bigrams(words)) - in_title:
            self.other_pairs.add(pair, slot)

    def _bury(self, slot: int) -> None:
        self._froms[slot] = NEVER + 1
        self.dead += 1
        for word in set(self._words[slot].split()):
            self.entries_with[word] -= 1
            if not self.entries_with[word]:
                del self.entries_with[word]

    def _changed(self) -> None:
        self.content += 1
        self._in_force.clear()


def _key(entry: Entry, slot: int) -> Key:
    return -entry.uses, entry.length, entry.code, entry.version, slot
