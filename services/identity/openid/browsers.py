"""Which browser is signed in as whom, by the secret of its cookie: for single sign-on, and no door of the platform."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from services.identity import keys, open_sessions
from services.identity.models import Account, SignInSession
from services.identity.models.single_sign_on import BrowserSignIn
from services.identity.tokens import token_digest


def remember_browser(session: Session, session_id: str, earlier: str | None) -> str:
    """The secret of a browser that has just signed in; it had another one, or none, before (no fixation)."""
    before = browser_session(session, earlier)
    if before is not None:
        own = session.scalar(select(SignInSession.account_id).where(SignInSession.id == session_id))
        if before.account_id != own:
            open_sessions.end_session(session, before, because="signed_in_as_another")
        forget_browser(session, earlier)
    secret = keys.generate_secret()
    session.add(BrowserSignIn(digest=token_digest(secret), session_id=session_id, made_at=clock.now()))
    return secret


def browser_session(session: Session, browser: str | None) -> SignInSession | None:
    """The open session that a browser is signed in by."""
    row = session.get(BrowserSignIn, token_digest(browser)) if browser else None
    return open_session(session, row.session_id) if row is not None else None


def open_session(session: Session, session_id: str | None) -> SignInSession | None:
    """The session of this id, if it is open and its person still here."""
    still_open = SignInSession.revoked_at.is_(None), SignInSession.expires_at > clock.now()
    query = select(SignInSession).join(Account, Account.id == SignInSession.account_id)
    return session.scalar(query.where(SignInSession.id == session_id, Account.erased_at.is_(None), *still_open))


def forget_browser(session: Session, browser: str | None) -> None:
    if browser:
        session.execute(delete(BrowserSignIn).where(BrowserSignIn.digest == token_digest(browser)))
