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
        quoted = sum(item["amount"]["amount"] for item in items if item["amount"]["currency"] == currency)
        assert sum(demand.amount for demand in demands if demand.currency == currency) == quoted
    assert all(sum(by_kind(demand.items).values()) == demand.amount > 0 for demand in demands)
    assert len({(demand.collected_at, demand.currency) for demand in demands}) == len(demands)
