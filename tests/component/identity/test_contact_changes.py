"""A telephone number, or another address, counts when its reader has own_account the code that was sent there."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine

from infra.chassis.refusals import InvalidRequest
from services.identity import keys, open_sessions
from services.identity.accounts import Accounts
from services.identity.contact_changes import MOST_A_DAY, ContactDesk
from services.identity.contact_codes import MOST_AT_ONCE, ContactCodes, delete_old_codes
from services.identity.errors import (
    ContactCodeNotFound,
    ContactCodeRefused,
    OtpCodeWrong,
    OtpRequired,
    SessionEnded,
    SignInDelayed,
    SignInNotFresh,
    WrongPassword,
)
from services.identity.models import Account, ContactChange, ContactCode
from services.identity.openid.scopes import claims_of_account
from services.identity.password_resets import PasswordDesk
from services.identity.personal_data import PersonalData
from tests.component.identity.conftest import NOTIFICATIONS, PASSWORD

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
REGISTERED, OTHER, ADDRESS = "+84901234500", "+84912345678", "moi@example.com"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def codes(identity, clock):
    made = ContactCodes(identity.database, keys.sealer(identity.private, "contact-messages"), b"key of the test")
    identity.accounts = Accounts(identity.database, identity.register, made)
    return made


@pytest.fixture
def desk(identity, codes):
    return ContactDesk(identity.database, codes, identity.codes)


@pytest.fixture
def by(identity, codes):
    """Somebody whose account is open by e-mail and who is signed in."""
    return opened(identity, codes)


def opened(identity, codes, person=0):
    account_id = identity.registered(person)["account_id"]
    identity.accounts.confirm_registration(account_id, sent(identity, codes)[-1]["code"])
    return identity.actor_signed_in(person)


def sent(identity, codes):
    """What there is to be sent, in its order; none where a code is spent or over."""
    requested = [data for kind, data in identity.outbox_events() if kind == "contact_code_requested.v1"]
    messages = []
    for data in requested:
        try:
            messages.append(codes.code_message(data["request_id"]))
        except ContactCodeNotFound:
            messages.append(None)
    return messages


def texts(identity, codes):
    return [message for message in sent(identity, codes) if message and message.get("phone")]


def request(desk, by, channel="phone", address=OTHER, password=PASSWORD, otp=None):
    return desk.request_contact_change(channel, address, password, otp, by=by)


def reached_at(identity, by):
    return identity.accounts.contact(by.account_id, reader=NOTIFICATIONS)


def test_a_telephone_counts_only_when_its_reader_has_own_account_the_code(identity, codes, desk, by, fits):
    assert reached_at(identity, by)["phone"] is None
    (text,) = texts(identity, codes)
    fits("code_message", text)
    assert (text["phone"], text["email"], text["account_id"]) == (REGISTERED, "", by.account_id)
    own_account = identity.accounts.whoami(by=by)
    fits("whoami", own_account)
    assert (own_account["phone"], own_account["phone_confirmed"], own_account["email_confirmed"]) == (
        REGISTERED,
        False,
        True,
    )
    reply = desk.confirm_contact("phone", text["code"], by=by)
    fits("confirm_contact", reply)
    assert reached_at(identity, by)["phone"] == REGISTERED and identity.accounts.whoami(by=by)["phone_confirmed"]


def test_a_registration_that_is_not_confirmed_sends_no_text(identity, codes):
    identity.registered()
    assert texts(identity, codes) == [] and len(sent(identity, codes)) == 1


def test_where_nothing_is_confirmed_a_telephone_counts_at_once(identity, clock):
    by = identity.actor()
    assert reached_at(identity, by)["phone"] == REGISTERED


@pytest.mark.parametrize(("channel", "address"), [("phone", "0912 345 678"), ("email", ADDRESS)])
def test_another_address_takes_the_place_of_the_old_one_when_it_is_confirmed(
    identity, codes, desk, by, fits, channel, address
):
    desk.confirm_contact("phone", texts(identity, codes)[-1]["code"], by=by)
    fits("request_contact_change", request(desk, by, channel, address))
    before = reached_at(identity, by)
    assert (before["phone"], before["email"]) == (REGISTERED, "mau0@example.com")
    message = sent(identity, codes)[-1]
    assert message["purpose"] == "contact_change" and OTHER not in str(identity.outbox_events())
    assert message["phone" if channel == "phone" else "email"] == (OTHER if channel == "phone" else ADDRESS)
    desk.confirm_contact(channel, message["code"], by=by)
    after = reached_at(identity, by)
    assert (after["phone"], after["email"]) == (
        (OTHER, "mau0@example.com") if channel == "phone" else (REGISTERED, ADDRESS)
    )
    notice = sent(identity, codes)[-1]
    fits("code_message", notice)
    assert (notice["purpose"], notice["code"], notice["email"]) == ("contact_changed", None, "mau0@example.com")


def test_a_code_confirms_the_address_it_was_sent_to_and_no_other(identity, codes, desk, by):
    own = texts(identity, codes)[-1]["code"]
    request(desk, by)  # somebody else's number
    desk.confirm_contact("phone", own, by=by)
    assert reached_at(identity, by)["phone"] == REGISTERED
    request(desk, by, "email", ADDRESS)
    with pytest.raises(ContactCodeRefused):
        desk.confirm_contact("phone", sent(identity, codes)[-1]["code"], by=by)


def test_a_code_is_good_for_its_own_account_once_and_for_half_an_hour(identity, codes, desk, by, clock):
    code = texts(identity, codes)[-1]["code"]
    stranger = opened(identity, codes, 1)
    for wrong in (code, "AAAA-AAAA-AAAA"):
        with pytest.raises(ContactCodeRefused):
            desk.confirm_contact("phone", wrong, by=stranger)
    desk.confirm_contact("phone", code, by=by)
    with pytest.raises(ContactCodeRefused):
        desk.confirm_contact("phone", code, by=by)
    request(desk, by)
    late = texts(identity, codes)[-1]["code"]
    clock.shift(timedelta(minutes=30, seconds=1))
    with pytest.raises(ContactCodeRefused):
        desk.confirm_contact("phone", late, by=by)


def test_nobody_keeps_anybody_from_a_number_and_nobody_learns_whose_it_is(identity, codes, desk, by):
    desk.confirm_contact("phone", texts(identity, codes)[-1]["code"], by=by)
    other = opened(identity, codes, 1)
    answers = [request(desk, other, address=number) for number in (REGISTERED, OTHER)]
    assert answers[0] == answers[1]
    code = next(text["code"] for text in texts(identity, codes)[::-1] if text["phone"] == REGISTERED)
    desk.confirm_contact("phone", code, by=other)
    assert reached_at(identity, other)["phone"] == reached_at(identity, by)["phone"] == REGISTERED


def test_a_number_is_not_flooded_by_one_account_nor_by_many(identity, codes, desk, by, clock):
    answers = [request(desk, by) for _ in range(MOST_AT_ONCE + 2)]
    assert len({str(answer) for answer in answers}) == 1
    assert len([text for text in texts(identity, codes) if text["phone"] == OTHER]) == MOST_AT_ONCE - 1
    for person in range(1, 5):
        request(desk, opened(identity, codes, person))
    with identity.database.session() as session:
        assert session.query(ContactChange).filter_by(address=OTHER).count() == MOST_A_DAY


@pytest.mark.parametrize(("wrong", "refusal"), [({"password": "sai"}, WrongPassword), ({}, SignInNotFresh)])
def test_who_found_a_token_changes_nothing(identity, codes, desk, by, clock, wrong, refusal):
    if not wrong:
        clock.shift(open_sessions.FRESH)
    with pytest.raises(refusal):
        request(desk, by, **wrong)
    assert all(text["phone"] == REGISTERED for text in texts(identity, codes))


def test_the_second_factor_is_asked_for_and_guesses_are_counted(identity, codes, desk, by):
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
    identity.codes.confirm_otp(device.now(), by=by)
    with pytest.raises(OtpRequired):
        request(desk, by)
    for _ in range(5):
        with pytest.raises(OtpCodeWrong):
            request(desk, by, otp="000000")
    with pytest.raises(SignInDelayed):
        request(desk, by, otp="000000")


@pytest.mark.parametrize(("channel", "address"), [("phone", "19001234"), ("phone", ADDRESS), ("email", OTHER)])
def test_an_address_that_nobody_can_have_is_pointed_at(desk, by, channel, address):
    with pytest.raises(InvalidRequest) as refused:
        request(desk, by, channel, address)
    assert refused.value.facts["problems"][0]["pointer"] == "/address"


def test_a_code_for_the_password_that_went_to_the_old_address_is_over(identity, codes, desk, by):
    reset = PasswordDesk(identity.database, codes, identity.codes, confirmed_only=True)
    username = identity.claimed().citizen_number
    reset.request_password_reset(username)
    old = sent(identity, codes)[-1]["code"]
    request(desk, by, "email", ADDRESS)
    desk.confirm_contact("email", sent(identity, codes)[-1]["code"], by=by)
    with pytest.raises(ContactCodeRefused):
        reset.reset_password(username, old, "sáu cây cau trước ngõ")


def test_an_ended_session_confirms_nothing(identity, codes, desk, by):
    code = texts(identity, codes)[-1]["code"]
    identity.sessions.revoke_session(by.session_id, by=by)
    with pytest.raises(SessionEnded):
        desk.confirm_contact("phone", code, by=by)


def test_what_was_requested_is_dropped_after_a_day_and_with_the_person(identity, codes, desk, by, clock):
    request(desk, by)
    clock.shift(timedelta(days=1, seconds=1))
    with identity.database.session() as session:
        delete_old_codes(session, 50)
        assert not session.query(ContactChange).count() and not session.query(ContactCode).count()
    by = identity.actor_signed_in()
    request(desk, by)
    with identity.database.session() as session:
        PersonalData(identity.database).forget(session, by.account_id, set())
        assert not session.query(ContactChange).count() and not session.query(ContactCode).count()
        assert session.get_one(Account, by.account_id).phone_confirmed_at is None


def test_other_portals_are_told_what_is_confirmed(identity, codes, desk, by):
    def claims():
        with identity.database.session() as session:
            return claims_of_account(session.get_one(Account, by.account_id), "s", ["email", "phone"])

    assert (claims()["email_verified"], claims()["phone_number_verified"]) == (True, False)
    desk.confirm_contact("phone", texts(identity, codes)[-1]["code"], by=by)
    assert claims()["phone_number_verified"] is True
