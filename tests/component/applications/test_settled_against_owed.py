"""What *payments* announces is held against what is owed: only money makes a debt less."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.applications.commands.fee_settlement import remainder
from services.applications.errors import FeeNotPaid
from tests.unit.applications import actors
from tests.unit.applications.actors import call


def vnd(amount):
    return {"amount": amount, "currency": "VND"}


def test_one_dong_does_not_pay_a_fee(open_portal):
    portal = open_portal("intake")
    key = portal.submitted()
    [owed] = portal.store.get(key).owed("intake").values()
    data = {"payment_id": str(uuid4()), "application_id": key, "amount": vnd(1), "collected_at": ["intake"]}
    portal.settling.fee_paid({"id": "payments:1", "data": data}, portal.catalog)
    assert portal.store.get(key).owed("intake") == {"intake": owed - 1}
    with pytest.raises(FeeNotPaid):
        portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))


AMOUNTS = st.dictionaries(st.sampled_from(["intake", "supplement", "result"]), st.integers(1, 10**9))


@given(AMOUNTS, st.integers(0, 3 * 10**9))
def test_what_stays_owed_and_what_came_in_are_never_less_than_what_was_owed(owed, amount):
    left = remainder(owed, vnd(amount), {})
    assert sum(left.values()) == max(0, sum(owed.values()) - amount)
    assert all(0 < left[moment] <= owed[moment] for moment in left)


def test_what_payments_says_is_still_owed_stays_owed():
    assert remainder({"intake": 150}, vnd(100), {"intake": 50}) == {"intake": 50}
    assert remainder({"intake": 150}, vnd(1), {"intake": 50}) == {"intake": 149}
