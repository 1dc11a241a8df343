"""The contract says what the doors do, and its examples are true."""

from uuid import uuid4

from services.identity.accounts import Registration
from services.identity.personal_data import PersonalData
from tests.unit.identity.test_contract import CONTRACT


def test_what_is_really_told_fits_the_contract(identity, operator):
    by = identity.actor(0)
    identity.registered(1)
    identity.offices.create_agency("H01", "Phường Mẫu", by=operator)
    identity.offices.appoint(by.account_id, "H01", ["auditor"], by=operator)
    identity.offices.dismiss(by.account_id, "H01", by=operator)
    granted = identity.delegations.delegate(identity.claimed(1).citizen_number, "*", "2999-12-31", by=by)
    identity.delegations.revoke_delegation(granted["delegation_id"], by=by)
    with identity.database.session() as session:
        PersonalData(identity.database).confirm(session, str(uuid4()), by.account_id, {"account": 1})
    events = identity.outbox_events()
    assert {kind for kind, _ in events} == set(CONTRACT.events)
    for kind, data in events:
        assert CONTRACT.event(kind).problems(data) == []


def test_the_example_of_registering_registers(identity, fits):

    example = dict(CONTRACT.rpc["register_citizen"]["example"]["parameters"])
    password = example.pop("password")
    reply = identity.accounts.register_citizen(Registration(**example), password)
    promised = CONTRACT.rpc["register_citizen"]["example"]["reply"]
    assert {key: reply[key] for key in ("username", "full_name", "language")} == {
        key: promised[key] for key in ("username", "full_name", "language")
    }
