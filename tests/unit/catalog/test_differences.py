"""The difference of two versions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.catalog.differences import between

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def test_a_paper_put_in_the_middle_is_one_addition() -> None:
    old = {"requirements": [{"id": "a", "copy": 1}, {"id": "c", "copy": 1}]}
    new = {"requirements": [{"id": "a", "copy": 1}, {"id": "b", "copy": 2}, {"id": "c", "copy": 1}]}
    assert between(old, new) == [
        {"path": "/requirements/b", "change": "added", "old": None, "new": {"id": "b", "copy": 2}}
    ]


def test_a_new_order_is_reported() -> None:
    old, new = [{"id": "a"}, {"id": "b"}], [{"id": "b"}, {"id": "a"}]
    assert between(old, new) == [{"path": "", "change": "changed", "old": ["a", "b"], "new": ["b", "a"]}]


def test_a_key_taken_away_is_reported() -> None:
    assert between({"a": 1, "b": 2}, {"a": 1}) == [{"path": "/b", "change": "removed", "old": 2, "new": None}]


def test_slashes_in_keys_are_escaped() -> None:
    assert between({"a/b": 1}, {"a/b": 2})[0]["path"] == "/a~1b"


@given(json_values)
def test_nothing_differs_from_itself(value):
    assert between(value, value) == []


@given(json_values, json_values)
def test_two_values_differ_exactly_when_a_change_is_listed(old, new):
    assert bool(between(old, new)) == (old != new)
