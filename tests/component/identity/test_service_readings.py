"""What a service is shown of a person is in that person's access log, and why; but what they ask themselves is not."""

from __future__ import annotations

from typing import Any

import pytest

from infra.chassis.access.service_readers import ServiceReader
from services.identity.access_log import AccessRecorder
from services.identity.errors import AccountNotFound, DelegationNotFound
from tests.component.identity.conftest import NOTIFICATIONS, Identity
from tests.support.days import years_ahead

WHY = "kiểm tra ủy quyền / to check the delegation"


def entries(identity: Identity, person: Any) -> list[tuple[str, str, str]]:
    page = AccessRecorder(identity.database).access_log(by=person)
    return [(entry["reader_id"], entry["role"], entry["purpose"]) for entry in page["items"]]


def test_who_reads_an_address_is_named(identity, fits):
    person = identity.actor(0)
    identity.accounts.contact(person.account_id, reader=NOTIFICATIONS)
    assert entries(identity, person) == [("service:notifications", "service", NOTIFICATIONS.purpose)]
    fits("access_log", AccessRecorder(identity.database).access_log(by=person))


def test_a_principal_sees_who_looked_the_delegation_up_and_the_delegate_asks_about_themselves(identity):
    principal, delegate = identity.actor(0), identity.actor(1)
    identity.delegations.delegate(identity.claimed(1).citizen_number, "*", years_ahead(1), by=principal)
    reader = ServiceReader("applications", WHY, delegate.account_id)
    identity.delegations.delegation_for(
        delegate.account_id, "1.001193", principal_account_id=principal.account_id, reader=reader
    )
    identity.delegations.delegations_in_force(delegate.account_id, reader=reader)
    assert entries(identity, principal) == [("service:applications", "service", WHY)] * 2
    assert entries(identity, delegate) == []


def test_what_was_refused_was_not_shown(identity):
    person = identity.actor(0)
    with pytest.raises(DelegationNotFound):
        identity.delegations.delegation_for(
            "nobody", "1.001193", principal_account_id=person.account_id, reader=NOTIFICATIONS
        )
    with pytest.raises(AccountNotFound):
        identity.accounts.contact("nobody", reader=NOTIFICATIONS)
    assert entries(identity, person) == []
