"""An account counts when its contact point is confirmed; registering tells nobody who has one."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import func, select

from infra.chassis.settings import SettingMissing, Settings
from services.identity import attempts, contact_codes, keys
from services.identity.accounts import Accounts
from services.identity.contact_codes import MOST_AT_ONCE, ContactCodes, confirmation_required, delete_old_codes
from services.identity.errors import (
    ContactCodeNotFound,
    ContactCodeRefused,
    OtpCodeWrong,
    OtpRequired,
    RefreshRefused,
    SignInDelayed,
    SignInRefused,
    WeakPassword,
)
from services.identity.models import Account, ContactCode, PendingRegistration
from services.identity.password_resets import PasswordDesk
from tests.component.identity.conftest import PASSWORD

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
NEW = "sáu cây cau trước ngõ"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def codes(identity):
    """The codes of an installation that confirms contact points."""
    made = ContactCodes(identity.database, keys.sealer(identity.private, "contact-messages"), b"key of the test")
    identity.accounts = Accounts(identity.database, identity.register, made)
    return made


@pytest.fixture
def desk(identity, codes):
    return PasswordDesk(identity.database, codes, identity.codes, confirmed_only=True)


def mailed(identity, codes):
    """Every message that was to be sent so far, as notifications is given it."""
    requested = [data for kind, data in identity.outbox_events() if kind == "contact_code_requested.v1"]
    messages = []
    for data in requested:
        try:
            messages.append(codes.code_message(data["request_id"]))
        except ContactCodeNotFound:
            messages.append(None)
    return messages


def accounts_there(identity):
    with identity.database.session() as session:
        return session.scalar(select(func.count()).select_from(Account))


def confirmed(identity, codes, person=0):
    reply = identity.registered(person)
    return identity.accounts.confirm_registration(reply["account_id"], mailed(identity, codes)[-1]["code"])


def test_an_account_counts_only_when_its_address_is_confirmed(identity, codes, fits):
    reply = identity.registered()
    fits("register_citizen", reply)
    assert reply["status"] == "awaiting_confirmation" and accounts_there(identity) == 0
    with pytest.raises(SignInRefused):
        identity.signed_in()
    (message,) = mailed(identity, codes)
    fits("code_message", message)
    assert (message["email"], message["full_name"]) == ("mau0@example.com", "Nguyễn Thị Mẫu")
    opened = identity.accounts.confirm_registration(reply["account_id"], message["code"])
    fits("confirm_registration", opened)
    assert opened["account_id"] == reply["account_id"] and identity.signed_in()


def test_registering_answers_alike_whether_or_not_there_is_an_account(identity, codes):
    confirmed(identity, codes)
    first, again = identity.registered(1), identity.registered(0)
    assert set(first) == set(again) and first["status"] == again["status"]
    assert again["account_id"] != first["account_id"] and accounts_there(identity) == 1
    notice = mailed(identity, codes)[-1]
    assert (notice["purpose"], notice["code"], notice["email"]) == ("already_registered", None, "mau0@example.com")


def test_a_squatter_keeps_nobody_from_registering(identity, codes):
    squatted = identity.accounts.register_citizen(identity.claimed(email="squatter@example.com"), "bảy con vịt bơi")
    mine = identity.registered()
    code = mailed(identity, codes)[-1]["code"]
    assert identity.accounts.confirm_registration(mine["account_id"], code)["status"] == "open"
    with pytest.raises(ContactCodeRefused):
        identity.accounts.confirm_registration(squatted["account_id"], mailed(identity, codes)[0]["code"])
    assert identity.signed_in()


@pytest.mark.parametrize("code", ["AAAA-AAAA-AAAA", "of another registration"])
def test_a_code_opens_its_own_registration_alone(identity, codes, code):
    mine, other = identity.registered(0), identity.registered(1)
    code = mailed(identity, codes)[1]["code"] if " " in code else code
    with pytest.raises(ContactCodeRefused):
        identity.accounts.confirm_registration(mine["account_id"], code)
    with pytest.raises(ContactCodeRefused):
        identity.accounts.confirm_registration("00000000-0000-4000-8000-000000000000", code)
    assert accounts_there(identity) == 0 and other


def test_a_code_ends_and_what_was_never_confirmed_is_dropped(identity, codes, clock):
    reply = identity.registered()
    code = mailed(identity, codes)[0]["code"]
    clock.shift(contact_codes.LIFETIME + timedelta(seconds=1))
    with pytest.raises(ContactCodeRefused):
        identity.accounts.confirm_registration(reply["account_id"], code)
    assert mailed(identity, codes) == [None]
    clock.shift(timedelta(days=2))
    with identity.database.session() as session:
        assert delete_old_codes(session, 10) == 2
        assert not session.query(PendingRegistration).count()


def test_codes_rest_as_digests_and_events_carry_none(identity, codes):
    identity.registered()
    (message,) = mailed(identity, codes)
    assert message["code"] not in str(identity.outbox_events()) and "mau0@" not in str(identity.outbox_events())
    with identity.database.session() as session:
        (row,) = session.query(ContactCode).all()
        assert message["code"] not in (row.digest, row.sealed_message) and "mau0" not in row.sealed_message


def test_a_forgotten_password_is_set_anew_and_every_session_ends(identity, codes, desk, fits):
    confirmed(identity, codes)
    before = identity.signed_in()
    username = identity.claimed().citizen_number
    fits("request_password_reset", desk.request_password_reset(username))
    reply = desk.reset_password(username, mailed(identity, codes)[-1]["code"], NEW)
    fits("reset_password", reply)
    assert reply["sessions_ended"] == 1
    with pytest.raises(RefreshRefused):
        identity.sessions.refresh(before["refresh_token"])
    with pytest.raises(SignInRefused):
        identity.signed_in()
    assert identity.sessions.sign_in(username, NEW)


def test_asking_for_a_code_does_not_tell_whether_there_is_an_account(identity, codes, desk, clock):
    confirmed(identity, codes)
    username, sent = identity.claimed().citizen_number, len(mailed(identity, codes))
    assert desk.request_password_reset(username) == desk.request_password_reset("001190000009")
    assert len(mailed(identity, codes)) == sent + 1
    for name in (username, "001190000009"):
        with pytest.raises(ContactCodeRefused) as refused:
            desk.reset_password(name, "AAAA-AAAA-AAAA", "yếu")
        assert refused.value.facts == {}


def test_an_address_that_was_never_confirmed_gets_no_code(identity, codes, desk):
    Accounts(identity.database, identity.register).register_citizen(identity.claimed(), PASSWORD)
    desk.request_password_reset(identity.claimed().citizen_number)
    assert mailed(identity, codes) == []


def test_a_flood_of_requests_sends_few_mails_and_leaves_the_owners_code_good(identity, codes, desk):
    confirmed(identity, codes)
    username, sent = identity.claimed().citizen_number, len(mailed(identity, codes))
    for _ in range(20):
        desk.request_password_reset(username)
        with pytest.raises(ContactCodeRefused):
            desk.reset_password(username, "AAAA-AAAA-AAAA", NEW)
    messages = mailed(identity, codes)[sent:]
    assert len(messages) == MOST_AT_ONCE
    assert desk.reset_password(username, messages[0]["code"], NEW)
    with pytest.raises(ContactCodeRefused):
        desk.reset_password(username, messages[1]["code"], PASSWORD)


def test_who_sets_a_password_anew_signs_in_while_strangers_flood(identity, codes, desk, clock):
    confirmed(identity, codes)
    username = identity.claimed().citizen_number
    for _ in range(attempts.FREE_FAILURES):
        with pytest.raises(SignInRefused):
            identity.sessions.sign_in(username, "sai")
    desk.request_password_reset(username)
    reply = desk.reset_password(username, mailed(identity, codes)[-1]["code"], NEW)
    with pytest.raises(SignInDelayed):
        identity.sessions.sign_in(username, NEW)
    assert identity.sessions.sign_in(username, NEW, None, reply["device"])


def test_a_code_stands_for_the_password_and_not_for_the_second_factor(identity, codes, desk, clock):
    confirmed(identity, codes)
    username, by = identity.claimed().citizen_number, identity.actor_signed_in()
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
    identity.codes.confirm_otp(device.now(), by=by)
    clock.shift(60)
    desk.request_password_reset(username)
    code = mailed(identity, codes)[-1]["code"]
    with pytest.raises(OtpRequired):
        desk.reset_password(username, code, NEW)
    with pytest.raises(ContactCodeRefused):
        desk.reset_password(username, "AAAA-AAAA-AAAA", NEW)
    with pytest.raises(OtpCodeWrong):
        desk.reset_password(username, code, NEW, "000000")
    assert desk.reset_password(username, code, NEW, device.now())


def test_a_weak_new_password_is_refused_and_the_code_stays_good(identity, codes, desk):
    confirmed(identity, codes)
    username = identity.claimed().citizen_number
    desk.request_password_reset(username)
    code = mailed(identity, codes)[-1]["code"]
    with pytest.raises(WeakPassword):
        desk.reset_password(username, code, "12345678")
    assert desk.reset_password(username, code, NEW)


def test_production_confirms_unless_it_is_told_not_to():
    broker = {"AMQP_URI": "amqp://broker"}
    assert confirmation_required(Settings({**broker, "PORTAL_ENVIRONMENT": "production"}))
    off = {"PORTAL_ENVIRONMENT": "production", "CONTACT_CONFIRMATION": "off"}
    assert not confirmation_required(Settings({**broker, **off}))
    assert not confirmation_required(Settings({"PORTAL_ENVIRONMENT": "development"}))
    with pytest.raises(SettingMissing):
        confirmation_required(Settings({"PORTAL_ENVIRONMENT": "development", "CONTACT_CONFIRMATION": "maybe"}))
