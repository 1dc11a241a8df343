"""The contract says what the doors do, and its examples are true."""

from uuid import uuid4

from infra.chassis.storage.commands import Command
from infra.chassis.trust.signatures import Signer
from services.identity import keys
from services.identity.access_challenges import ChallengeDesk
from services.identity.access_log_seal import AccessLogSealer
from services.identity.accounts import Accounts, Registration
from services.identity.contact_codes import ContactCodes
from services.identity.personal_data import PersonalData
from tests.component.identity.conftest import PASSWORD
from tests.component.identity.test_access_log import AUDITOR, reading
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
    challenged_and_sealed(identity, by)
    codes = ContactCodes(identity.database, keys.sealer(identity.private, "contact-messages"), b"key of the test")
    Accounts(identity.database, identity.register, codes).register_citizen(identity.claimed(2), PASSWORD)
    events = identity.outbox_events()
    assert {kind for kind, _ in events} == set(CONTRACT.events)
    for kind, data in events:
        assert CONTRACT.event(kind).problems(data) == []


def challenged_and_sealed(identity, by):
    """An entry of the access log that its subject challenges, an auditor answers, and the follower seals."""
    identity.access.note_reading(reading(7, by.account_id, "reader"))
    desk = ChallengeDesk(identity.database)

    def command(actor):
        return {"by": actor, "command": Command.of(str(uuid4()), "challenge", actor.account_id, {}, call_id="c")}

    challenge = desk.challenge_access(1, "Tôi không rõ vì sao.", **command(by))["challenge_id"]
    desk.answer_challenge(challenge, "justified", "Đang thụ lý.", **command(AUDITOR))
    assert AccessLogSealer(identity.database, Signer(identity.private)).step() == 1


def test_the_example_of_registering_registers(identity, fits):

    example = dict(CONTRACT.rpc["register_citizen"]["example"]["parameters"])
    password = example.pop("password")
    reply = identity.accounts.register_citizen(Registration(**example), password)
    promised = CONTRACT.rpc["register_citizen"]["example"]["reply"]
    assert {key: reply[key] for key in ("username", "full_name", "language")} == {
        key: promised[key] for key in ("username", "full_name", "language")
    }
