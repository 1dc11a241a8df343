"""Which sessions are open, ending them, and forgetting those that ended long ago."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from services.identity import access_endings
from services.identity.errors import SessionEnded, SignInNotFresh
from services.identity.models import RefreshToken, SignInSession

RETENTION = timedelta(days=30)
FRESH = timedelta(minutes=10)
ERASED = "erased"  # why a session ended


def open_sessions_of(account_id: str) -> Select[SignInSession]:
    """The open sessions of an account."""
    still_open = SignInSession.revoked_at.is_(None), SignInSession.expires_at > clock.now()
    return select(SignInSession).where(SignInSession.account_id == account_id, *still_open)


def check_open(session: Session, by: Actor) -> None:
    """Refuse a caller whose session was ended though their access token still runs.

    Asked before anything that changes how the account is guarded or who may act for it; elsewhere the few seconds
    until a door knows are accepted.
    """
    if session.scalar(open_sessions_of(by.account_id).where(SignInSession.id == by.session_id)) is None:
        raise SessionEnded()


def check_fresh(session: Session, by: Actor) -> None:
    """Refuse a caller who signed in longer ago than ``FRESH``: a token that was found is mostly an older one."""
    lately = SignInSession.id == by.session_id, SignInSession.created_at > clock.now() - FRESH
    if session.scalar(open_sessions_of(by.account_id).where(*lately)) is None:
        raise SignInNotFresh()


def end_session(session: Session, sign_in: SignInSession, *, because: str) -> str:
    """End one session; when it ended, ISO 8601. Ending it again changes nothing.

    Its token opens no door any more; that of an erased person is answered by name (``AccountErased`` and the like)
    until it expires.
    """
    if sign_in.revoked_at is None:
        sign_in.revoked_at, sign_in.revoked_because = clock.now(), because
        if because != ERASED:
            access_endings.session_ended(session, sign_in.account_id, sign_in.id)
    return sign_in.revoked_at.isoformat()


def end_all(session: Session, account_id: str, *, because: str, keeping: str | None = None) -> int:
    """End every open session of the account except ``keeping``; how many were ended."""
    others = [sign_in for sign_in in session.scalars(open_sessions_of(account_id)) if sign_in.id != keeping]
    for other in others:
        end_session(session, other, because=because)
    return len(others)


def delete_ended_sessions(session: Session, limit: int) -> int:
    """Drop up to ``limit`` sessions that ended long ago, with their refresh tokens; how many were dropped."""
    long_ago = SignInSession.expires_at < clock.now() - RETENTION
    old = list(session.scalars(select(SignInSession.id).where(long_ago).limit(limit)))
    session.execute(delete(RefreshToken).where(RefreshToken.session_id.in_(old)))
    session.execute(delete(SignInSession).where(SignInSession.id.in_(old)))
    return len(old)
