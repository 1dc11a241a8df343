"""Who has been erased: rows that say about whom nothing may be written any more."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.redaction import UUID
from infra.chassis.storage.tables import forgotten_subject
from infra.chassis.storage.wake_up import wake_followers

OF_ONE = (
    select(forgotten_subject.c.erasure_id).where(forgotten_subject.c.account_id == bindparam("account_id")).limit(1)
)


def record_erasure(session: Session, erasure_id: str, account_id: str, marks: Iterable[str]) -> None:
    """Write down that an account is to be forgotten; a second time changes nothing."""
    query = select(forgotten_subject.c.erasure_id).where(forgotten_subject.c.erasure_id == erasure_id)
    if session.scalar(query) is not None:
        return
    session.execute(
        forgotten_subject.insert().values(
            erasure_id=erasure_id,
            account_id=account_id,
            marks=sorted({account_id, *marks}),
            noted_at=clock.now(),
            progress={"step": 0},
            removed={},
            finished_at=None,
        )
    )
    wake_followers(session)


def is_erased(session: Session, *account_ids: str) -> bool:
    """Whether one of these accounts has been erased: nothing about it may be written any more."""
    if len(account_ids) == 1:  # asked for every message and every bill
        return session.scalar(OF_ONE, {"account_id": account_ids[0]}) is not None
    query = select(forgotten_subject.c.erasure_id).where(forgotten_subject.c.account_id.in_(account_ids)).limit(1)
    return session.scalar(query) is not None


def mentions_erased(session: Session, text: str) -> bool:
    """The same of a message, by every id in its text."""
    return is_erased(session, *set(UUID.findall(text)))
