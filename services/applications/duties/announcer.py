"""Publishes every recorded event once it is committed: one of the follower's duties."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, Protocol, TypeVar

from eventsourcing.persistence import Notification
from sqlalchemy import select

from infra.chassis import metrics
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.event_ids import EventId
from infra.chassis.json_types import Json
from infra.chassis.messaging.incarnations import Incarnations
from infra.chassis.messaging.outbox import cloud_event
from infra.chassis.storage.positions import advance, position_now, position_of
from services.applications.domain.events import KINDS
from services.applications.duties.announcements import WIRE_NAMES, event_data
from services.applications.event_store.store import Store
from services.applications.models import application_view
from services.applications.read_model.projector import position

BATCH = 100


class Publishing(Protocol):
    """Whoever hands an event to the broker, and returns once the broker has confirmed it."""

    def publish(self, event: CloudEvent, *, call_id: str | None = None) -> None: ...


To = TypeVar("To", bound=Publishing)


class Announcer(Generic[To]):
    """Publishes every recorded event once it is committed, in the order of the log.

    The position moves after the broker's confirm.
    Never ahead of the read model, so that whoever receives an event can also look it up.
    """

    name = "announcements"

    def __init__(self, store: Store, publisher: To) -> None:
        self.store, self.publisher = store, publisher
        self.incarnations = Incarnations(
            store.database, "applications", self.name, lambda session: position_of(session, self.name)
        )

    def step(self) -> int:
        after, until = position_now(self.store.database, self.name), position(self.store.database)
        if until <= after:
            return self._measured(after, 0)
        events = self._events(after, until)
        done = after
        try:
            for event in events:
                self.publisher.publish(event, call_id=event.get("callid"))
                done = position_in(event)
            done = done if len(events) == BATCH else until
        finally:
            if done != after:
                self._advance(done)
        return self._measured(done, len(events))

    def _measured(self, done: int, count: int) -> int:
        metrics.relay_lag.labels("applications", self.name).set(self.store.last_position() - done)
        return count

    def events_since(self, event_type: str, *, since: datetime, after: int, limit: int) -> list[tuple[int, CloudEvent]]:
        """The events of one type published since a moment and after a position: ``(position, event)`` in order."""
        kinds = [KINDS[kind].TOPIC for kind, name in WIRE_NAMES.items() if name == event_type]
        if not kinds:
            return []
        with self.store.database.session() as session:
            until = position_of(session, self.name)
        after = max(after, self.store.position_before(since))
        rows = [row for row in self.store.rows(after=after, limit=limit, topics=kinds) if row.id <= until]
        return [(position_in(event), event) for event in self._made(rows)]

    def _events(self, after: int, until: int) -> list[CloudEvent]:
        """The next CloudEvents; ``id`` is ``applications:<position in the log>@<incarnation>``."""
        return self._made(self.store.notifications(after, BATCH, until=until))

    def _made(self, notifications: list[Notification]) -> list[CloudEvent]:
        ready = [(notification.id, self.store.event_of(notification)) for notification in notifications]
        if not ready:
            return []
        with self.store.database.session() as session:
            self.incarnations.refresh(session)
            application_ids = {str(event.originator_id) for _, event in ready}
            query = select(application_view).where(application_view.c.application_id.in_(application_ids))
            rows: Json = {row["application_id"]: row for row in session.execute(query).mappings()}
            return [
                cloud_event(
                    "applications",
                    self.incarnations.name(at),
                    WIRE_NAMES[type(event).__name__],
                    event_data(session, event, rows[str(event.originator_id)]),
                    subject=str(event.originator_id),
                    at=event.timestamp,
                    call_id=event.call_id,
                )
                for at, event in ready
            ]

    def _advance(self, done: int) -> None:
        with self.store.database.session() as session:
            advance(session, self.name, done)
        self.incarnations.note_published(done)
        metrics.relay_position.labels("applications", self.name).set(done)


def position_in(event: CloudEvent) -> int:
    """The position in the log that an event published from it is about."""
    event_id = EventId.parse(event["id"])
    assert event_id is not None, "made by cloud_event, above"
    return event_id.position
