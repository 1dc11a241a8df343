"""Signing in, and how guessing is slowed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.refusals import Refusal
from services.identity import attempts
from services.identity.errors import SignInDelayed, SignInRefused
from services.identity.models import Account

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


def test_a_citizen_signs_in_with_number_and_password(identity, fits):
    account_id = identity.registered()["account_id"]
    reply = identity.signed_in()
    fits("sign_in", reply)
    claims = identity.claims(reply["access_token"])
    assert (claims["sub"], claims["name"], claims["roles"], claims["agencies"]) == (
        account_id,
        "Nguyễn Thị Mẫu",
        ["citizen"],
        {},
    )
    assert claims["sid"] == reply["session_id"]
    assert claims["exp"] - claims["iat"] == reply["expires_in"] == 600


def test_the_token_names_the_roles_held_at_agencies(identity, operator):
    account_id = identity.registered()["account_id"]
    identity.offices.create_agency("H01", "Ủy ban nhân dân Mẫu", by=operator)
    identity.offices.appoint(account_id, "H01", ["case_officer", "approver"], by=operator)
    assert identity.claims(identity.signed_in()["access_token"])["agencies"] == {"H01": ["approver", "case_officer"]}


def refusal(identity, username, password):
    with pytest.raises(Refusal) as refused:
        identity.sessions.sign_in(username, password)
    return refused.value.name, refused.value.text("vi"), refused.value.text("en"), refused.value.facts


def test_a_wrong_password_and_an_unknown_name_get_the_same_answers_all_the_way(identity):
    identity.registered()
    person_fields = identity.claimed().citizen_number
    with time_machine.travel(NOON, tick=False):
        for _ in range(attempts.FREE_FAILURES + 1):
            assert refusal(identity, person_fields, "sai") == refusal(identity, "001190000009", "sai")


def test_the_answer_to_a_wrong_password_is_called_unauthenticated(identity):
    assert refusal(identity, "nobody", "sai")[0] == "Unauthenticated"


def failed(identity, times, username=None):
    for _ in range(times):
        with pytest.raises(SignInRefused):
            identity.sessions.sign_in(username or identity.claimed().citizen_number, "sai")


def test_the_fifth_failure_makes_the_next_attempt_wait_even_with_the_right_password(identity):
    identity.registered()
    with time_machine.travel(NOON, tick=False) as clock:
        failed(identity, attempts.FREE_FAILURES)
        with pytest.raises(SignInDelayed) as refused:
            identity.signed_in()
        assert refused.value.facts == {"seconds": 30}
        clock.shift(30)
        assert identity.signed_in()


def test_each_further_failure_doubles_the_wait(identity):
    identity.registered()
    waits = []
    with time_machine.travel(NOON, tick=False) as clock:
        failed(identity, attempts.FREE_FAILURES)
        for _ in range(7):
            with pytest.raises(SignInDelayed) as refused:
                identity.signed_in()
            waits.append(refused.value.facts["seconds"])
            clock.shift(refused.value.facts["seconds"])
            failed(identity, 1)
    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_asking_while_waiting_does_not_make_the_wait_longer(identity):
    identity.registered()
    with time_machine.travel(NOON, tick=False) as clock:
        failed(identity, attempts.FREE_FAILURES)
        for _ in range(10):
            clock.shift(2)
            with pytest.raises(SignInDelayed):
                identity.signed_in()
        clock.shift(10)
        assert identity.signed_in()


def test_signing_in_wipes_the_count(identity):
    identity.registered()
    failed(identity, attempts.FREE_FAILURES - 1)
    identity.signed_in()
    failed(identity, attempts.FREE_FAILURES - 1)
    assert identity.signed_in()


def test_a_day_wipes_the_count(identity):
    identity.registered()
    with time_machine.travel(NOON, tick=False) as clock:
        failed(identity, attempts.FREE_FAILURES - 1)
        clock.shift(timedelta(days=1, seconds=1))
        failed(identity, attempts.FREE_FAILURES - 1)
        assert identity.signed_in()


def test_failures_of_one_name_do_not_delay_another(identity):
    identity.registered(0)
    identity.registered(1)
    failed(identity, attempts.FREE_FAILURES)
    assert identity.signed_in(1)


@given(st.integers(min_value=0, max_value=10_000))
def test_a_wait_never_shrinks_with_failures_and_never_lasts_for_ever(failures):
    assert attempts.delay_after(failures) <= attempts.delay_after(failures + 1) <= attempts.LONGEST_DELAY


def test_old_counts_are_forgotten_by_the_follower(identity):
    with time_machine.travel(NOON, tick=False) as clock:
        failed(identity, 1, "somebody")
        with identity.database.session() as session:
            assert attempts.delete_old_attempts(session, 10) == 0
        clock.shift(timedelta(days=2))
        with identity.database.session() as session:
            assert attempts.delete_old_attempts(session, 10) == 1


def test_a_digest_with_older_parameters_is_replaced_at_sign_in(identity, password):
    account_id = identity.registered()["account_id"]
    with identity.database.session() as session:
        older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(password)
        session.get_one(Account, account_id).password_hash = older
    identity.signed_in()
    with identity.database.session() as session:
        assert session.get_one(Account, account_id).password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert identity.signed_in()
