"""Letting another act for oneself."""

from datetime import UTC, datetime

import pytest
import time_machine

from infra.chassis.access.service_readers import ServiceReader
from infra.chassis.refusals import InvalidRequest
from services.identity.errors import AccountNotFound, DelegationNotFound, DelegationNotPossible
from tests.component.identity.conftest import NOTIFICATIONS

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
BIRTH = "1.001193"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def principal(identity, clock):
    return identity.actor(0)


@pytest.fixture
def delegate(identity, clock):
    return identity.actor(1)


@pytest.fixture
def granted(identity, principal, delegate):
    number = identity.claimed(1).citizen_number
    return identity.delegations.delegate(number, [BIRTH], "2026-03-31", by=principal)


def delegation_of(identity, principal, delegate, scope=BIRTH):
    return identity.delegations.delegation_for(
        delegate.account_id,
        scope,
        principal_citizen_number=identity.claimed(0).citizen_number,
        reader=ServiceReader("applications", "kiểm tra ủy quyền / to check the delegation", delegate.account_id),
    )


def test_a_delegation_lets_the_delegate_act_in_its_procedures(identity, principal, delegate, granted, fits):
    fits("delegate", granted)
    reply = delegation_of(identity, principal, delegate)
    fits("delegation_for", reply)
    assert (reply["principal_account_id"], reply["principal_name"]) == (principal.account_id, "Nguyễn Thị Mẫu")


def test_the_principal_can_be_named_by_account_too(identity, principal, delegate, granted):
    reply = identity.delegations.delegation_for(
        delegate.account_id, BIRTH, principal_account_id=principal.account_id, reader=NOTIFICATIONS
    )
    assert reply == delegation_of(identity, principal, delegate)


def test_other_procedures_are_not_covered(identity, principal, delegate, granted):
    with pytest.raises(DelegationNotFound):
        delegation_of(identity, principal, delegate, scope="1.000001")


@pytest.mark.parametrize("scope", ["*", ["*"], ["*", BIRTH]])
def test_a_star_covers_all_procedures(identity, principal, delegate, scope):
    reply = identity.delegations.delegate(identity.claimed(1).citizen_number, scope, "2026-03-31", by=principal)
    assert reply["scope"] == ["*"]
    assert delegation_of(identity, principal, delegate, scope="1.000001")


def test_a_delegation_goes_one_way(identity, principal, delegate, granted):
    with pytest.raises(DelegationNotFound):
        identity.delegations.delegation_for(
            principal.account_id, BIRTH, principal_account_id=delegate.account_id, reader=NOTIFICATIONS
        )


def test_nobody_has_a_delegation_from_nobody(identity, delegate):
    for principal in ({}, {"principal_citizen_number": "001190000001"}, {"principal_account_id": "?"}):
        with pytest.raises(DelegationNotFound):
            identity.delegations.delegation_for(delegate.account_id, BIRTH, **principal, reader=NOTIFICATIONS)


def test_it_lasts_to_the_end_of_its_day_in_vietnam(identity, principal, delegate, granted, clock):
    assert granted["until"] == "2026-03-31T17:00:00+00:00"
    clock.move_to(datetime(2026, 3, 31, 16, 59, 59, tzinfo=UTC))
    assert delegation_of(identity, principal, delegate)
    clock.shift(1)
    with pytest.raises(DelegationNotFound):
        delegation_of(identity, principal, delegate)


@pytest.mark.parametrize("until", ["9999-12-31", "2026-12-31T23:59:60Z", "0001-01-01T00:00:00+23:00"])
def test_an_end_no_clock_can_show_is_pointed_at(identity, principal, until):
    with pytest.raises(InvalidRequest) as refused:
        identity.delegations.delegate(identity.claimed(1).citizen_number, "*", until, by=principal)
    assert refused.value.facts["problems"][0]["pointer"] == "/until"


def test_a_delegation_into_the_past_is_not_possible(identity, principal, delegate):
    for until in ("2026-03-01", NOON.isoformat()):
        with pytest.raises(DelegationNotPossible):
            identity.delegations.delegate(identity.claimed(1).citizen_number, "*", until, by=principal)


def test_nobody_delegates_to_themselves(identity, principal):
    with pytest.raises(DelegationNotPossible):
        identity.delegations.delegate(identity.claimed(0).citizen_number, "*", "2026-03-31", by=principal)


def test_the_delegate_needs_an_account(identity, principal):
    with pytest.raises(AccountNotFound):
        identity.delegations.delegate(identity.claimed(1).citizen_number, "*", "2026-03-31", by=principal)


def test_granting_the_same_again_is_the_same_delegation(identity, principal, granted):
    again = identity.delegations.delegate(identity.claimed(1).citizen_number, [BIRTH], "2026-03-31", by=principal)
    assert again == granted
    assert [kind for kind, _ in identity.outbox_events()].count("delegation_granted.v1") == 1


@pytest.mark.parametrize("side", ["principal", "delegate"])
def test_both_sides_can_end_it_and_ending_it_again_changes_nothing(
    request, identity, principal, delegate, granted, side, fits
):
    by = request.getfixturevalue(side)
    ended = identity.delegations.revoke_delegation(granted["delegation_id"], by=by)
    fits("revoke_delegation", ended)
    assert identity.delegations.revoke_delegation(granted["delegation_id"], by=by) == ended
    with pytest.raises(DelegationNotFound):
        delegation_of(identity, principal, delegate)
    revoked = [data for kind, data in identity.outbox_events() if kind == "delegation_revoked.v1"]
    assert [data["by"]["account_id"] for data in revoked] == [by.account_id]


def test_a_stranger_can_neither_end_nor_see_it(identity, granted):
    stranger = identity.actor(2)
    with pytest.raises(DelegationNotFound):
        identity.delegations.revoke_delegation(granted["delegation_id"], by=stranger)
    assert identity.delegations.delegations(by=stranger)["items"] == []


def test_after_taking_it_back_the_same_can_be_granted_anew(identity, principal, granted):
    identity.delegations.revoke_delegation(granted["delegation_id"], by=principal)
    again = identity.delegations.delegate(identity.claimed(1).citizen_number, [BIRTH], "2026-03-31", by=principal)
    assert again["delegation_id"] != granted["delegation_id"]


def test_each_side_sees_it_and_granting_reveals_no_name(identity, principal, delegate, granted, fits):
    arguments, received = (identity.delegations.delegations(by=variant) for variant in (principal, delegate))
    fits("delegations", arguments)
    fits("delegations", received)
    assert [(item["direction"], item["name"]) for item in arguments["items"]] == [("given", None)]
    assert [(item["direction"], item["name"]) for item in received["items"]] == [("received", "Nguyễn Thị Mẫu")]


def test_of_several_that_cover_a_procedure_the_longest_is_found(identity, principal, delegate, granted):
    longer = identity.delegations.delegate(identity.claimed(1).citizen_number, "*", "2026-06-30", by=principal)
    assert delegation_of(identity, principal, delegate)["delegation_id"] == longer["delegation_id"]
