"""Sets of slots: what the index in memory counts with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.catalog.postings import FEW, Postings, at_least, bits_of, slots_in

slots = st.lists(st.integers(0, 300), unique=True).map(sorted)


@given(slots)
def test_a_set_gives_back_its_members_in_order(members):
    assert list(slots_in(bits_of(members))) == members


@given(st.lists(slots, min_size=1, max_size=6), st.data())
def test_at_least_so_many_of_the_sets_hold_a_member(sets, data):
    number = data.draw(st.integers(1, len(sets)))
    expected = [slot for slot in range(301) if sum(slot in members for members in sets) >= number]
    assert list(slots_in(at_least(number, map(bits_of, sets), (1 << 301) - 1))) == expected


def test_few_and_many_members_of_a_term_are_held_alike():
    postings = Postings()
    for slot in range(3 * FEW):
        postings.add("giay phep", slot)
        if slot % 5 == 0:
            postings.add("giay to", slot)
    assert list(slots_in(postings.bits("giay phep"))) == list(range(3 * FEW))
    assert list(slots_in(postings.bits("giay to"))) == list(range(0, 3 * FEW, 5))
    assert postings.begun("giay t") == postings.bits("giay to")
    assert postings.begun("giay") == postings.bits("giay phep")
    assert postings.begun("xe") == postings.bits("xe") == 0
    assert postings.counts(bits_of([0, 1, 5])) == {"giay phep": 3, "giay to": 2}


def test_a_term_added_later_is_found_by_its_beginning():
    postings = Postings()
    postings.add("khai sinh", 1)
    assert postings.begun("khai") == 1 << 1
    postings.add("khai tu", 2)
    assert postings.begun("khai") == 1 << 1 | 1 << 2
