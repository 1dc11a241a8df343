"""Devices from which somebody has signed in completely: their failures are counted apart from those of strangers.

A device is known by a token that it was given at a sign-in and shows at the next. The token signs nobody in: password
and one-time code are asked for as of anybody. It says that a flood of guesses from elsewhere is not this device's.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from services.identity.models import Account, KnownDevice

LIFETIME = timedelta(days=180)  # without a sign-in
MOST_DEVICES = 10  # of one account: each has guesses of its own


def known_device(session: Session, account: Account | None, token: str | None) -> KnownDevice | None:
    """The account's device that shows this token, locked; nothing where it is no device of this account."""
    if account is None or not token:
        return None
    device = session.get(KnownDevice, _digest(token), with_for_update=True)
    if device is None or device.account_id != account.id or device.last_at < clock.now() - LIFETIME:
        return None
    return device


def remember(session: Session, account: Account, token: str | None) -> str:
    """The token of the device that has just signed in: the one it showed, or a new one. Wipes its failures."""
    now, device = clock.now(), known_device(session, account, token)
    if device is None or token is None:
        token = secrets.token_urlsafe(32)
        device = KnownDevice(digest=_digest(token), account_id=account.id, first_at=now)
        session.add(device)
    device.last_at, device.failures, device.delayed_until = now, 0, None
    session.flush()
    _drop_surplus(session, account.id)
    return token


def forget_all(session: Session, account_id: str) -> None:
    """From now on every device is a stranger's."""
    session.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))


def delete_old_devices(session: Session, limit: int) -> int:
    """Drop up to ``limit`` devices nobody signed in from for long; how many were dropped."""
    old = list(
        session.scalars(select(KnownDevice.digest).where(KnownDevice.last_at < clock.now() - LIFETIME).limit(limit))
    )
    session.execute(delete(KnownDevice).where(KnownDevice.digest.in_(old)))
    return len(old)


def _drop_surplus(session: Session, account_id: str) -> None:
    mine = select(KnownDevice.digest).where(KnownDevice.account_id == account_id)
    surplus = list(session.scalars(mine.order_by(KnownDevice.last_at.desc()).offset(MOST_DEVICES)))
    session.execute(delete(KnownDevice).where(KnownDevice.digest.in_(surplus)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
