"""What is left of sign-ins with the e-ID: who is who, and those nobody came back from."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from services.identity.models.single_sign_on import EidLink, EidSignIn


def forget_eid(session: Session, account_id: str) -> None:
    """Of an erased person nothing says any more who they are elsewhere."""
    session.execute(delete(EidLink).where(EidLink.account_id == account_id))
    session.execute(delete(EidSignIn).where(EidSignIn.account_id == account_id))


def delete_old_eid_sign_ins(session: Session, limit: int) -> int:
    """Drop up to ``limit`` sign-ins whose time is over; how many were dropped."""
    old = list(session.scalars(select(EidSignIn.digest).where(EidSignIn.expires_at < clock.now()).limit(limit)))
    session.execute(delete(EidSignIn).where(EidSignIn.digest.in_(old)))
    return len(old)
