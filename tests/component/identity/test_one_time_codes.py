"""The second factor."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import select

from services.identity import attempts
from services.identity.errors import (
    OtpCodeWrong,
    OtpNotEnrolled,
    OtpRequired,
    RefreshRefused,
    SignInDelayed,
    SignInNotFresh,
    SignInRefused,
    WrongPassword,
)
from services.identity.models import Account, RecoveryCode
from services.identity.open_sessions import FRESH
from services.identity.recovery_codes import COUNT
from tests.component.identity.conftest import PASSWORD

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def enrolled(identity, clock):
    """An account with one-time codes in force: the actor and the device."""
    by = identity.actor()
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
    identity.codes.confirm_otp(device.at(NOON), by=by)
    clock.shift(60)
    return by, device


def sign_in(identity, password, otp=None):
    return identity.sessions.sign_in(identity.claimed().citizen_number, password, otp)


def test_enrolling_gives_a_seed_and_a_uri_for_the_device(identity, fits):
    reply = identity.codes.enrol_otp(password=PASSWORD, by=identity.actor())
    fits("enrol_otp", reply)
    parsed = pyotp.parse_uri(reply["uri"])
    assert (parsed.secret, parsed.name, parsed.issuer) == (
        reply["secret"],
        identity.claimed().citizen_number,
        "Cổng dịch vụ công",
    )


def test_an_enrolment_not_confirmed_asks_for_nothing(identity, password):
    identity.codes.enrol_otp(password=PASSWORD, by=identity.actor())
    assert sign_in(identity, password)


def test_once_confirmed_signing_in_asks_for_a_code(identity, password, enrolled, clock):
    _, device = enrolled
    with pytest.raises(OtpRequired):
        sign_in(identity, password)
    assert sign_in(identity, password, device.now())
    assert identity.accounts.whoami(by=enrolled[0])["otp_in_force"] is True


def test_the_confirmation_fits_its_contract(identity, clock, fits):
    by = identity.actor()
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
    fits("confirm_otp", identity.codes.confirm_otp(device.now(), by=by))


def test_a_new_device_ends_all_other_sessions(identity, clock):
    by = identity.actor()
    other = identity.signed_in()
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
    identity.codes.confirm_otp(device.at(NOON), by=by)
    with pytest.raises(RefreshRefused):
        identity.sessions.refresh(other["refresh_token"])
    assert identity.accounts.whoami(by=by)["session_id"] == by.session_id


def test_a_code_works_once(identity, password, enrolled):
    code = enrolled[1].now()
    assert sign_in(identity, password, code)
    with pytest.raises(SignInRefused):
        sign_in(identity, password, code)


def test_the_code_that_confirmed_the_device_does_not_sign_in(identity, password, clock):
    by = identity.actor()
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
    identity.codes.confirm_otp(device.now(), by=by)
    with pytest.raises(SignInRefused):
        sign_in(identity, password, device.now())


def test_an_older_code_does_not_work_after_a_newer_one(identity, password, enrolled, clock):
    _, device = enrolled
    older = device.now()
    clock.shift(30)
    assert sign_in(identity, password, device.now())
    with pytest.raises(SignInRefused):
        sign_in(identity, password, older)


@pytest.mark.parametrize(("seconds", "works"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_one_step_off(identity, password, enrolled, clock, seconds, works):
    clock.move_to(NOON + timedelta(minutes=10))
    code = enrolled[1].at(NOON + timedelta(minutes=10, seconds=seconds))
    if works:
        assert sign_in(identity, password, code)
    else:
        with pytest.raises(SignInRefused):
            sign_in(identity, password, code)


def test_codes_cannot_be_guessed_faster_than_passwords(identity, password, enrolled):
    for _ in range(attempts.FREE_FAILURES):
        with pytest.raises(SignInRefused):
            sign_in(identity, password, "000000")
    with pytest.raises(SignInDelayed):
        sign_in(identity, password, enrolled[1].now())


def test_leaving_the_code_out_does_not_wipe_the_count_of_wrong_codes(identity, password, enrolled):
    for _ in range(attempts.FREE_FAILURES - 1):
        with pytest.raises(SignInRefused):
            sign_in(identity, password, "000000")
        with pytest.raises(OtpRequired):
            sign_in(identity, password)
    with pytest.raises(SignInRefused):
        sign_in(identity, password, "000000")
    with pytest.raises(SignInDelayed):
        sign_in(identity, password, enrolled[1].now())


def test_a_wrong_password_is_refused_before_any_code_is_asked_for(identity, enrolled):
    with pytest.raises(SignInRefused):
        sign_in(identity, "sai")


def test_replacing_a_device_in_force_asks_for_one_of_its_codes(identity, enrolled, clock):
    by, device = enrolled
    with pytest.raises(OtpRequired):
        identity.codes.enrol_otp(password=PASSWORD, by=by)
    with pytest.raises(OtpCodeWrong):
        identity.codes.enrol_otp("000000", PASSWORD, by=by)
    assert identity.codes.enrol_otp(device.now(), PASSWORD, by=by)["secret"] != device.secret


def test_until_a_new_device_is_confirmed_the_old_one_stays_in_force(identity, password, enrolled, clock):
    by, device = enrolled
    identity.codes.enrol_otp(device.now(), PASSWORD, by=by)
    with pytest.raises(OtpRequired):
        sign_in(identity, password)
    clock.shift(30)
    assert sign_in(identity, password, device.now())


def test_without_an_enrolment_there_is_nothing_to_confirm(identity):
    with pytest.raises(OtpNotEnrolled):
        identity.codes.confirm_otp("123456", by=identity.actor())


def test_a_wrong_code_confirms_nothing(identity, password):
    by = identity.actor()
    identity.codes.enrol_otp(password=PASSWORD, by=by)
    with pytest.raises(OtpCodeWrong):
        identity.codes.confirm_otp("000000", by=by)
    assert sign_in(identity, password)


def test_the_seed_rests_encrypted(identity):
    by = identity.actor()
    secret = identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"]
    with identity.database.session() as session:
        resting = session.scalars(select(Account.otp_pending_secret)).one()
    assert secret not in resting
    assert identity.codes.sealer.decrypt(resting).decode() == secret


@pytest.mark.parametrize("guess", [None, "sai"])
def test_who_has_only_a_token_cannot_put_a_device_of_their_own_before_the_account(identity, password, guess):
    with pytest.raises(WrongPassword):
        identity.codes.enrol_otp(password=guess, by=identity.actor())
    assert sign_in(identity, password)


def test_the_password_cannot_be_guessed_by_enrolling(identity):
    by = identity.actor()
    for _ in range(attempts.FREE_FAILURES):
        with pytest.raises(WrongPassword):
            identity.codes.enrol_otp(password="sai", by=by)
    with pytest.raises(SignInDelayed):
        identity.codes.enrol_otp(password=PASSWORD, by=by)


def test_a_device_is_enrolled_only_right_after_signing_in(identity, clock):
    by = identity.actor()
    clock.shift(FRESH + timedelta(seconds=1))
    with pytest.raises(SignInNotFresh):
        identity.codes.enrol_otp(password=PASSWORD, by=by)
    identity.sessions.sign_in(identity.claimed().citizen_number, PASSWORD)
    with pytest.raises(SignInNotFresh):  # another session is none of this one's
        identity.codes.enrol_otp(password=PASSWORD, by=by)


def confirmed(identity, clock):
    """An actor with a device, and their recovery codes."""
    by = identity.actor()
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
    return by, identity.codes.confirm_otp(device.now(), by=by)["recovery_codes"]


def test_without_the_device_a_recovery_code_signs_in_once(identity, password, clock):
    _, codes = confirmed(identity, clock)
    assert len({*codes}) == COUNT
    assert sign_in(identity, password, codes[3])
    with pytest.raises(SignInRefused):
        sign_in(identity, password, codes[3])
    assert sign_in(identity, password, codes[4])


def test_a_recovery_code_is_no_password_and_of_nobody_else(identity, password, clock):
    _, codes = confirmed(identity, clock)
    with pytest.raises(SignInRefused):
        sign_in(identity, "sai", codes[0])
    other = identity.actor(1)
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=other)["secret"])
    identity.codes.confirm_otp(device.now(), by=other)
    with pytest.raises(SignInRefused):
        identity.sessions.sign_in(identity.claimed(1).citizen_number, password, codes[0])
    assert sign_in(identity, password, codes[0])


def test_recovery_codes_rest_as_digests_and_new_ones_replace_the_old(identity, password, clock):
    by, codes = confirmed(identity, clock)
    with identity.database.session() as session:
        resting = " ".join(session.scalars(select(RecoveryCode.digest)))
    assert not any(code in resting for code in codes)
    device = pyotp.TOTP(identity.codes.enrol_otp(codes[0], PASSWORD, by=by)["secret"])
    newer = identity.codes.confirm_otp(device.now(), by=by)["recovery_codes"]
    with pytest.raises(SignInRefused):
        sign_in(identity, password, codes[1])
    assert sign_in(identity, password, newer[1])
