"""Publish events, only of what is committed: the outbox row is written in the business transaction.

The follower of the database publishes it as a CloudEvent (CloudEvents 1.0, structured JSON) with
``id`` = ``<service>:<position>@<incarnation>`` (:mod:`infra.chassis.event_ids`); consumers recognise a
repeat by that id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.json_types import Json
from infra.chassis.storage.tables import outbox, plumbing
from infra.chassis.storage.wake_up import wake_followers

__all__ = ["cloud_event", "enqueue", "enqueue_all", "plumbing"]


def enqueue(session: Session, event_type: str, data: Json, *, subject: str, call_id: str | None = None) -> None:
    """Add one event to the outbox. ``event_type`` such as ``payment_settled.v1``; ``data`` JSON values only."""
    session.execute(
        outbox.insert().values(type=event_type, subject=subject, data=data, at=clock.now(), call_id=call_id)
    )
    wake_followers(session)


def enqueue_all(session: Session, event_type: str, events: Sequence[tuple[str, Json]]) -> None:
    """As :func:`enqueue`, for many ``(subject, data)`` at once: one round trip, in their order."""
    rows = [{"type": event_type, "subject": subject, "data": data, "at": clock.now()} for subject, data in events]
    if rows:
        session.execute(outbox.insert(), rows)
        wake_followers(session)


def cloud_event(
    service: str,
    position: int | str,
    event_type: str,
    data: Json,
    *,
    subject: str,
    at: datetime,
    call_id: str | None = None,
) -> CloudEvent:
    """The envelope on the wire. Source: CloudEvents 1.0.2, JSON event format; ``callid`` is our extension attribute."""
    event: CloudEvent = {
        "specversion": "1.0",
        "id": f"{service}:{position}",
        "source": f"/{service}",
        "type": event_type,
        "subject": subject,
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    if call_id:
        event["callid"] = call_id
    return event
