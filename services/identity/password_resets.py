"""A forgotten password: a code to the e-mail address of the account, then a new password; every session ends.

Whether there is an account shows nowhere: a request is answered alike, and so is a code that was never sent. The code
stands for the password, not for the second factor: where one is in force it is asked for as at a sign-in.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import attempts, known_devices, open_sessions, passwords
from services.identity.accounts import guessable_facts
from services.identity.contact_codes import LIFETIME, PASSWORD_RESET, ContactCodes, confirmation_required
from services.identity.errors import ContactCodeRefused, OtpCodeWrong, OtpRequired
from services.identity.models import Account
from services.identity.one_time_codes import OneTimeCodes
from services.identity.pending_registrations import recipient_of


class PasswordDesk:
    """Has codes sent to whoever forgot their password, and takes a new one for a code."""

    def __init__(self, database: Database, codes: ContactCodes, otp: OneTimeCodes, *, confirmed_only: bool) -> None:
        self.database, self.codes, self.otp, self.confirmed_only = database, codes, otp, confirmed_only

    @classmethod
    def from_settings(cls, settings: Settings) -> PasswordDesk:
        database, codes = Database.at(settings.database_url("identity")), ContactCodes.from_settings(settings)
        otp = OneTimeCodes.from_settings(settings)
        return cls(database, codes, otp, confirmed_only=confirmation_required(settings))

    def request_password_reset(self, username: str) -> Json:
        """Have a code sent, if there is such an account and a way to it: ``{requested_at, expires_in}`` in any case."""
        with self.database.session() as session:
            account = _account_of(session, username)
            confirmed = account is not None and (account.email_confirmed_at or not self.confirmed_only)
            if account is not None and confirmed and account.email and account.blocked_at is None:
                self.codes.send(session, PASSWORD_RESET, account.id, recipient_of(account))
        return {"requested_at": clock.now().isoformat(), "expires_in": int(LIFETIME.total_seconds())}

    def reset_password(self, username: str, code: str, new: str, otp: str | None = None) -> Json:
        """Set a new password for a code: ``{changed_at, sessions_ended, device}``; every session has ended.

        Refuses ``ContactCodeRefused`` (whatever was wrong), ``OtpRequired``, ``OtpCodeWrong``, ``WeakPassword``.
        """
        password_hash = passwords.hash_password(new)  # first, so that every answer costs the same
        if self._guesses_factor(username, code, otp):
            raise OtpCodeWrong()
        with self.database.session() as session:
            account = self._proven(session, username, code)
            passwords.check_strength(new, about=guessable_facts(account))
            now = clock.now()
            account.password_hash, account.password_changed_at = password_hash, now
            account.email_confirmed_at = account.email_confirmed_at or now
            ended = open_sessions.end_all(session, account.id, because="password_reset")
            known_devices.forget_all(session, account.id)
            device = known_devices.remember(session, account, None)
            return {"changed_at": now.isoformat(), "sessions_ended": ended, "device": device}

    def _guesses_factor(self, username: str, code: str, otp: str | None) -> bool:
        """Whether the second factor shown with a good code is wrong: it stays counted, the code stays good."""
        with self.database.session() as session:
            account = _account_of(session, username)
            if account is None or account.otp_confirmed_at is None:
                return False
            if account.blocked_at is not None or not self.codes.holds(session, PASSWORD_RESET, account.id, code):
                raise ContactCodeRefused()
            if otp is None:
                raise OtpRequired()
            attempts.begin(session, attempts.of_owner(account))
        with self.database.session() as session:
            account = session.get_one(Account, account.id)
            if not self.otp.spend(session, account, otp):
                return True
            attempts.uncount(session, attempts.of_owner(account))
            return False

    def _proven(self, session: Session, username: str, code: str) -> Account:
        account = _account_of(session, username)
        if account is None or account.blocked_at is not None:
            raise ContactCodeRefused()
        if not self.codes.spend(session, PASSWORD_RESET, account.id, code):
            raise ContactCodeRefused()
        return account


def _account_of(session: Session, username: str) -> Account | None:
    named = Account.username == username.strip().casefold(), Account.erased_at.is_(None)
    return session.scalar(select(Account).where(*named))
