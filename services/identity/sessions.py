"""Signing in and staying so: sessions, their refresh tokens, and ending them.

A refresh token works once (rotation). Shown again later it means that somebody else holds a copy: the whole session
ends (RFC 9700, 4.14). For ``GRACE`` after its use the same successor is handed out again: an answer can get lost.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import attempts, keys, known_devices, offices, open_sessions, passwords, sign_in_records
from services.identity.attempts import SignInTry
from services.identity.errors import (
    AccountBlocked,
    OtpRequired,
    RefreshRefused,
    SessionNotFound,
    SignInDelayed,
    SignInRefused,
)
from services.identity.models import Account, RefreshToken, SignInSession
from services.identity.one_time_codes import OneTimeCodes
from services.identity.sign_in_records import BLOCKED, DELAYED, OPENED, OTP_MISSING, OTP_WRONG, REFUSED
from services.identity.signing_keys import ACCESS_LIFETIME
from services.identity.spraying import SourceBudget
from services.identity.tokens import Eid, Mint, token_digest

IDLE_LIFETIME = timedelta(hours=12)  # a refresh token not used for so long is worth nothing
SESSION_LIFETIME = timedelta(days=7)  # after that one signs in again
GRACE = timedelta(seconds=15)
ENROLLING = "enrolling"  # the role of an official who has no second factor yet: all it opens is their own account
REFUSALS = {OTP_MISSING: OtpRequired, BLOCKED: AccountBlocked}


class Authenticator:
    """Lets people in, keeps them in, shows them out."""

    def __init__(
        self, database: Database, mint: Mint, codes: OneTimeCodes, sources: SourceBudget, *, guard: bool = False
    ) -> None:
        """``guard``: whether officials act only once they have a second factor."""
        self.database = database
        self.sources = sources
        self.guard = guard
        self.mint = mint
        self.codes = codes

    @classmethod
    def from_settings(cls, settings: Settings) -> Authenticator:
        database = Database.at(settings.database_url("identity"))
        sources = SourceBudget.from_settings(settings, keys.derive_key(keys.signing_key(settings), "source"))
        return cls(
            database,
            Mint.from_settings(settings),
            OneTimeCodes.from_settings(settings),
            sources,
            guard=not settings.development,
        )

    def sign_in(
        self, username: str, password: str, otp: str | None = None, device: str | None = None, *,
        source: str | None = None,
    ) -> Json:  # fmt: skip
        """Open a session: ``{access_token, refresh_token, expires_in, token_type, session_id, device}``.

        ``device`` is what the last sign-in from the same device answered under that name; ``source`` is where the
        attempt comes from. Refuses ``Unauthenticated`` (whatever was wrong), ``OtpRequired``,
        ``SignInDelayed``, and for whoever knows the password ``AccountBlocked``.
        """
        username = username.strip().casefold()
        self.mint.keys.update()
        attempt, account = self._begun(username, device, source)
        if not passwords.matches(account.password_hash if account else None, password) or account is None:
            self._refuse(account, attempt, REFUSED)
        fresh_hash = passwords.hash_password(password) if passwords.needs_rehash(account.password_hash) else None
        with self.database.session() as session:
            account = session.get_one(Account, account.id)
            outcome = self.second_factor(session, account, otp)
            if outcome == OPENED:
                account.password_hash = fresh_hash or account.password_hash
                attempts.clear(session, attempt)
                return self.let_in(session, account, device)
        return self._refuse(account, attempt, outcome)

    def refresh(self, refresh_token: str) -> Json:
        """The next pair of tokens; roles are looked up anew. ``Unauthenticated`` if the token no longer holds."""
        self.mint.keys.update()
        with self.database.session() as session:
            reply = self._rotated(session, refresh_token)
        if reply is None:  # refused outside the transaction: ending a stolen session must be committed
            raise RefreshRefused()
        return reply

    def sign_out(self, refresh_token: str) -> Json:
        """End the session of this token. Tokens nobody knows are answered alike (RFC 7009)."""
        with self.database.session() as session:
            token = session.get(RefreshToken, token_digest(refresh_token))
            if token is not None:
                open_sessions.end_session(session, _session_of(session, token), because="signed_out")
        return {"signed_out": True}

    def sessions(self, *, limit: int = 50, cursor: str | None = None, by: Actor) -> Page[Json]:
        """The caller's open sessions, newest first."""

        def view(sign_in: SignInSession) -> Json:
            times = {name: getattr(sign_in, name).isoformat() for name in ("created_at", "last_used_at", "expires_at")}
            return {"session_id": sign_in.id, **times, "current": sign_in.id == by.session_id}

        with self.database.session() as session:
            mine = open_sessions.open_sessions_of(by.account_id)
            return page(session, mine, [SignInSession.position], view, limit=limit, cursor=cursor, newest_first=True)

    def revoke_session(self, session_id: str, *, by: Actor) -> Json:
        """End one of the caller's sessions: ``{session_id, revoked_at}``. Again: the same answer."""
        with self.database.session() as session:
            sign_in = session.scalar(select(SignInSession).where(SignInSession.id == session_id))
            if sign_in is None or sign_in.account_id != by.account_id:
                raise SessionNotFound(session_id=session_id)
            ended_at = open_sessions.end_session(session, sign_in, because="revoked")
            return {"session_id": sign_in.id, "revoked_at": ended_at}

    def _begun(self, username: str, device: str | None, source: str | None) -> tuple[SignInTry, Account | None]:
        """The attempt, counted, and whose account it is at."""
        with self.database.session() as session:
            account = session.scalar(select(Account).where(Account.username == username))
            from_device = known_devices.known_device(session, account, device)
            digest = from_device.digest if from_device else None
            attempt = SignInTry(username, digest, self.sources.digest(source), self.sources.names)
            try:
                attempts.begin(session, attempt)
            except SignInDelayed:
                sign_in_records.record(session, account, DELAYED, known_device=from_device is not None)
                raise
            return attempt, account

    def second_factor(self, session: Session, account: Account, otp: str | None) -> str:
        """How a sign-in ends that has shown the right password, or an e-ID."""
        if account.erased_at is not None:  # meanwhile
            return REFUSED
        if account.blocked_at is not None:
            return BLOCKED
        if account.otp_confirmed_at is None:
            return OPENED
        if otp is None:
            return OTP_MISSING
        return OPENED if self.codes.spend(session, account, otp) else OTP_WRONG

    def let_in(
        self, session: Session, account: Account, device: str | None, first: str = "password", *, eid: Eid | None = None
    ) -> Json:
        """Open a session for somebody who has shown the ``first`` factor, and a one-time code where one is in force."""
        familiar = known_devices.known_device(session, account, device) is not None
        reply = self._opened(session, account, eid)
        session_id = reply["session_id"]
        factors = (first, *(() if account.otp_confirmed_at is None else ("one_time_code",)))
        sign_in_records.record(session, account, OPENED, known_device=familiar, factors=factors, session_id=session_id)
        return reply | {"device": known_devices.remember(session, account, device)}

    def _refuse(self, account: Account | None, attempt: SignInTry, outcome: str) -> NoReturn:
        """Record what went wrong, in a transaction of its own, and say no."""
        with self.database.session() as session:
            if outcome == OTP_MISSING:
                attempts.uncount(session, attempt)
            locked = outcome != OTP_MISSING and attempts.waits(session, attempt)
            familiar = attempt.device is not None
            sign_in_records.record(session, account, outcome, known_device=familiar, locked=locked)
        raise REFUSALS.get(outcome, SignInRefused)()

    def _opened(self, session: Session, account: Account, eid: Eid | None) -> Json:
        now = clock.now()
        sign_in = SignInSession(
            id=str(uuid4()), account_id=account.id, created_at=now, last_used_at=now, expires_at=now + SESSION_LIFETIME,
            eid_issuer=eid.issuer if eid else None, assurance=eid.level if eid else None,
        )  # fmt: skip
        session.add(sign_in)
        session.flush()
        token = self.mint.refresh_token()
        _store_token(session, sign_in, token)
        return self._pair(session, account, sign_in, token)

    def _rotated(self, session: Session, refresh_token: str) -> Json | None:
        now = clock.now()
        token = session.get(RefreshToken, token_digest(refresh_token), with_for_update=True)
        sign_in = _session_of(session, token) if token else None
        if token is None or sign_in is None or sign_in.revoked_at or min(token.expires_at, sign_in.expires_at) <= now:
            return None
        successor = self.mint.successor(refresh_token)
        if token.used_at is None:
            token.used_at = sign_in.last_used_at = now
            _store_token(session, sign_in, successor)
        elif now - token.used_at > GRACE or _is_used(session, successor):
            open_sessions.end_session(session, sign_in, because="refresh_token_reused")
            return None
        return self._pair(session, session.get_one(Account, sign_in.account_id), sign_in, successor)

    def _pair(self, session: Session, account: Account, sign_in: SignInSession, refresh_token: str) -> Json:
        posts = {post["code"]: post["roles"] for post in offices.current_posts(session, account.id)}
        missing = self.guard and account.otp_confirmed_at is None and bool(posts or set(account.roles) - {"citizen"})
        access_token = self.mint.access_token(
            account.id, name=account.full_name,
            roles=[*({"citizen"} & set(account.roles)), ENROLLING] if missing else account.roles,
            agencies={} if missing else posts,
            session_id=sign_in.id,
            session_version=account.session_version,
            eid=Eid(sign_in.eid_issuer, sign_in.assurance) if sign_in.eid_issuer else None,
        )  # fmt: skip
        reply = self._reply(access_token, refresh_token, sign_in)
        return reply | {"second_factor": "missing"} if missing else reply

    def _reply(self, access_token: str, refresh_token: str, sign_in: SignInSession) -> Json:
        return {
            "access_token": access_token,
            "refresh_token": refresh_token,
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
            "token_type": "Bearer",
            "session_id": sign_in.id,
        }


def _session_of(session: Session, token: RefreshToken) -> SignInSession:
    return session.scalars(select(SignInSession).where(SignInSession.id == token.session_id).with_for_update()).one()


def _store_token(session: Session, sign_in: SignInSession, token: str) -> None:
    now = clock.now()
    expires_at = min(now + IDLE_LIFETIME, sign_in.expires_at)
    session.add(RefreshToken(digest=token_digest(token), session_id=sign_in.id, issued_at=now, expires_at=expires_at))


def _is_used(session: Session, token: str) -> bool:
    row = session.get(RefreshToken, token_digest(token))
    return row is None or row.used_at is not None
