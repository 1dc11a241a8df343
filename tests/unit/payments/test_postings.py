"""Every double entry balances, and one that does not is never written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain import postings
from services.payments.domain.postings import Posting, Unbalanced, balanced
from tests.unit.payments.actors import AGENCY

AMOUNT = st.integers(1, 10**12)


@given(
    st.dictionaries(st.sampled_from(["duty", "charge"]), AMOUNT, min_size=1),
    AMOUNT,
    st.sampled_from(["vnpay", "vietqr", "cash", "transfer"]),
    st.booleans(),
)
def test_every_happening_is_posted_to_zero(shares: dict[str, int], amount: int, method: str, surplus: bool) -> None:
    entries = [
        postings.demand_raised(AGENCY, shares),
        postings.demand_dropped(AGENCY, shares),
        postings.demand_waived(AGENCY, amount),
        postings.money_received(AGENCY, method, amount),
        postings.money_not_owed(AGENCY, method, amount),
        postings.refund_approved(AGENCY, amount, surplus=surplus),
        postings.refund_paid(AGENCY, method, amount),
    ]
    assert all(sum(line.amount for line in entry) == 0 and len(entry) >= 2 for entry in entries)


@given(st.lists(st.integers(-1000, 1000), max_size=6))
def test_an_entry_that_does_not_balance_is_never_written(amounts: list[int]) -> None:
    lines = [Posting(f"account:{number}", amount) for number, amount in enumerate(amounts)]
    if any(amounts) and sum(amounts) == 0:
        assert sum(line.amount for line in balanced(lines)) == 0
    else:
        with pytest.raises(Unbalanced):
            balanced(lines)
