"""Lock-out slows attackers and not the owner: known devices, and sources that try many names."""

from datetime import UTC, datetime, timedelta

import pytest
import structlog
import time_machine

from infra.chassis import metrics
from services.identity import attempts, known_devices, spraying
from services.identity.errors import SignInDelayed, SignInRefused
from services.identity.models import KnownDevice
from tests.component.identity.conftest import PASSWORD

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def owner(identity, clock):
    """The owner's user name and the token of a device they have signed in from."""
    identity.registered()
    return identity.claimed().citizen_number, identity.signed_in()["device"]


def guess(identity, username, times, **where):
    for _ in range(times):
        with pytest.raises(SignInRefused):
            identity.sessions.sign_in(username, "sai", **where)


def flood(identity, username, clock):
    """A stranger's guesses for an hour, as fast as they are let; the wait stands at the end."""
    guess(identity, username, attempts.FREE_FAILURES)
    until = clock_now() + timedelta(hours=1)
    while clock_now() < until:
        with pytest.raises(SignInDelayed) as refused:
            identity.sessions.sign_in(username, "sai")
        clock.shift(refused.value.facts["seconds"])
        guess(identity, username, 1)


def clock_now():
    return datetime.now(UTC)


def test_while_a_stranger_floods_the_owner_signs_in_on_a_known_device(identity, clock, owner):
    username, device = owner
    flood(identity, username, clock)
    assert identity.sessions.sign_in(username, PASSWORD, None, device)["device"] == device


def test_while_a_stranger_floods_a_device_of_somebody_else_waits_like_any(identity, clock, owner):
    identity.registered(1)
    foreign = identity.signed_in(1)["device"]
    flood(identity, owner[0], clock)
    for device in (foreign, "made-up", None):
        with pytest.raises(SignInDelayed):
            identity.sessions.sign_in(owner[0], PASSWORD, None, device)


def test_the_owners_sign_in_does_not_give_the_stranger_new_guesses(identity, clock, owner):
    username, device = owner
    guess(identity, username, attempts.FREE_FAILURES)
    identity.sessions.sign_in(username, PASSWORD, None, device)
    with pytest.raises(SignInDelayed):
        identity.sessions.sign_in(username, "sai")


def test_a_stolen_device_guesses_no_faster_than_a_stranger(identity, owner):
    username, device = owner
    guess(identity, username, attempts.FREE_FAILURES, device=device)
    with pytest.raises(SignInDelayed):
        identity.sessions.sign_in(username, PASSWORD, None, device)


def test_the_token_of_a_device_signs_nobody_in_and_rests_as_a_digest(identity, owner):
    username, device = owner
    with pytest.raises(SignInRefused):
        identity.sessions.sign_in(username, "sai", None, device)
    with identity.database.session() as session:
        (row,) = session.query(KnownDevice).all()
        assert device not in (row.digest, row.account_id)


def test_a_device_not_used_for_long_is_a_strangers(identity, clock, owner):
    username, device = owner
    clock.shift(known_devices.LIFETIME + timedelta(seconds=1))
    assert identity.sessions.sign_in(username, PASSWORD, None, device)["device"] != device
    with identity.database.session() as session:
        assert known_devices.delete_old_devices(session, 10) == 1


def test_an_account_knows_only_so_many_devices(identity, clock, owner):
    for _ in range(known_devices.MOST_DEVICES + 2):
        clock.shift(1)
        identity.signed_in()
    with identity.database.session() as session:
        assert session.query(KnownDevice).count() == known_devices.MOST_DEVICES


def test_guesses_of_strangers_do_not_keep_the_owner_from_changing_the_password(identity, clock):
    by = identity.actor()
    flood(identity, identity.claimed().citizen_number, clock)
    identity.accounts.change_password(PASSWORD, "sáu cây cau trước ngõ", by=by)


def spray(identity, source, names=spraying.MOST_NAMES, first=0):
    for number in range(first, first + names):
        with pytest.raises(SignInRefused):
            identity.sessions.sign_in(f"0011909{number:05d}", "mật khẩu hay gặp", source=source)


def test_one_password_tried_on_many_names_is_seen_and_has_to_wait(identity, clock):
    before = metrics.sign_in_spraying._value.get()
    with structlog.testing.capture_logs() as lines:
        spray(identity, "203.0.113.7")
        with pytest.raises(SignInDelayed):
            identity.sessions.sign_in("001190999999", "mật khẩu hay gặp", source="203.0.113.7")
    assert metrics.sign_in_spraying._value.get() == before + 1
    (line,) = [line for line in lines if line["event"] == "sign_in_spraying"]
    assert line["log_level"] == "warning" and "203.0.113.7" not in str(lines) and "0011909" not in str(lines)
    with identity.database.session() as session:
        assert spraying.spraying_sources(session, spraying.MOST_NAMES) == 1


def test_the_wait_of_a_source_is_nobody_elses_and_ends(identity, clock, owner):
    username, device = owner
    spray(identity, "203.0.113.7")
    assert identity.sessions.sign_in(username, PASSWORD, source="203.0.113.8")
    assert identity.sessions.sign_in(username, PASSWORD, None, device, source="203.0.113.7"), "a known device"
    with pytest.raises(SignInDelayed) as refused:
        identity.sessions.sign_in(username, PASSWORD, source="203.0.113.7")
    clock.shift(refused.value.facts["seconds"])
    assert identity.sessions.sign_in(username, PASSWORD, source="203.0.113.7")


def test_people_who_sign_in_do_not_count_against_their_office(identity, clock):
    source = "198.51.100.1"
    for person in range(3):
        identity.registered(person)
    spray(identity, source, spraying.MOST_NAMES - 1)
    for person in (0, 1, 2, 0, 1, 2):
        assert identity.sessions.sign_in(identity.claimed(person).citizen_number, PASSWORD, source=source)


def test_names_tried_long_ago_are_dropped(identity, clock):
    spray(identity, "203.0.113.7", 3)
    clock.shift(spraying.RETENTION + timedelta(seconds=1))
    with identity.database.session() as session:
        assert spraying.delete_old_names(session, 2) == 2
        assert spraying.delete_old_names(session, 10) == 1
