"""One-time codes (TOTP, RFC 6238: SHA-1, six digits, 30 s) as a second factor; every code works once.

The seed is stored encrypted. One step of clock drift either way is accepted; a step once used, or an older one, never
again (OWASP ASVS 5.0, 6.5.1).
"""

from __future__ import annotations

import pyotp
from cryptography.fernet import Fernet
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import attempts, keys, open_sessions, passwords
from services.identity.errors import AccountNotFound, OtpCodeWrong, OtpNotEnrolled, OtpRequired, WrongPassword
from services.identity.models import Account
from services.identity.recovery_codes import new_recovery_codes, spend_recovery_code

ISSUER_SHOWN = "Cổng dịch vụ công"
STEP_SECONDS = 30


class OneTimeCodes:
    """Enrols devices and checks their codes."""

    def __init__(self, database: Database, sealer: Fernet) -> None:
        self.database = database
        self.sealer = sealer

    @classmethod
    def from_settings(cls, settings: Settings) -> OneTimeCodes:
        return cls(Database.at(settings.database_url("identity")), keys.sealer(keys.signing_key(settings), "otp"))

    def enrol_otp(self, otp: str | None = None, password: str | None = None, *, by: Actor) -> dict[str, str]:
        """A new seed for the caller's device: ``{secret, uri}``; in force only after :meth:`confirm_otp`.

        Needs the password (``WrongPassword``) and a fresh sign-in (``Unauthenticated``): whoever found a token must not
        lock its owner out. Replacing a device in force asks for one of its codes or a recovery code as well:
        ``OtpRequired``, ``OtpCodeWrong``. Guesses of either are counted: ``SignInDelayed``.
        """
        self.check_owner(password, otp, by=by)
        secret = pyotp.random_base32()
        with self.database.session() as session:
            account = _own_account(session, by)
            account.otp_pending_secret = self.sealer.encrypt(secret.encode()).decode()
            uri = pyotp.TOTP(secret).provisioning_uri(name=account.username, issuer_name=ISSUER_SHOWN)
        return {"secret": secret, "uri": uri}

    def check_owner(self, password: str | None, otp: str | None, *, by: Actor) -> None:
        """Refuse whoever only found a token: needs password, fresh sign-in, second factor where one is in force.

        Whoever has no password, and signed in with an e-ID, needs the fresh sign-in.

        ``WrongPassword``, ``Unauthenticated``, ``OtpRequired``, ``OtpCodeWrong``, and ``SignInDelayed`` after guesses.
        """
        if self._in_force(by):
            self._check(otp, by)
        self._check_password(password, by)

    def confirm_otp(self, code: str, *, by: Actor) -> Json:
        """Prove the device shows the right codes; from now on signing in asks for one, and other sessions have ended.

        ``{confirmed_at, recovery_codes}``; the codes are for signing in without the device and are shown this once.
        """
        with self.database.session() as session:
            account = _own_account(session, by)
            if account.otp_pending_secret is None:
                raise OtpNotEnrolled()
            step = self._step_of(account.otp_pending_secret, code)
            if step is None:
                raise OtpCodeWrong()
            account.otp_sealed_secret, account.otp_pending_secret = account.otp_pending_secret, None
            account.otp_last_step, account.otp_confirmed_at = step, clock.now()
            codes = new_recovery_codes(session, account.id)
            # Whoever signed in without this device does not stay in beside it.
            open_sessions.end_all(session, account.id, because="device_enrolled", keeping=by.session_id)
            return {"confirmed_at": account.otp_confirmed_at.isoformat(), "recovery_codes": codes}

    def spend(self, session: Session, account: Account, code: str) -> bool:
        """Whether ``code`` is good now, or a recovery code; uses it up in this transaction."""
        if account.otp_sealed_secret and spend_recovery_code(session, account.id, code):
            return True
        step = self._step_of(account.otp_sealed_secret, code) if account.otp_sealed_secret else None
        if step is None:
            return False
        unused = or_(Account.otp_last_step.is_(None), Account.otp_last_step < step)
        using_up = update(Account).where(Account.id == account.id, unused).values(otp_last_step=step)
        return session.scalar(using_up.returning(Account.id)) is not None

    def _in_force(self, by: Actor) -> bool:
        with self.database.session() as session:
            return _own_account(session, by).otp_confirmed_at is not None

    def _check(self, code: str | None, by: Actor) -> None:
        """Use up a code of the caller's device; guesses are counted and delayed like failed sign-ins."""
        if code is None:
            raise OtpRequired()
        with self.database.session() as session:
            attempts.begin(session, attempts.of_owner(_own_account(session, by)))
        with self.database.session() as session:
            account = _own_account(session, by)
            if not self.spend(session, account, code):
                raise OtpCodeWrong()
            attempts.uncount(session, attempts.of_owner(account))

    def _check_password(self, password: str | None, by: Actor) -> None:
        with self.database.session() as session:
            account = _own_account(session, by)
            attempts.begin(session, attempts.of_owner(account))
        shown_by_eid = account.password_hash == passwords.NONE and by.identity_provider is not None
        if not shown_by_eid and (password is None or not passwords.matches(account.password_hash, password)):
            raise WrongPassword()
        with self.database.session() as session:
            attempts.uncount(session, attempts.of_owner(account))
            open_sessions.check_fresh(session, by)

    def _step_of(self, sealed_secret: str, code: str) -> int | None:
        totp = pyotp.TOTP(self.sealer.decrypt(sealed_secret.encode()).decode())
        now = int(clock.now().timestamp()) // STEP_SECONDS
        steps = [step for step in (now, now - 1, now + 1) if totp.verify(code, for_time=step * STEP_SECONDS)]
        return steps[0] if steps else None


def _own_account(session: Session, by: Actor) -> Account:
    open_sessions.check_open(session, by)
    account = session.get(Account, by.account_id, with_for_update=True)
    if account is None:
        raise AccountNotFound()
    return account
