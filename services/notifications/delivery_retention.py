"""How long it is known what became of a delivery: its address, text and attempts, what a provider reported of it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.running.retention import RetentionDuty, retention_of
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.notifications.domain import delivery as states
from services.notifications.models import Attempt, Delivery

YEAR = 365.0  # days
ENDED = (states.SENT, *sorted(states.FINAL))


def delivery_cleanup(database: Database, settings: Settings) -> RetentionDuty:
    """Deletes deliveries that ended ``DELIVERY_RETENTION_DAYS`` ago; messages in the inbox stay."""
    retention = retention_of(settings, "DELIVERY_RETENTION_DAYS", YEAR)
    return RetentionDuty(database, "forget old deliveries", [partial(_delete_ended, retention=retention)])


def _delete_ended(session: Session, limit: int, *, retention: timedelta) -> int:
    ended = Delivery.updated_at < clock.now() - retention, Delivery.status.in_(ENDED)
    oldest = select(Delivery.id).where(*ended).order_by(Delivery.updated_at).limit(limit)
    ids = list(session.scalars(oldest))
    session.execute(delete(Attempt).where(Attempt.delivery_id.in_(ids)))
    session.execute(delete(Delivery).where(Delivery.id.in_(ids)))
    return len(ids)
