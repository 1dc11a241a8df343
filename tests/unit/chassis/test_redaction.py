"""What stays of a message when the words about a person are taken out."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.redaction import FACTS, PLACEHOLDER, SECRETS, redacted

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["reason", "vi", "status", "a_id", "name"]), inner),
    max_leaves=20,
)


@given(json_values)
def test_wordless_keeps_shape_numbers_and_facts_and_is_the_same_again(value):
    left = redacted(value)
    assert redacted(left) == left
    assert _shape(left) == _shape(value)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return "text" if isinstance(value, str) else value


def test_names_numbers_of_people_and_secrets_are_no_facts() -> None:
    for name in ("full_name", "citizen_number", "phone", "email", "address", "tracking_code", "purpose", "file_name"):
        assert name in SECRETS or not FACTS.search(name), name
    assert redacted({"tracking_code": "ABC", "reference": "H01-1", "legal_basis": "Điều 14"}) == {
        "tracking_code": PLACEHOLDER,
        "reference": "H01-1",
        "legal_basis": "Điều 14",
    }
