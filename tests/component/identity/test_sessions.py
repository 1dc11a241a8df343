"""Staying signed in: rotation, theft, ending sessions."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from infra.chassis.access.actors import Actor
from services.identity import open_sessions, sessions
from services.identity.errors import RefreshRefused, SessionEnded, SessionNotFound, WeakPassword, WrongPassword
from services.identity.models import SignInSession

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


def actor_of(identity, reply):
    return Actor.of_claims(identity.claims(reply["access_token"]))


def test_a_refresh_gives_new_tokens_of_the_same_session(identity, fits):
    identity.registered()
    first = identity.signed_in()
    second = identity.sessions.refresh(first["refresh_token"])
    fits("refresh", second)
    assert second["refresh_token"] != first["refresh_token"]
    assert second["session_id"] == first["session_id"]


def test_a_refresh_brings_new_roles(identity, operator):
    account_id = identity.registered()["account_id"]
    first = identity.signed_in()
    identity.offices.create_agency("H01", "Ủy ban nhân dân Mẫu", by=operator)
    identity.offices.appoint(account_id, "H01", ["auditor"], by=operator)
    second = identity.sessions.refresh(first["refresh_token"])
    assert identity.claims(second["access_token"])["agencies"] == {"H01": ["auditor"]}
    identity.offices.dismiss(account_id, "H01", by=operator)
    third = identity.sessions.refresh(second["refresh_token"])
    assert identity.claims(third["access_token"])["agencies"] == {}


def test_a_caller_who_lost_the_answer_gets_the_same_successor(identity):
    identity.registered()
    first = identity.signed_in()
    again = [identity.sessions.refresh(first["refresh_token"])["refresh_token"] for _ in range(2)]
    assert again[0] == again[1]
    assert identity.sessions.refresh(again[0])


def test_a_used_token_shown_later_ends_the_whole_session(identity):
    with time_machine.travel(NOON, tick=False) as clock:
        identity.registered()
        first = identity.signed_in()
        second = identity.sessions.refresh(first["refresh_token"])
        clock.shift(sessions.GRACE + timedelta(seconds=1))
        for token in (first["refresh_token"], second["refresh_token"]):
            with pytest.raises(RefreshRefused):
                identity.sessions.refresh(token)
        with identity.database.session() as session:
            assert session.query(SignInSession).one().revoked_because == "refresh_token_reused"


def test_a_used_token_ends_the_session_at_once_when_its_successor_was_used_too(identity):
    identity.registered()
    first = identity.signed_in()
    second = identity.sessions.refresh(first["refresh_token"])
    third = identity.sessions.refresh(second["refresh_token"])
    with pytest.raises(RefreshRefused):
        identity.sessions.refresh(first["refresh_token"])
    with pytest.raises(RefreshRefused):
        identity.sessions.refresh(third["refresh_token"])


def test_theft_in_one_session_leaves_the_others_alone(identity):
    with time_machine.travel(NOON, tick=False) as clock:
        identity.registered()
        stolen, other = identity.signed_in(), identity.signed_in()
        identity.sessions.refresh(stolen["refresh_token"])
        clock.shift(sessions.GRACE + timedelta(seconds=1))
        with pytest.raises(RefreshRefused):
            identity.sessions.refresh(stolen["refresh_token"])
        assert identity.sessions.refresh(other["refresh_token"])


@pytest.mark.parametrize("token", ["unknown", "ế" * 40])
def test_an_unknown_refresh_token_is_refused(identity, token):
    with pytest.raises(RefreshRefused) as refused:
        identity.sessions.refresh(token)
    assert refused.value.name == "Unauthenticated"


def test_a_refresh_token_not_used_for_long_is_worth_nothing(identity):
    with time_machine.travel(NOON, tick=False) as clock:
        identity.registered()
        token = identity.signed_in()["refresh_token"]
        clock.shift(sessions.IDLE_LIFETIME)
        with pytest.raises(RefreshRefused):
            identity.sessions.refresh(token)


def test_however_busy_a_session_ends_after_its_week(identity):
    with time_machine.travel(NOON, tick=False) as clock:
        identity.registered()
        token = identity.signed_in()["refresh_token"]
        step = timedelta(hours=8)
        for _ in range(sessions.SESSION_LIFETIME // step - 1):
            clock.shift(step)
            token = identity.sessions.refresh(token)["refresh_token"]
        clock.shift(step)
        with pytest.raises(RefreshRefused):
            identity.sessions.refresh(token)


def test_after_signing_out_the_refresh_token_holds_no_more(identity, fits):
    identity.registered()
    token = identity.signed_in()["refresh_token"]
    fits("sign_out", identity.sessions.sign_out(token))
    with pytest.raises(RefreshRefused):
        identity.sessions.refresh(token)


def test_signing_out_again_or_with_any_token_is_answered_alike(identity):
    identity.registered()
    token = identity.signed_in()["refresh_token"]
    assert identity.sessions.sign_out(token) == identity.sessions.sign_out(token) == identity.sessions.sign_out("?")


def test_open_sessions_are_listed_newest_first_and_the_present_one_is_marked(identity, fits):
    identity.registered()
    older, newer = identity.signed_in(), identity.signed_in()
    listed = identity.sessions.sessions(by=actor_of(identity, older))
    fits("sessions", listed)
    assert [(item["session_id"], item["current"]) for item in listed["items"]] == [
        (newer["session_id"], False),
        (older["session_id"], True),
    ]


def test_a_session_can_be_ended_from_another_and_ending_it_again_changes_nothing(identity, fits):
    identity.registered()
    lost, mine = identity.signed_in(), identity.signed_in()
    by = actor_of(identity, mine)
    ended = identity.sessions.revoke_session(lost["session_id"], by=by)
    fits("revoke_session", ended)
    assert identity.sessions.revoke_session(lost["session_id"], by=by) == ended
    with pytest.raises(RefreshRefused):
        identity.sessions.refresh(lost["refresh_token"])
    assert [item["session_id"] for item in identity.sessions.sessions(by=by)["items"]] == [mine["session_id"]]


def test_nobody_ends_somebody_elses_session(identity):
    identity.registered(0)
    theirs = identity.signed_in(0)
    with pytest.raises(SessionNotFound):
        identity.sessions.revoke_session(theirs["session_id"], by=identity.actor(1))
    assert identity.sessions.refresh(theirs["refresh_token"])


def test_a_new_password_ends_all_other_sessions(identity, password, fits):
    identity.registered()
    other, mine = identity.signed_in(), identity.signed_in()
    changed = identity.accounts.change_password(password, "sáu cây cau trước ngõ", by=actor_of(identity, mine))
    fits("change_password", changed)
    assert changed["sessions_ended"] == 1
    with pytest.raises(RefreshRefused):
        identity.sessions.refresh(other["refresh_token"])
    assert identity.sessions.refresh(mine["refresh_token"])
    assert identity.sessions.sign_in(identity.claimed().citizen_number, "sáu cây cau trước ngõ")


def test_a_new_password_asks_for_the_present_one(identity):
    with pytest.raises(WrongPassword):
        identity.accounts.change_password("sai", "sáu cây cau trước ngõ", by=identity.actor())


def test_a_new_password_must_not_be_weak(identity, password):
    with pytest.raises(WeakPassword):
        identity.accounts.change_password(password, "12345678", by=identity.actor())


def test_sessions_are_forgotten_a_month_after_their_end(identity):
    with time_machine.travel(NOON, tick=False) as clock:
        identity.registered()
        identity.sessions.refresh(identity.signed_in()["refresh_token"])
        clock.shift(sessions.SESSION_LIFETIME + open_sessions.RETENTION)
        with identity.database.session() as session:
            assert open_sessions.delete_ended_sessions(session, 10) == 0
        clock.shift(1)
        with identity.database.session() as session:
            assert open_sessions.delete_ended_sessions(session, 10) == 1
            assert session.query(SignInSession).count() == 0


def changes_of_guard(identity, password):
    number = identity.claimed(1).citizen_number
    return (
        lambda by: identity.accounts.change_password(password, "sáu cây cau trước ngõ", by=by),
        lambda by: identity.codes.enrol_otp(by=by),
        lambda by: identity.codes.confirm_otp("123456", by=by),
        lambda by: identity.delegations.delegate(number, "*", "2999-12-31", by=by),
    )


def test_a_token_that_outlived_its_session_cannot_change_how_the_account_is_guarded(identity, password):
    identity.registered(0)
    identity.registered(1)
    lost = identity.signed_in()
    by = actor_of(identity, lost)
    identity.sessions.sign_out(lost["refresh_token"])
    for change in changes_of_guard(identity, password):
        with pytest.raises(SessionEnded) as refused:
            change(by)
        assert refused.value.name == "Unauthenticated"
