"""Every sign-in is in the security log, without personal data, and shown to whose account it is."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import structlog
import time_machine

from services.identity import attempts, sign_in_records
from services.identity.errors import OtpRequired, SignInDelayed, SignInRefused
from services.identity.sign_in_records import SignInHistory
from tests.component.identity.conftest import PASSWORD

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


def outcomes(lines):
    return [line["outcome"] for line in lines if line["event"] == "sign_in"]


def test_success_failure_and_lock_out_are_logged_without_what_was_typed(identity):
    identity.registered()
    username = identity.claimed().citizen_number
    with structlog.testing.capture_logs() as lines:
        identity.signed_in()
        for _ in range(attempts.FREE_FAILURES):
            with pytest.raises(SignInRefused):
                identity.sessions.sign_in(username, "mật khẩu sai", source="203.0.113.7")
        with pytest.raises(SignInDelayed):
            identity.sessions.sign_in(username, PASSWORD)
        with pytest.raises(SignInRefused):
            identity.sessions.sign_in("khong-co-ai", "mật khẩu sai")
    assert outcomes(lines) == ["opened", *["refused"] * attempts.FREE_FAILURES, "delayed", "refused"]
    assert [line["locked"] for line in lines if line["event"] == "sign_in"][attempts.FREE_FAILURES] is True
    for secret in (username, "mật khẩu", "203.0.113.7", "khong-co-ai", "Nguyễn"):
        assert secret not in str(lines)


def test_people_see_who_signed_in_with_what_and_who_failed(identity, fits):
    with time_machine.travel(NOON, tick=False) as clock:
        by = identity.actor()
        device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
        identity.codes.confirm_otp(device.now(), by=by)
        clock.shift(60)
        username = identity.claimed().citizen_number
        with pytest.raises(SignInRefused):
            identity.sessions.sign_in(username, PASSWORD, "000000")
        with pytest.raises(OtpRequired):
            identity.sessions.sign_in(username, PASSWORD)
        identity.sessions.sign_in(username, PASSWORD, device.now())
        listed = SignInHistory(identity.database).recent_sign_ins(by=by)
    fits("recent_sign_ins", listed)
    assert [(row["outcome"], row["factors"]) for row in listed["items"]] == [
        ("opened", ["password", "one_time_code"]),
        ("otp_wrong", []),
        ("opened", ["password"]),
    ]


def test_nobody_sees_the_sign_ins_of_another(identity):
    identity.actor(0)
    other = identity.actor(1)
    assert len(SignInHistory(identity.database).recent_sign_ins(by=other)["items"]) == 1


def test_a_flood_of_guesses_leaves_no_more_rows_than_guesses(identity):
    by = identity.actor()
    for _ in range(20):
        with pytest.raises((SignInRefused, SignInDelayed)):
            identity.sessions.sign_in(identity.claimed().citizen_number, "sai")
    listed = SignInHistory(identity.database).recent_sign_ins(by=by)["items"]
    assert [row["outcome"] for row in listed] == [*["refused"] * attempts.FREE_FAILURES, "opened"]
    assert [row["locked"] for row in listed].count(True) == 1


def test_old_records_are_dropped(identity):
    with time_machine.travel(NOON, tick=False) as clock:
        identity.actor()
        clock.shift(sign_in_records.RETENTION + timedelta(seconds=1))
        with identity.database.session() as session:
            assert sign_in_records.delete_old_records(session, 10) == 1
