"""Waking the leader of a database up when a transaction is committed."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

WAKE_UP = "portal_follower"  # channel of NOTIFY
NOTIFY = text(f"NOTIFY {WAKE_UP}")


def wake_followers(session: Session) -> None:
    """Have the leader look at once when this transaction is committed (PostgreSQL; elsewhere it looks by itself)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(NOTIFY)
