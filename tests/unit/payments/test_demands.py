"""Demands by kind hold every đồng of a quote once."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.demands import by_kind, owed_by
from tests.unit.payments.builders import item

AMOUNTS = st.builds(
    item,
    st.integers(0, 10**9),
    st.sampled_from(["intake", "supplement", "result"]),
    st.sampled_from(["duty", "charge"]),
    st.sampled_from(["VND", "USD"]),
)


@given(st.lists(AMOUNTS, max_size=12))
def test_demands_gather_every_dong_of_a_quote_exactly_once(items: list[dict[str, Any]]) -> None:
    demands = owed_by({"items": items})
    for currency in ("VND", "USD"):
        quoted = sum(one["amount"]["amount"] for one in items if one["amount"]["currency"] == currency)
        assert sum(one.amount for one in demands if one.currency == currency) == quoted
    assert all(sum(by_kind(one.items).values()) == one.amount > 0 for one in demands)
    assert len({(one.collected_at, one.currency) for one in demands}) == len(demands)
