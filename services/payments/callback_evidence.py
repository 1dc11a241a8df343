"""What is stored of gateways' call-backs, and for how long.

A genuine one is evidence of money: it is stored before anything happens, and for as long as accounts have to be. A
forged one is evidence of an attack: a few of each minute are enough, the rest is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from prometheus_client import Counter
from sqlalchemy import ColumnElement, delete, or_, select, true
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.running.retention import RetentionDuty, retention_of
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.payments.models import Notice

MOST_A_MINUTE = 30  # forged ones that each process stores
# Accounting Law 88/2015/QH13, article 41; Decree 174/2016/ND-CP, article 13: vouchers that books rest on, ten years.
ACCOUNTS_DAYS, FORGED_DAYS = 3653.0, 90.0
SIGNATURE, OTHER_MERCHANT = "signature", "other merchant"

callbacks_not_stored = Counter(
    "portal_callbacks_not_stored_total", "Forged call-backs beyond the number stored of each minute.", ["gateway"]
)


class ForgedEvidence:
    """How much of a flood is stored: ``MOST_A_MINUTE`` of each minute, without asking the database."""

    def __init__(self) -> None:
        self._minute, self._stored = 0.0, 0

    def has_room(self, gateway: str) -> bool:
        """Whether one more may be stored; counts it either way."""
        minute = clock.now().timestamp() // 60
        if minute != self._minute:
            self._minute, self._stored = minute, 0
        if self._stored >= MOST_A_MINUTE:
            callbacks_not_stored.labels(gateway).inc()
            return False
        self._stored += 1
        return True


def store(
    session: Session, gateway: str, parameters: Mapping[str, str], answer: str | None = None, verdict: str | None = None
) -> int:
    """A call-back as it came; its number."""
    notice = Notice(
        gateway=gateway, parameters=dict(parameters), received_at=clock.now(),
        order_ref=parameters.get("vnp_TxnRef", "")[:120], answer=answer, verdict=verdict,
    )  # fmt: skip
    session.add(notice)
    session.flush()
    return notice.id


def evidence_cleanup(database: Database, settings: Settings) -> RetentionDuty:
    """Deletes call-backs after ``CALLBACK_RETENTION_DAYS``, forged ones after ``REFUSED_CALLBACK_RETENTION_DAYS``."""
    of_accounts = retention_of(settings, "CALLBACK_RETENTION_DAYS", ACCOUNTS_DAYS)
    of_forged = retention_of(settings, "REFUSED_CALLBACK_RETENTION_DAYS", FORGED_DAYS)
    is_forged = or_(Notice.verdict == SIGNATURE, Notice.verdict == OTHER_MERCHANT)
    deletions = [
        partial(_delete_older, retention=of_forged, condition=is_forged),
        partial(_delete_older, retention=of_accounts, condition=true()),
    ]
    return RetentionDuty(database, "forget old evidence", deletions)


def _delete_older(session: Session, limit: int, *, retention: timedelta, condition: ColumnElement[bool]) -> int:
    old = select(Notice.id).where(Notice.received_at < clock.now() - retention, condition)
    ids = list(session.scalars(old.order_by(Notice.received_at).limit(limit)))
    session.execute(delete(Notice).where(Notice.id.in_(ids)))
    return len(ids)
