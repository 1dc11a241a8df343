"""What only a real database shows: the migrations, and many callers at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import eventlet
import pyotp
import pytest
import time_machine
from alembic import command as migration
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from eventlet.patcher import original
from sqlalchemy import create_engine, func, inspect, select

from infra.chassis.access.actors import Actor
from infra.chassis.migrations import configuration
from infra.chassis.refusals import Refusal
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.identity import attempts, passwords, sessions
from services.identity.accounts import Accounts, Registration
from services.identity.bootstrap import bootstrap
from services.identity.contact_codes import ContactCodes
from services.identity.delegations import DelegationRegistrar
from services.identity.models import Account, Appointment, ContactCode, Delegation, SignInSession, Table
from services.identity.offices import Offices
from services.identity.one_time_codes import OneTimeCodes
from services.identity.sessions import Authenticator

PASSWORD = "bốn con mèo ngủ trưa"
MAU = Registration("001190999901", "Nguyễn Thị Mẫu", "1990-05-17", "0901234567", "mau@example.com")
OPERATOR = Actor("operator-of-the-test", roles=frozenset({"operator"}))


def all_at_once(*calls):
    """The outcome of each call, reply or refusal, all started together."""

    def outcome(call):
        try:
            return call()
        except Refusal as refusal:
            return refusal.name

    threads = [eventlet.spawn(outcome, call) for call in calls]
    return [thread.wait() for thread in threads]


def count(settings, table):
    with Database.at(settings.database_url("identity")).session() as session:
        return session.scalar(select(func.count()).select_from(table))


MANY = 6  # at once


@pytest.fixture
def mau(settings):
    return Accounts.from_settings(settings).register_citizen(MAU, PASSWORD)


def signed_in(settings, account):
    session_id = Authenticator.from_settings(settings).sign_in(account["username"], PASSWORD)["session_id"]
    return Actor(account["account_id"], session_id=session_id)


def test_the_migrations_make_exactly_the_tables_of_the_models(settings):
    engine = create_engine(settings.database_url("identity"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()


def test_the_migrations_can_be_taken_back(settings):
    migration.downgrade(configuration("identity", settings.database_url("identity")), "base")
    engine = create_engine(settings.database_url("identity"))
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    engine.dispose()


def test_one_citizen_registering_many_times_at_once_gets_one_account(settings):
    accounts = Accounts.from_settings(settings)
    outcomes = all_at_once(*[lambda: accounts.register_citizen(MAU, PASSWORD)] * 6)
    assert outcomes.count("AccountAlreadyExists") == 5
    assert count(settings, Account) == 1


def test_of_many_registrations_confirmed_at_once_one_counts(settings):
    confirming = Settings({**settings.env, "CONTACT_CONFIRMATION": "required"})
    accounts, codes = Accounts.from_settings(confirming), ContactCodes.from_settings(confirming)
    pending = [accounts.register_citizen(MAU, PASSWORD)["account_id"] for _ in range(MANY)]
    assert count(settings, Account) == 0
    with Database.at(settings.database_url("identity")).session() as session:
        rows = session.execute(select(ContactCode.about, ContactCode.id)).all()
    code_of = {about: codes.code_message(request_id)["code"] for about, request_id in rows}

    def confirm(account_id):
        return lambda: accounts.confirm_registration(account_id, code_of[account_id])

    outcomes = all_at_once(*[confirm(account_id) for account_id in pending])
    assert outcomes.count("ContactCodeRefused") == MANY - 1, outcomes
    assert count(settings, Account) == 1


def test_guesses_made_at_once_are_no_more_than_guesses_made_in_turn(settings, mau):
    entry = Authenticator.from_settings(settings)
    outcomes = all_at_once(*[lambda: entry.sign_in(MAU.citizen_number, "sai")] * 12)
    assert outcomes.count("Unauthenticated") == attempts.FREE_FAILURES
    assert outcomes.count("SignInDelayed") == 12 - attempts.FREE_FAILURES


def test_while_strangers_flood_the_owner_signs_in_on_a_known_device(settings, mau):
    entry = Authenticator.from_settings(settings)
    device = entry.sign_in(MAU.citizen_number, PASSWORD)["device"]
    strangers = [lambda: entry.sign_in(MAU.citizen_number, "sai", source="203.0.113.7")] * 4
    owner = [lambda: entry.sign_in(MAU.citizen_number, PASSWORD, None, device, source="203.0.113.9")]
    outcomes = all_at_once(*strangers, *owner, *strangers)
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1
    assert outcomes.count("SignInDelayed") == 8 - attempts.FREE_FAILURES


def test_many_names_tried_at_once_from_one_source_are_no_more_than_in_turn(settings):
    entry = Authenticator.from_settings(settings)
    entry.sources = replace(entry.sources, names=2)

    def at_name(number):
        return lambda: entry.sign_in(f"ten-{number}", "sai", source="203.0.113.7")

    outcomes = all_at_once(*[at_name(number) for number in range(4)])
    assert (outcomes.count("Unauthenticated"), outcomes.count("SignInDelayed")) == (2, 2)


def test_a_one_time_code_sent_many_times_at_once_lets_one_in(settings, mau):
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=True) as clock:
        by = signed_in(settings, mau)
        codes = OneTimeCodes.from_settings(settings)
        device = pyotp.TOTP(codes.enrol_otp(password=PASSWORD, by=by)["secret"])
        codes.confirm_otp(device.at(now), by=by)
        clock.shift(timedelta(seconds=60))
        code, entry = device.at(now + timedelta(seconds=60)), Authenticator.from_settings(settings)
        outcomes = all_at_once(*[lambda: entry.sign_in(MAU.citizen_number, PASSWORD, code)] * 4)
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1


def test_a_refresh_sent_many_times_at_once_gives_one_successor(settings, mau):
    entry = Authenticator.from_settings(settings)
    token = entry.sign_in(MAU.citizen_number, PASSWORD)["refresh_token"]
    outcomes = all_at_once(*[lambda: entry.refresh(token)] * 6)
    (successor,) = {outcome["refresh_token"] for outcome in outcomes}
    assert entry.refresh(successor)


def test_ending_a_stolen_session_is_kept(settings, mau):
    entry = Authenticator.from_settings(settings)
    token = entry.sign_in(MAU.citizen_number, PASSWORD)["refresh_token"]
    entry.refresh(token)
    with time_machine.travel(datetime.now(UTC) + sessions.GRACE + timedelta(seconds=1)), pytest.raises(Refusal):
        entry.refresh(token)
    with Database.at(settings.database_url("identity")).session() as session:
        assert session.scalars(select(SignInSession.revoked_because)).one() == "refresh_token_reused"


def test_appointing_many_times_at_once_makes_one_post(settings, mau):
    offices = Offices.from_settings(settings)
    offices.create_agency("H01", "Phường Mẫu", by=OPERATOR)
    appoint = [lambda: offices.appoint(mau["account_id"], "H01", ["auditor"], by=OPERATOR)] * 6
    outcomes = all_at_once(*appoint)
    assert len({outcome["appointed_at"] for outcome in outcomes}) == 1
    assert count(settings, Appointment) == 1


@pytest.mark.parametrize("with_commands", [False, True])
def test_making_one_agency_many_times_at_once_makes_one(settings, with_commands):
    offices = Offices.from_settings(settings)

    def create():
        command = Command.of(str(uuid4()), "identity.create_agency", "operator", {}) if with_commands else None
        return offices.create_agency("H01", "Phường Mẫu", by=OPERATOR, command=command)

    outcomes = all_at_once(*[create] * 6)
    assert len({outcome["created_at"] for outcome in outcomes}) == 1


def test_delegating_many_times_at_once_makes_one_delegation(settings, mau):
    other = Registration("001205999902", "Trần Văn Mẫu", "2005-07-15", "0901234568", "mau2@example.com")
    Accounts.from_settings(settings).register_citizen(other, PASSWORD)
    trust, by = DelegationRegistrar.from_settings(settings), signed_in(settings, mau)
    outcomes = all_at_once(*[lambda: trust.delegate(other.citizen_number, "*", "2999-12-31", by=by)] * 6)
    assert len({outcome["delegation_id"] for outcome in outcomes}) == 1
    assert count(settings, Delegation) == 1


def test_hashing_leaves_the_hub_free(settings, mau, monkeypatch):
    """A hash that goes on until the hub has been round some more times comes to its end."""
    ticks, rounds, sleep, hasher = [], [], original("time").sleep, passwords.HASHER

    def tick():
        while True:
            ticks.append(1)
            eventlet.sleep(0.002)

    def slowly(*arguments):
        before, patience = len(ticks), 3000
        while len(ticks) < before + 5 and patience:
            sleep(0.01)
            patience -= 1
        rounds.append(len(ticks) - before)
        return hasher.verify(*arguments)

    monkeypatch.setattr(passwords, "HASHER", SimpleNamespace(verify=slowly, hash=hasher.hash))
    ticker = eventlet.spawn(tick)
    entry = Authenticator.from_settings(settings)
    all_at_once(*[lambda number=number: entry.sign_in(f"nobody-{number}", "sai") for number in range(3)])
    ticker.kill()
    assert len(rounds) == 3 and min(rounds) >= 5


def test_bootstrap_is_safe_to_run_again(settings):
    arguments = {"username": "operator", "password": "cây tre trăm đốt", "full_name": "Người Vận Hành"}
    assert bootstrap(settings, **arguments)["operator"]["created"]
    assert not bootstrap(settings, **arguments)["operator"]["created"]
