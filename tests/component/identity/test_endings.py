"""What identity answers about access that ended, and the keys that sign its tokens in turn."""

from datetime import timedelta

import pytest
import time_machine
from joserfc.jwk import KeySet

from infra.chassis import clock
from infra.chassis.access.access_endings import ending_digest
from infra.chassis.access.access_tokens import claims_of
from infra.chassis.refusals import Unauthenticated
from infra.chassis.trust.signatures import Signer
from services.identity.access_endings import TrustAnswers, delete_old_endings
from services.identity.personal_data import PersonalData
from services.identity.signing_keys import SigningKeys, rotate

NONCE = "0123456789abcdef"


@pytest.fixture
def answers(identity):
    return TrustAnswers(identity.database, SigningKeys(identity.private, identity.database), Signer(identity.private))


def ended(answers, after=0):
    return answers.access_endings(after, NONCE)["ended"]


def test_a_sign_out_is_told_by_a_digest(identity, answers, fits):
    identity.registered()
    signed_in = identity.signed_in()
    identity.sessions.sign_out(signed_in["refresh_token"])
    answer = answers.access_endings(0, NONCE)
    fits("access_endings", answer)
    assert answer["ended"] == [{"session": ending_digest("session", signed_in["session_id"])}]
    assert answer["version"] == 1
    assert signed_in["session_id"] not in str(answer)


def test_a_dismissal_ends_the_tokens_from_before_it(identity, answers, operator):
    account = identity.registered()["account_id"]
    identity.offices.create_agency("H01", "Ủy ban", None, "01", by=operator)
    identity.offices.appoint(account, "H01", ["approver"], by=operator)
    before = identity.claims(identity.signed_in()["access_token"])
    identity.offices.dismiss(account, "H01", by=operator)
    [ending] = ended(answers)
    assert ending == {"account": ending_digest("account", account), "session_version": before["session_version"] + 1}
    after = identity.claims(identity.signed_in()["access_token"])
    assert after["session_version"] == ending["session_version"]
    assert after["agencies"] == {}


def erase(identity, account):
    with identity.database.session() as session:
        PersonalData(identity.database).forget(session, account, set())


def test_an_erasure_ends_the_tokens_of_an_official(identity, answers, operator):
    account = identity.registered()["account_id"]
    identity.offices.create_agency("H01", "Ủy ban", None, "01", by=operator)
    identity.offices.appoint(account, "H01", ["approver"], by=operator)
    before = identity.claims(identity.signed_in()["access_token"])
    erase(identity, account)
    assert ended(answers) == [
        {"account": ending_digest("account", account), "session_version": before["session_version"] + 1}
    ]


def test_the_token_of_an_erased_citizen_is_answered_by_name_until_it_expires(identity, answers):
    account = identity.registered()["account_id"]
    signed_in = identity.signed_in()
    erase(identity, account)
    assert ended(answers) == []
    with pytest.raises(Unauthenticated):
        identity.sessions.refresh(signed_in["refresh_token"])


def test_what_ended_lately_comes_again_since_numbers_are_committed_in_any_order(identity, answers):
    identity.registered()
    identity.sessions.sign_out(identity.signed_in()["refresh_token"])
    version = answers.access_endings(0, NONCE)["version"]
    assert len(ended(answers, version)) == 1
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        assert ended(answers, version) == []
        assert len(ended(answers)) == 1
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert ended(answers) == []


def test_old_rows_go_and_numbers_go_on(identity, answers):
    identity.registered()
    for _ in range(3):
        identity.sessions.sign_out(identity.signed_in()["refresh_token"])
    with time_machine.travel(clock.now() + timedelta(hours=1)), identity.database.session() as session:
        assert delete_old_endings(session, 100) == 2
    identity.sessions.sign_out(identity.signed_in()["refresh_token"])
    assert answers.access_endings(0, NONCE)["version"] == 4


def test_the_next_key_is_published_before_it_signs_and_the_last_until_its_tokens_have_ended(identity):
    now = clock.now()
    keys = SigningKeys(identity.private, identity.database)
    first = keys.current().kid
    with identity.database.session() as session:
        made = rotate(session, identity.private, at_once=False)
    keys._read_at = float("-inf")
    keys.update()
    assert [key["kid"] for key in keys.jwks()] == [first, made["kid"]]
    with time_machine.travel(now + timedelta(seconds=70)):
        assert keys.current().kid == made["kid"]
        assert {key["kid"] for key in keys.jwks()} == {first, made["kid"]}
    with time_machine.travel(now + timedelta(minutes=14)):
        assert [key["kid"] for key in keys.jwks()] == [made["kid"]]


def test_tokens_hold_all_through_a_rotation(identity):
    keys = identity.mint.keys = SigningKeys(identity.private, identity.database)
    now, tokens = clock.now(), []
    for minute in range(0, 40, 3):
        with time_machine.travel(now + timedelta(minutes=minute), tick=False):
            if minute % 15 == 0:
                with identity.database.session() as session:
                    rotate(session, identity.private, at_once=False)
            keys._read_at = float("-inf")
            keys.update()
            tokens.append((minute, identity.mint.access_token("x", name="x", roles=[])))
            published = KeySet.import_key_set({"keys": keys.jwks()})
            for made, token in tokens:
                if minute - made < 10:
                    assert claims_of(token, published, "portal/cases")


def test_a_key_in_other_hands_ends_at_once_with_its_tokens(identity):
    keys = SigningKeys(identity.private, identity.database)
    token = identity.mint.access_token("x", name="x", roles=["auditor"])
    with identity.database.session() as session:
        made = rotate(session, identity.private, at_once=True)
    keys.update()
    assert [key["kid"] for key in keys.jwks()] == [made["kid"]]
    with pytest.raises(Unauthenticated):
        claims_of(token, KeySet.import_key_set({"keys": keys.jwks()}), "portal/cases")


def test_a_key_in_the_database_is_nothing_without_the_given_one(identity):
    with identity.database.session() as session:
        rotate(session, identity.private, at_once=False)
        from services.identity.models import TokenKey

        assert all("PRIVATE" not in (row.sealed_secret or "") for row in session.query(TokenKey))
