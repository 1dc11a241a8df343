"""Guessing gets slower: failed sign-ins are counted, each further one doubles the wait.

Strangers are counted per user name, whoever they are and whether or not such an account exists, so an unknown name
answers exactly like a known one; a device that the account knows is counted by itself, so that a flood of guesses
never keeps its owner out; and a source that tries many names (one password on each: spraying) waits for all of them.
An attempt is counted before the password is looked at and forgiven afterwards; many at once therefore get no more
guesses than one after another. Waiting is never counted, so nobody can lock an owner out for ever (OWASP ASVS 5.0,
6.1.1, 6.3.1).
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis import clock
from services.identity import spraying
from services.identity.errors import SignInDelayed
from services.identity.models import Account, KnownDevice, SignInAttempt

FREE_FAILURES = 5
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
DELETED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class SignInTry:
    """Who tries: a name, from a device that its account knows or not, from a source or from nobody knows where."""

    username: str
    device: str | None = None  # the digest of a device that the account knows
    source: str | None = None  # a digest, too
    names: int = spraying.MOST_NAMES  # that its source may fail at


def username_digest(username: str) -> str:
    # A digest: people also type passwords into the user name field.
    return hashlib.sha256(username.encode()).hexdigest()


def delay_after(failures: int) -> timedelta:
    """How long the next attempt has to wait after this many failures."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    doublings: int = min(failures - FREE_FAILURES, 10)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def begin(session: Session, attempt: SignInTry) -> None:
    """Count one attempt; refuses with ``SignInDelayed`` while the wait lasts."""
    now = clock.now()
    if (device := _device(session, attempt)) is not None:
        _count(device, now)
        return
    name = username_digest(attempt.username)
    if attempt.source is not None:
        _row(session, attempt.source, now)  # one at a time from each source
        spraying.note(session, attempt.source, name, attempt.names)
    _count(_row(session, name, now), now)


def uncount(session: Session, attempt: SignInTry) -> None:
    """The attempt just begun was neither a failure nor a success (a one-time code is still to come)."""
    row = _counted(session, attempt)
    if row is not None:
        row.failures = max(0, row.failures - 1)
        row.delayed_until = None
    spraying.forgive(session, attempt.source, username_digest(attempt.username))


def clear(session: Session, attempt: SignInTry) -> None:
    """A complete sign-in: earlier failures no longer count. What strangers did while a known device signs in, does."""
    if attempt.device is None:
        name = username_digest(attempt.username)
        session.execute(delete(SignInAttempt).where(SignInAttempt.username_digest == name))
        spraying.forgive(session, attempt.source, name)


def waits(session: Session, attempt: SignInTry) -> bool:
    """Whether the failure just counted began a wait."""
    row = _counted(session, attempt)
    return row is not None and row.delayed_until is not None


def of_owner(account: Account) -> SignInTry:
    """Guesses by whoever has signed in already: no stranger's, and no stranger's keep them from the account."""
    return SignInTry(f"signed in: {account.id}")


def delete_old_attempts(session: Session, limit: int) -> int:
    """Drop up to ``limit`` counts that are too old to matter; how many were dropped."""
    old = session.query(SignInAttempt).where(SignInAttempt.last_at < clock.now() - DELETED_AFTER).limit(limit).all()
    for row in old:
        session.delete(row)
    return len(old)


def _counted(session: Session, attempt: SignInTry) -> SignInAttempt | KnownDevice | None:
    name = username_digest(attempt.username)
    return _device(session, attempt) or session.get(SignInAttempt, name, with_for_update=True)


def _device(session: Session, attempt: SignInTry) -> KnownDevice | None:
    return session.get(KnownDevice, attempt.device, with_for_update=True) if attempt.device else None


def _count(row: SignInAttempt | KnownDevice, now: datetime) -> None:
    if row.delayed_until and row.delayed_until > now:
        raise SignInDelayed(seconds=math.ceil((row.delayed_until - now).total_seconds()))
    if now - row.last_at > DELETED_AFTER:
        row.failures = 0
    row.failures += 1
    row.last_at = now
    wait = delay_after(row.failures)
    row.delayed_until = now + wait if wait else None


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
