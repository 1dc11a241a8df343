"""Signing in with the national e-ID: to the provider, back with a code, and to an account here.

Who that is the citizen number says, which the provider vouches for; of later sign-ins its own name for the person
(``sub``) must lead to the same account. Whoever has no account yet gets one: the population register has them.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import attempts, keys, passwords, sign_in_records
from services.identity.accounts import open_account
from services.identity.contact_details import email_address, telephone
from services.identity.eid.provider import EidClient, EidPerson, EidProvider
from services.identity.eid_errors import EidSignInNotPending, EidSignInRefused
from services.identity.errors import (
    AccountAlreadyExists,
    CitizenDataDiffers,
    CitizenNotInRegister,
    InvalidRequest,
    SignInRefused,
)
from services.identity.models import Account
from services.identity.models.single_sign_on import EidLink, EidSignIn
from services.identity.pending_registrations import ContactPoints
from services.identity.population import Citizen, PopulationRegister, register_of
from services.identity.sessions import REFUSALS, Authenticator
from services.identity.sign_in_records import OPENED, OTP_MISSING, OTP_WRONG
from services.identity.tokens import Eid, token_digest

PENDING = timedelta(minutes=10)


class EidDesk:
    """Takes a person to the provider and lets them in when they come back."""

    def __init__(
        self, database: Database, provider: EidProvider, authenticator: Authenticator, register: PopulationRegister,
        sealer: Fernet,
    ) -> None:  # fmt: skip
        self.database, self.provider, self.authenticator = database, provider, authenticator
        self.register, self.sealer = register, sealer

    @classmethod
    def from_settings(cls, settings: Settings) -> EidDesk:
        return cls(
            Database.at(settings.database_url("identity")),
            EidProvider(EidClient.from_settings(settings)),
            Authenticator.from_settings(settings),
            register_of(settings),
            keys.sealer(keys.signing_key(settings), "eid-sign-in"),
        )

    def begin_eid_sign_in(self) -> Json:
        """Set out: ``{authorization_url, binding, expires_in}``. ``binding`` stays with the browser that sets out.

        Refuses ``EidNotOffered``, ``EidProviderUnavailable``.
        """
        state, nonce, verifier, binding = (keys.generate_secret() for _ in range(4))
        url = self.provider.authorization_url(state, nonce, verifier)
        now = clock.now()
        with self.database.session() as session:
            session.add(
                EidSignIn(
                    digest=token_digest(state), binding_digest=token_digest(binding), made_at=now,
                    sealed=self.sealer.encrypt(json.dumps([nonce, verifier]).encode()).decode(),
                    expires_at=now + PENDING,
                )
            )  # fmt: skip
        return {"authorization_url": url, "binding": binding, "expires_in": int(PENDING.total_seconds())}

    def complete_eid_sign_in(
        self, state: str, binding: str, code: str | None = None, otp: str | None = None, device: str | None = None,
        issuer: str | None = None,
    ) -> Json:  # fmt: skip
        """Come back: the reply of ``sign_in``. ``code``, ``state`` and ``issuer`` (``iss``) are what the provider sent.

        After ``OtpRequired`` the same again with ``otp``; the code is not looked at any more. Refuses
        ``EidSignInNotPending``, ``EidSignInRefused``, ``EidProviderUnavailable``, ``CitizenNotInRegister``,
        ``CitizenDataDiffers``, ``AccountBlocked``, ``SignInDelayed``, ``Unauthenticated`` (a wrong one-time code).
        """
        secrets = self._secrets_of(state, binding)
        if secrets is not None:
            nonce, verifier = secrets
            self.provider.check_answered_by(issuer)
            person = self.provider.person(code or "", nonce, verifier)
            with self.database.session() as session:
                account = self._account(session, person)
                row = session.get_one(EidSignIn, token_digest(state), with_for_update=True)
                row.account_id, row.level = account.id, person.level
        return self._let_in(state, otp, device)

    def _secrets_of(self, state: str, binding: str) -> tuple[str, str] | None:
        """Nonce and verifier of a sign-in whose code nobody has shown yet; nothing where only a code of ours lacks."""
        self.provider.client  # noqa: B018 - EidNotOffered before anything else
        with self.database.session() as session:
            row = session.get(EidSignIn, token_digest(state), with_for_update=True)
            if row is None or row.expires_at <= clock.now():
                raise EidSignInNotPending()
            if not hmac.compare_digest(row.binding_digest, token_digest(binding)):
                raise EidSignInNotPending()
            if row.account_id is not None:
                return None
            if row.taken_at is not None:  # a code works once, and so does its state
                raise EidSignInNotPending()
            row.taken_at = clock.now()
            nonce, verifier = json.loads(self.sealer.decrypt(row.sealed.encode()))
            return nonce, verifier

    def _account(self, session: Session, person: EidPerson) -> Account:
        """Whose account it is; opened, and linked, where it has to be."""
        issuer = self.provider.client.issuer
        link = session.get(EidLink, (issuer, person.subject), with_for_update=True)
        if link is not None:
            account = session.get_one(Account, link.account_id)
            if account.erased_at is None and account.citizen_number == person.citizen_number:
                return account
            if account.erased_at is None:
                raise EidSignInRefused(error="sub")
            session.delete(link)
            session.flush()
        account = _of_number(session, person.citizen_number) or self._opened(session, person)
        try:
            with session.begin_nested():
                session.add(
                    EidLink(issuer=issuer, subject=person.subject, account_id=account.id, linked_at=clock.now())
                )
        except IntegrityError:  # linked by another sign-in at the same moment
            if session.get_one(EidLink, (issuer, person.subject)).account_id != account.id:
                raise EidSignInRefused(error="sub") from None
        return account

    def _opened(self, session: Session, person: EidPerson) -> Account:
        citizen = self._citizen(person)
        email, phone = _usable(email_address, person.email), _usable(telephone, person.phone)
        contact = ContactPoints(phone, email, "vi", passwords.NONE)
        now = clock.now()
        email_at, phone_at = (now if point else None for point in (email, phone))
        with suppress(AccountAlreadyExists):  # registered at the same moment: the same person
            open_account(session, citizen, contact, confirmed_at=email_at, phone_confirmed_at=phone_at)
        account = _of_number(session, citizen.citizen_number)
        assert account is not None
        return account

    def _citizen(self, person: EidPerson) -> Citizen:
        citizen = self.register.citizen(person.citizen_number)
        if citizen is None:
            raise CitizenNotInRegister()
        name, birth_date = person.full_name or citizen.full_name, person.birth_date or citizen.birth_date
        if not citizen.fits(name, birth_date):
            raise CitizenDataDiffers()
        return citizen

    def _let_in(self, state: str, otp: str | None, device: str | None) -> Json:
        self.authenticator.mint.keys.update()
        with self.database.session() as session:
            row = session.get(EidSignIn, token_digest(state), with_for_update=True)
            if row is None or row.account_id is None:
                raise EidSignInNotPending()
            account = session.get_one(Account, row.account_id)
            if otp is not None:
                attempts.begin(session, attempts.of_owner(account))
            outcome = self.authenticator.second_factor(session, account, otp)
            if outcome == OPENED:
                session.delete(row)
                attempts.clear(session, attempts.of_owner(account))
                eid = Eid(self.provider.client.issuer, row.level)
                return self.authenticator.let_in(session, account, device, "eid", eid=eid)
            if outcome != OTP_WRONG and outcome != OTP_MISSING:
                session.delete(row)
            sign_in_records.record(session, account, outcome, known_device=False)
        raise REFUSALS.get(outcome, SignInRefused)()


def _of_number(session: Session, citizen_number: str) -> Account | None:
    return session.scalar(select(Account).where(Account.username == citizen_number))


def _usable(check: Callable[[str], str], contact: str | None) -> str | None:
    """A contact point as we write it; nothing where the provider has one that nobody can be reached at."""
    try:
        return check(contact) if contact else None
    except InvalidRequest:
        return None
