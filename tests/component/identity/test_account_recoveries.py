"""Help at an office, by two persons; operators who block accounts; officials without a second factor."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyotp
import pytest
import time_machine

from infra.chassis.access.actors import Actor
from infra.chassis.storage.commands import Command
from services.identity import keys
from services.identity.account_blocks import AccountGuard
from services.identity.account_recoveries import RecoveryDesk
from services.identity.contact_codes import ContactCodes
from services.identity.errors import (
    AccountBlocked,
    AccountNotFound,
    AccountRecoveryNotFound,
    AccountRecoveryNotPending,
    Forbidden,
    InvalidRequest,
    OwnCase,
    RefreshRefused,
    SecondPersonNeeded,
    SignInRefused,
)
from services.identity.models import AccessEntry
from services.identity.password_resets import PasswordDesk
from services.identity.sessions import Authenticator
from tests.component.identity.conftest import OPERATOR, PASSWORD

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
REASON = "đã đối chiếu thẻ căn cước"
NEW = "sáu cây cau trước ngõ"


def officer(name, agency="H01", role="intake_officer"):
    return Actor(name, name, frozenset({"citizen"}), {agency: frozenset({role})})


CLERK, CHIEF, ELSEWHERE = officer("clerk"), officer("chief", role="approver"), officer("elsewhere", "H02")
OPERATOR_2 = Actor("second-operator", "Người Thứ Hai", frozenset({"operator"}))


def acting(by):
    return {"by": by, "command": Command.of(str(uuid4()), "test", by.account_id, {}, call_id="c")}


@pytest.fixture
def codes(identity):
    return ContactCodes(identity.database, keys.sealer(identity.private, "contact-messages"), b"key of the test")


@pytest.fixture
def desk(identity, codes):
    return RecoveryDesk(identity.database, codes)


def requested(identity, desk, remedy="second_factor", by=CLERK, email=None, phone=None):
    username = identity.claimed().citizen_number
    return desk.request_account_recovery(username, remedy, REASON, email, phone, **acting(by))


def enrolled(identity):
    by = identity.actor()
    with time_machine.travel(NOON, tick=False):
        identity.signed_in()
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
    identity.codes.confirm_otp(device.now(), by=by)
    return by


def test_two_persons_of_an_office_take_a_lost_second_factor_away(identity, desk, fits):
    by = enrolled(identity)
    request = requested(identity, desk)
    fits("request_account_recovery", request)
    assert request["status"] == "awaiting_approval" and identity.accounts.whoami(by=by)["otp_in_force"]
    done = desk.approve_account_recovery(request["request_id"], **acting(CHIEF))
    fits("approve_account_recovery", done)
    assert identity.signed_in() and not identity.accounts.whoami(by=by)["otp_in_force"]


@pytest.mark.parametrize(
    ("by", "refusal"), [(CLERK, SecondPersonNeeded), (ELSEWHERE, Forbidden), (OPERATOR, Forbidden)]
)
def test_neither_the_same_person_nor_another_office_decides(identity, desk, by, refusal):
    enrolled(identity)
    request = requested(identity, desk)
    for decide in (desk.approve_account_recovery, desk.decline_account_recovery):
        with pytest.raises(refusal):
            decide(request["request_id"], **acting(by))


def test_a_request_is_decided_once_and_in_time(identity, desk):
    identity.registered()
    request = requested(identity, desk)
    desk.decline_account_recovery(request["request_id"], **acting(CHIEF))
    with pytest.raises(AccountRecoveryNotPending):
        desk.approve_account_recovery(request["request_id"], **acting(CHIEF))
    late = requested(identity, desk)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=20)), pytest.raises(AccountRecoveryNotPending):
        desk.approve_account_recovery(late["request_id"], **acting(CHIEF))
    with pytest.raises(AccountRecoveryNotFound):
        desk.approve_account_recovery(str(uuid4()), **acting(CHIEF))


def test_a_rightful_owner_gets_a_squatted_account_back(identity, codes, desk):
    squatter = identity.actor()
    refresh = identity.signed_in()["refresh_token"]
    identity.registered(1)
    identity.delegations.delegate(identity.claimed(1).citizen_number, "*", "2999-12-31", by=squatter)
    request = requested(identity, desk, "contact", email="owner@example.com", phone="0912345678")
    desk.approve_account_recovery(request["request_id"], **acting(CHIEF))
    with pytest.raises(RefreshRefused):
        identity.sessions.refresh(refresh)
    with pytest.raises(SignInRefused):
        identity.signed_in()
    (event,) = [data for kind, data in identity.outbox_events() if kind == "contact_code_requested.v1"]
    message = codes.code_message(event["request_id"])
    assert message["email"] == "owner@example.com"
    passwords = PasswordDesk(identity.database, codes, identity.codes, confirmed_only=True)
    passwords.reset_password(identity.claimed().citizen_number, message["code"], NEW)
    opened = identity.sessions.sign_in(identity.claimed().citizen_number, NEW)
    owner = Actor.of_claims(identity.claims(opened["access_token"]))
    assert not [row for row in identity.delegations.delegations(by=owner)["items"] if not row["revoked_at"]]


def test_a_contact_point_is_needed_where_it_is_replaced(identity, desk):
    identity.registered()
    with pytest.raises(InvalidRequest):
        requested(identity, desk, "contact", email="owner@example.com")
    with pytest.raises(AccountNotFound):
        desk.request_account_recovery("001190000009", "second_factor", REASON, None, None, **acting(CLERK))


def test_an_officials_account_is_recovered_by_two_operators_alone(identity, desk):
    account_id = identity.registered()["account_id"]
    identity.offices.create_agency("H01", "Ủy ban nhân dân Mẫu", by=OPERATOR)
    earlier = requested(identity, desk)
    identity.offices.appoint(account_id, "H01", ["case_officer"], by=OPERATOR)
    with pytest.raises(Forbidden):
        requested(identity, desk)
    with pytest.raises(Forbidden):
        desk.approve_account_recovery(earlier["request_id"], **acting(CHIEF))
    with pytest.raises(Forbidden):
        desk.approve_account_recovery(earlier["request_id"], **acting(OPERATOR))
    request = requested(identity, desk, by=OPERATOR)
    with pytest.raises(SecondPersonNeeded):
        desk.approve_account_recovery(request["request_id"], **acting(OPERATOR))
    assert desk.approve_account_recovery(request["request_id"], **acting(OPERATOR_2))["status"] == "approved"


def test_nobody_recovers_their_own_account(identity, desk):
    account_id = identity.registered()["account_id"]
    with pytest.raises(OwnCase):
        requested(identity, desk, by=officer(account_id))


def test_each_office_sees_its_own_requests(identity, desk, fits):
    identity.registered()
    requested(identity, desk)
    listed = desk.account_recoveries("awaiting_approval", by=CHIEF)
    fits("account_recoveries", listed)
    auditor = Actor("auditor", roles=frozenset({"auditor"}))
    counts = [
        len(desk.account_recoveries("awaiting_approval", by=by)["items"])
        for by in (CHIEF, ELSEWHERE, OPERATOR, auditor)
    ]
    assert counts == [1, 0, 0, 1]


def test_who_helped_with_whose_account_is_in_the_access_log(identity, desk):
    account_id = identity.registered()["account_id"]
    request = requested(identity, desk)
    desk.approve_account_recovery(request["request_id"], **acting(CHIEF))
    with identity.database.session() as session:
        entries = session.query(AccessEntry).filter_by(subject_id=account_id).order_by(AccessEntry.position).all()
        assert [entry.reader_id for entry in entries] == ["clerk", "chief"]


@pytest.fixture
def guard(identity):
    return AccountGuard(identity.database)


def test_a_blocked_account_opens_to_nobody_until_it_is_let_in_again(identity, guard, fits):
    by = identity.actor()
    refresh = identity.signed_in()["refresh_token"]
    blocked = guard.block_account(by.account_id, REASON, **acting(OPERATOR))
    fits("block_account", blocked)
    assert blocked["sessions_ended"] == 2
    with pytest.raises(RefreshRefused):
        identity.sessions.refresh(refresh)
    with pytest.raises(AccountBlocked):
        identity.signed_in()
    with pytest.raises(SignInRefused):  # to a stranger it is like any other
        identity.sessions.sign_in(identity.claimed().citizen_number, "sai")
    fits("unblock_account", guard.unblock_account(by.account_id, REASON, **acting(OPERATOR)))
    assert identity.signed_in()


def test_an_operator_ends_every_session_of_an_account(identity, guard, fits):
    by = identity.actor()
    ended = guard.end_account_sessions(by.account_id, REASON, **acting(OPERATOR))
    fits("end_account_sessions", ended)
    assert (ended["sessions_ended"], ended["blocked_at"]) == (1, None)
    assert identity.signed_in()


def test_what_operators_do_to_an_account_is_in_its_access_log_and_not_done_to_oneself(identity, guard):
    by = identity.actor()
    for do in (guard.block_account, guard.unblock_account, guard.end_account_sessions):
        do(by.account_id, REASON, **acting(OPERATOR))
        with pytest.raises(OwnCase):
            do(by.account_id, REASON, **acting(by))
        with pytest.raises(AccountNotFound):
            do(str(uuid4()), REASON, **acting(OPERATOR))
    log = identity.access.access_log(by=by)["items"]
    assert [(entry["reader_id"], entry["purpose"]) for entry in log] == [(OPERATOR.account_id, REASON)] * 3


@pytest.fixture
def guarded(identity):
    """Sign-in as production has it."""
    return Authenticator(identity.database, identity.mint, identity.codes, identity.sessions.sources, guard=True)


def test_in_production_an_official_acts_only_once_a_second_factor_is_enrolled(identity, guarded, fits):
    account_id = identity.registered()["account_id"]
    identity.offices.create_agency("H01", "Ủy ban nhân dân Mẫu", by=OPERATOR)
    identity.offices.appoint(account_id, "H01", ["case_officer"], by=OPERATOR)
    username = identity.claimed().citizen_number
    opened = guarded.sign_in(username, PASSWORD)
    fits("sign_in", opened)
    claims = identity.claims(opened["access_token"])
    assert opened["second_factor"] == "missing"
    assert (claims["roles"], claims["agencies"]) == (["citizen", "enrolling"], {})
    by = Actor.of_claims(claims)
    device = pyotp.TOTP(identity.codes.enrol_otp(password=PASSWORD, by=by)["secret"])
    identity.codes.confirm_otp(device.now(), by=by)
    refreshed = guarded.refresh(opened["refresh_token"])
    assert "second_factor" not in refreshed
    assert identity.claims(refreshed["access_token"])["agencies"] == {"H01": ["case_officer"]}


def test_citizens_sign_in_with_one_factor(identity, guarded):
    identity.registered()
    opened = guarded.sign_in(identity.claimed().citizen_number, PASSWORD)
    assert "second_factor" not in opened and identity.claims(opened["access_token"])["roles"] == ["citizen"]
