"""Every sign-in, good or not: a line of the security log, a count, and for an account a record its owner can read.

Lines name an account by its id and never what was typed. A wait is recorded once, by the failure that began it:
whoever waits leaves no more rows, so that a flood fills nothing.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock, logs, metrics
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity.models import Account, SignInRecord

RETENTION = timedelta(days=90)
OPENED, REFUSED, OTP_WRONG, OTP_MISSING = "opened", "refused", "otp_wrong", "otp_missing"
DELAYED, BLOCKED = "delayed", "blocked"
RECORDED = (OPENED, REFUSED, OTP_WRONG, BLOCKED)


def record(
    session: Session,
    account: Account | None,
    outcome: str,
    *,
    known_device: bool,
    factors: tuple[str, ...] = (),
    session_id: str | None = None,
    locked: bool = False,
) -> None:
    """Log and count one attempt, and keep it where there is an account and something was tried."""
    metrics.sign_ins.labels(outcome).inc()
    account_id = account.id if account else None
    facts = {"account_id": account_id, "known_device": known_device, "factors": list(factors), "locked": locked}
    logs.get().info("sign_in", outcome=outcome, session_id=session_id, **facts)
    if account is not None and outcome in RECORDED:
        session.add(
            SignInRecord(
                account_id=account.id, at=clock.now(), outcome=outcome, factors=list(factors),
                known_device=known_device, locked=locked, session_id=session_id,
            )
        )  # fmt: skip


def delete_old_records(session: Session, limit: int) -> int:
    """Drop up to ``limit`` records older than ``RETENTION``; how many were dropped."""
    old = session.query(SignInRecord).where(SignInRecord.at < clock.now() - RETENTION).limit(limit).all()
    for row in old:
        session.delete(row)
    return len(old)


class SignInHistory:
    """Shows people who signed in to their account, and who tried."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> SignInHistory:
        return cls(Database.at(settings.database_url("identity")))

    def recent_sign_ins(self, *, limit: int = 50, cursor: str | None = None, by: Actor) -> Page[Json]:
        """Sign-ins to the caller's account and failures at its door in the last ninety days, newest first."""
        mine = select(SignInRecord).where(SignInRecord.account_id == by.account_id)
        with self.database.session() as session:
            return page(session, mine, [SignInRecord.position], _view, limit=limit, cursor=cursor, newest_first=True)


def _view(row: SignInRecord) -> Json:
    return {
        "at": row.at.isoformat(), "outcome": row.outcome, "factors": row.factors, "known_device": row.known_device,
        "locked": row.locked, "session_id": row.session_id,
    }  # fmt: skip
