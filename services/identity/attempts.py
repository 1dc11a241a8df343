"""Guessing gets slower: failed sign-ins are counted per user name, each further one doubles the wait.

The count hangs on the name that was typed, account or not, so an unknown name answers exactly like a known one. An
attempt is counted before the password is looked at and forgiven afterwards; many at once therefore get no more guesses
than one after another. Waiting is never counted, so nobody can lock an owner out for ever (OWASP ASVS 5.0, 6.1.1).
"""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis import clock
from services.identity.errors import SignInDelayed
from services.identity.models import SignInAttempt

FREE_FAILURES = 5
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
DELETED_AFTER = timedelta(days=1)


def username_digest(username: str) -> str:
    # A digest: people also type passwords into the user name field.
    return hashlib.sha256(username.encode()).hexdigest()


def delay_after(failures: int) -> timedelta:
    """How long the next attempt has to wait after this many failures."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    doublings: int = min(failures - FREE_FAILURES, 10)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def begin(session: Session, username: str) -> None:
    """Count one attempt for ``username``; refuses with ``SignInDelayed`` while the wait lasts."""
    now = clock.now()
    row = _row(session, username_digest(username), now)
    if row.delayed_until and row.delayed_until > now:
        raise SignInDelayed(seconds=math.ceil((row.delayed_until - now).total_seconds()))
    if now - row.last_at > DELETED_AFTER:
        row.failures = 0
    row.failures += 1
    row.last_at = now
    wait = delay_after(row.failures)
    row.delayed_until = now + wait if wait else None


def uncount(session: Session, username: str) -> None:
    """The attempt just begun was neither a failure nor a success (a one-time code is still to come)."""
    row = session.get(SignInAttempt, username_digest(username), with_for_update=True)
    if row is not None:
        row.failures = max(0, row.failures - 1)
        row.delayed_until = None


def clear(session: Session, username: str) -> None:
    """A complete sign-in: earlier failures no longer count."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.username_digest == username_digest(username)))


def delete_old_attempts(session: Session, limit: int) -> int:
    """Drop up to ``limit`` counts that are too old to matter; how many were dropped."""
    old = session.query(SignInAttempt).where(SignInAttempt.last_at < clock.now() - DELETED_AFTER).limit(limit).all()
    for row in old:
        session.delete(row)
    return len(old)


def _row(session: Session, key: str, now: datetime) -> SignInAttempt:
    row = session.get(SignInAttempt, key, with_for_update=True)
    if row is not None:
        return row
    fresh = SignInAttempt(username_digest=key, failures=0, last_at=now, delayed_until=None)
    try:
        with session.begin_nested():
            session.add(fresh)
        return fresh
    except IntegrityError:  # the same name, first attempt, in two workers at once
        return session.get_one(SignInAttempt, key, with_for_update=True, populate_existing=True)
