"""Accounts: a citizen who is in the population register gets one, proves it with a password, and looks after it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.service_readers import ServiceReader
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.reads import Read
from infra.chassis.storage.types import TableRow
from services.identity import attempts, contact_changes, offices, open_sessions, passwords, pending_registrations
from services.identity.access_log import record_service_reading
from services.identity.contact_codes import REGISTRATION, ContactCodes, confirmation_required
from services.identity.contact_details import email_address, telephone
from services.identity.errors import (
    AccountAlreadyExists,
    AccountErased,
    AccountNotFound,
    CitizenDataDiffers,
    CitizenNotInRegister,
    ContactCodeRefused,
    InvalidRequest,
    WrongPassword,
)
from services.identity.idempotency import run_idempotently
from services.identity.models import Account, PendingRegistration
from services.identity.pending_registrations import ContactPoints
from services.identity.population import Citizen, PopulationRegister, register_of

COLUMNS = (
    Account.id, Account.username, Account.citizen_number, Account.full_name, Account.birth_date, Account.phone,
    Account.email, Account.language, Account.roles, Account.otp_confirmed_at, Account.email_confirmed_at,
    Account.phone_confirmed_at, Account.registered_at, Account.erased_at,
)  # fmt: skip
WHO = Read(offices.with_posts(select(*COLUMNS).where(Account.id == bindparam("account_id"))))


@dataclass(frozen=True)
class Registration:
    """What somebody who registers says about themselves. ``birth_date``: YYYY-MM-DD."""

    citizen_number: str
    full_name: str
    birth_date: str
    phone: str
    email: str
    language: str = "vi"

    def guessable(self) -> list[str]:
        """What a stranger would try as a password first."""
        return [
            self.citizen_number,
            self.phone,
            self.email,
            "0" + self.phone.removeprefix("+84"),
            *self.full_name.split(),
        ]


Person = TypeVar("Person", Account, TableRow)  # an account, or the row of one


class Accounts:
    """Opens accounts and answers what is in them."""

    def __init__(
        self, database: Database, register: PopulationRegister, confirming: ContactCodes | None = None
    ) -> None:
        """``confirming``: who sends the codes without which no account counts; nobody where that is switched off."""
        self.database = database
        self.register = register
        self.confirming = confirming

    @classmethod
    def from_settings(cls, settings: Settings) -> Accounts:
        confirming = ContactCodes.from_settings(settings) if confirmation_required(settings) else None
        return cls(Database.at(settings.database_url("identity")), register_of(settings), confirming)

    def register_citizen(self, registration: Registration, password: str, *, command: Command | None = None) -> Json:
        """Open an account for a person of the register: ``{account_id, username, citizen_number, full_name, …}``.

        Where contact points are confirmed it counts only after :meth:`confirm_registration`, and the answer
        (``status``: ``awaiting_confirmation``) is the same for whoever has an account. Refuses
        ``CitizenNotInRegister``, ``CitizenDataDiffers``, ``WeakPassword``, ``InvalidRequest`` for a telephone number or
        e-mail address that nobody can have, and without confirmation ``AccountAlreadyExists``.
        """
        registration = replace(
            registration, phone=telephone(registration.phone), email=email_address(registration.email)
        )
        citizen = self._citizen(registration)
        passwords.check_strength(password, about=registration.guessable())
        password_hash = passwords.hash_password(password)

        contact = ContactPoints(registration.phone, registration.email, registration.language, password_hash)

        def work(session: Session) -> Json:
            if self.confirming is not None:
                return pending_registrations.begin_registration(session, self.confirming, citizen, contact)
            return open_account(session, citizen, contact)

        return run_idempotently(self.database, _without_password(command, registration), work)

    def confirm_registration(self, account_id: str, code: str) -> Json:
        """Open the account whose e-mail address shows the code that was sent there. ``ContactCodeRefused``.

        Another code is sent to the telephone, which counts for nothing until it is shown (``confirm_contact``).
        """
        with self.database.session() as session:
            pending = _pending(session, account_id)
            citizen = self.register.citizen(pending.citizen_number) if pending else None
            if pending is None or citizen is None or self.confirming is None:
                raise ContactCodeRefused()
            if not self.confirming.spend(session, REGISTRATION, account_id, code):
                raise ContactCodeRefused()
            contact = ContactPoints(pending.phone, pending.email, pending.language, pending.password_hash)
            session.execute(
                delete(PendingRegistration).where(PendingRegistration.citizen_number == pending.citizen_number)
            )
            try:
                opened = open_account(session, citizen, contact, account_id=account_id, confirmed_at=clock.now())
            except AccountAlreadyExists:  # somebody else was first; to say so would tell of them
                raise ContactCodeRefused() from None
            # Now, not sooner: a stranger's registrations send no texts.
            contact_changes.send_code(session, self.confirming, _account(session, account_id), "phone", pending.phone)
            return opened

    def whoami(self, *, by: Actor) -> Json:
        """The caller's own account: particulars, roles, posts held, and whether one-time codes are in force."""
        rows = self.database.rows(WHO, account_id=by.account_id)
        account = _there(rows[0] if rows else None)
        return {
            **_account_view(account),
            "birth_date": account.birth_date.isoformat() if account.birth_date else None,
            "phone": account.phone,
            "email": account.email,
            "phone_confirmed": account.phone_confirmed_at is not None,
            "email_confirmed": account.email_confirmed_at is not None,
            "roles": account.roles,
            "agencies": offices.posts_in(rows),
            "otp_in_force": account.otp_confirmed_at is not None,
            "session_id": by.session_id,
        }

    def contact(self, account_id: str, *, reader: ServiceReader) -> Json:
        """How to reach somebody, for services: ``{account_id, full_name, email, phone, language}``; in the access log.

        ``phone`` is null unless it is confirmed, where contact points are. Of an erased person nothing is known any
        more: ``AccountNotFound``.
        """
        with self.database.session() as session:
            account = session.get(Account, account_id)
            if account is None or account.erased_at is not None:
                raise AccountNotFound()
            record_service_reading(session, reader, account.id)
            return {
                "account_id": account.id,
                "full_name": account.full_name,
                "email": account.email,
                "phone": account.phone if account.phone_confirmed_at or self.confirming is None else None,
                "language": account.language,
            }

    def citizen_number(self, account_id: str, *, reader: ServiceReader) -> Json:
        """By which number other systems know somebody, for services; in the access log."""
        with self.database.session() as session:
            account = session.get(Account, account_id)
            if account is None or account.erased_at is not None:
                raise AccountNotFound()
            record_service_reading(session, reader, account.id)
            return {"account_id": account.id, "citizen_number": account.citizen_number}

    def change_password(self, old: str, new: str, *, by: Actor) -> Json:
        """Replace the caller's password and end all their other sessions: ``{changed_at, sessions_ended}``."""
        with self.database.session() as session:
            open_sessions.check_open(session, by)
            account = _account(session, by.account_id)
            passwords.check_strength(new, about=guessable_facts(account))
            attempts.begin(session, attempts.of_owner(account))
        if not passwords.matches(account.password_hash, old):
            raise WrongPassword()
        password_hash = passwords.hash_password(new)
        with self.database.session() as session:
            attempts.clear(session, attempts.of_owner(account))
            changed = session.get_one(Account, account.id)
            changed.password_hash, changed.password_changed_at = password_hash, clock.now()
            ended = open_sessions.end_all(session, account.id, because="password_changed", keeping=by.session_id)
            return {"changed_at": changed.password_changed_at.isoformat(), "sessions_ended": ended}

    def _citizen(self, registration: Registration) -> Citizen:
        birth_date = _date(registration.birth_date)
        citizen = self.register.citizen(registration.citizen_number)
        if citizen is None:
            raise CitizenNotInRegister()
        if not citizen.fits(registration.full_name, birth_date):
            raise CitizenDataDiffers()
        return citizen


def _date(birth_date: str) -> date:
    try:
        return date.fromisoformat(birth_date)
    except ValueError as error:
        raise InvalidRequest.at("/birth_date", "không phải ngày hợp lệ", "is no date") from error


def open_account(
    session: Session,
    citizen: Citizen,
    contact: ContactPoints,
    *,
    account_id: str | None = None,
    confirmed_at: datetime | None = None,
    phone_confirmed_at: datetime | None = None,
) -> Json:
    """The account of a person of the register. ``confirmed_at``: since when the e-mail address counts.

    ``AccountAlreadyExists``, also when it is opened twice at the same moment.
    """
    if session.scalar(select(Account.id).where(Account.username == citizen.citizen_number)):
        raise AccountAlreadyExists()
    now = clock.now()
    account = Account(
        id=account_id or str(uuid4()), username=citizen.citizen_number, citizen_number=citizen.citizen_number,
        full_name=citizen.full_name, birth_date=citizen.birth_date, roles=["citizen"], **asdict(contact),
        email_confirmed_at=confirmed_at, phone_confirmed_at=phone_confirmed_at, password_changed_at=now,
        registered_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError as error:  # registered twice at the same moment
        raise AccountAlreadyExists() from error
    event_data = {"account_id": account.id, "language": account.language, "at": now.isoformat()}
    enqueue(session, "account_registered.v1", event_data, subject=account.id)
    return _account_view(account) | {"status": "open"}


def _pending(session: Session, account_id: str) -> PendingRegistration | None:
    """The registration, with all others of its person held: the first that is confirmed takes them away.

    Held in one order, so that two confirmed at once do not wait for each other.
    """
    person = select(PendingRegistration.citizen_number).where(PendingRegistration.id == account_id)
    rows = session.scalars(
        select(PendingRegistration)
        .where(PendingRegistration.citizen_number == person.scalar_subquery())
        .order_by(PendingRegistration.id)
        .with_for_update()
    )
    return next((row for row in rows if row.id == account_id), None)


def _account_view(account: Account | TableRow) -> Json:
    return {
        "account_id": account.id,
        "username": account.username,
        "citizen_number": account.citizen_number,
        "full_name": account.full_name,
        "language": account.language,
        "registered_at": account.registered_at.isoformat(),
    }


def _account(session: Session, account_id: str) -> Account:
    account: Account = _there(session.get(Account, account_id))
    return account


def _there(account: Person | None) -> Person:
    """The account, or the row of one, of somebody who exists and is not erased."""
    if account is None:
        raise AccountNotFound()
    if account.erased_at is not None:
        raise AccountErased()
    return account


def guessable_facts(account: Account) -> list[str]:
    """What a stranger would try first as the password of this account."""
    facts = (account.username, account.phone, account.email, *account.full_name.split())
    return [fact for fact in facts if fact]


def _without_password(command: Command | None, registration: Registration) -> Command | None:
    # What the log keeps must not help anybody to guess a password, so the fingerprint is made without it.
    if command is None:
        return None
    return Command.of(command.id, command.name, command.caller, asdict(registration))
