"""A delegation that ends, ends all of it at once: what a delegate lists, reads and does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.chassis.refusals import Refusal
from tests.component.applications.use_cases import Portal
from tests.unit.applications.actors import CITIZEN, NEIGHBOUR, call, reading
from tests.unit.applications.fakes import Identity

DELEGATION = (NEIGHBOUR.account_id, CITIZEN.account_id, "9.000001")
ACTS: dict[str, Callable[[Portal, str], Any]] = {
    "application": lambda portal, key: portal.queries.application(key, identity=portal.identity, **reading(NEIGHBOUR)),
    "explain_due_date": lambda portal, key: portal.due_dates.explain_due_date(
        key, **portal.neighbours, **reading(NEIGHBOUR)
    ),
    "choose_delivery": lambda portal, key: portal.registry.choose_delivery(
        key, "counter", identity=portal.identity, **call(NEIGHBOUR)
    ),
    "request_withdrawal": lambda portal, key: portal.registry.request_withdrawal(
        key, "Thôi", identity=portal.identity, **call(NEIGHBOUR)
    ),
}


@pytest.fixture
def entrusted(open_portal: Callable[..., Portal]) -> tuple[Portal, str]:
    """An application that a delegate has handed in for its applicant."""
    portal = open_portal(identity=Identity(DELEGATION))
    key = portal.submitted(by=NEIGHBOUR, on_behalf_of=CITIZEN.account_id)
    portal.follow()
    return portal, key


def listed(portal: Portal) -> list[str]:
    return [item["application_id"] for item in portal.lists.mine(by=NEIGHBOUR, identity=portal.identity)["items"]]


def test_a_delegate_lists_what_they_started_until_the_delegation_ends(entrusted: tuple[Portal, str]) -> None:
    portal, key = entrusted
    assert listed(portal) == [key]
    portal.identity.delegations = {(NEIGHBOUR.account_id, CITIZEN.account_id, "9.999999")}
    assert listed(portal) == []
    portal.identity.delegations = {(NEIGHBOUR.account_id, CITIZEN.account_id, "*")}
    assert listed(portal) == [key]
    portal.identity.delegations = set()
    assert listed(portal) == []


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_left_to_a_former_delegate(entrusted: tuple[Portal, str], act: str) -> None:
    portal, key = entrusted
    portal.identity.delegations = set()
    with pytest.raises(Refusal) as refused:
        ACTS[act](portal, key)
    assert refused.value.name == "Forbidden"
    portal.identity.delegations = {DELEGATION}
    assert ACTS[act](portal, key)
