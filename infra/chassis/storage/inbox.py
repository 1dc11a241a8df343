"""The inbox: what a consumer has handled, by the event's id, and which incarnations of each source it has received.

A source that was put back to an earlier day publishes under a new incarnation: its events are new, unless they are the
very ones handled before. One id with two contents is nobody's repeat: refused by name, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, bindparam, cast, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from infra.chassis import clock, logs, metrics
from infra.chassis.event_ids import EventId, digest_of_occurrence
from infra.chassis.storage.tables import inbox, known_incarnation
from infra.chassis.storage.types import TableRow

# Made once: this is the way of every event.
HANDLED_BEFORE = select(inbox.c.digest).where(
    inbox.c.consumer == bindparam("consumer"), inbox.c.message_id == bindparam("own")
)
SAME_OCCURRENCE = select(inbox.c.digest).where(
    inbox.c.consumer == bindparam("consumer"),
    inbox.c.message_id.in_(bindparam("other_ids", expanding=True)),
    inbox.c.digest == bindparam("digest"),
)
RECORD_HANDLED = {
    "postgresql": postgresql.insert(inbox).on_conflict_do_nothing().returning(inbox.c.message_id),
    "sqlite": sqlite.insert(inbox).on_conflict_do_nothing().returning(inbox.c.message_id),
}
FORGET_HANDLED = inbox.delete().where(
    inbox.c.consumer == bindparam("consumer_"), inbox.c.message_id == bindparam("own")
)


class EventIdReused(Exception):
    """Two different events bear one id. No later try changes that."""

    final = True


class KnownIncarnations:
    """The incarnations of each source that this process knows its database to know."""

    def __init__(self) -> None:
        self._by_stream: dict[str, set[str]] = {}

    def others(self, session: Session, event_id: EventId) -> list[str]:
        """Those of the source other than this event's, which is noted when it is new."""
        stream, incarnation = event_id.stream, event_id.incarnation
        incarnations = self._by_stream.get(stream, set())
        if incarnation not in incarnations:
            query = select(known_incarnation.c.incarnation).where(known_incarnation.c.stream == stream)
            incarnations = self._by_stream[stream] = set(session.scalars(query))
            if incarnation not in incarnations:
                self._note(session, event_id, incarnations)
        return [name for name in incarnations if name and name != incarnation]

    def _note(self, session: Session, event_id: EventId, incarnations: set[str]) -> None:
        """In the transaction of the effect, so that a repeat of the event notes it again if that is rolled back."""
        went_back = any(incarnations) and event_id.incarnation != ""
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        highest = _highest(session, event_id.stream) if went_back else None
        row = {
            "stream": event_id.stream,
            "incarnation": event_id.incarnation,
            "first_position": event_id.position,
            "highest_before": highest,
            "since": clock.now(),
        }
        session.execute(dialect.insert(known_incarnation).values(row).on_conflict_do_nothing())
        if went_back:
            metrics.sources_went_back.labels(event_id.stream).inc()
            logs.get().error(
                "source_went_back", source=event_id.stream, position=event_id.position, highest_before=highest
            )


def first_time(session: Session, incarnations: KnownIncarnations, consumer: str, event: Mapping[str, object]) -> bool:
    """Whether this consumer has not handled the event yet; from now on it has."""
    own, digest = str(event["id"]), digest_of_occurrence(event)
    event_id = EventId.parse(own)
    record = RECORD_HANDLED[session.get_bind().dialect.name]
    row = {"consumer": consumer, "message_id": own, "handled_at": clock.now(), "digest": digest}
    if session.execute(record, row).first() is None:  # a row count of an INSERT is not known on PostgreSQL
        before = session.execute(HANDLED_BEFORE, {"consumer": consumer, "own": own}).one()
        if before.digest not in (None, digest):
            raise EventIdReused(f"{own} was handled before, as another event")
        return False
    if event_id and (others := incarnations.others(session, event_id)):
        other_ids = [event_id.under(name) for name in others]
        if session.execute(SAME_OCCURRENCE, {"consumer": consumer, "other_ids": other_ids, "digest": digest}).first():
            session.execute(FORGET_HANDLED, {"consumer_": consumer, "own": own})
            return False
    return True


def sources_that_went_back(session: Session) -> list[TableRow]:
    """Incarnations that followed others and that no operator has acknowledged."""
    query = select(known_incarnation).where(
        known_incarnation.c.highest_before.is_not(None), known_incarnation.c.acknowledged_at.is_(None)
    )
    return list(session.execute(query.order_by(known_incarnation.c.since)))


def acknowledge(session: Session) -> int:
    """An operator has seen to all of them; how many there were."""
    rows = sources_that_went_back(session)
    session.execute(update(known_incarnation).values(acknowledged_at=clock.now()))
    return len(rows)


def _highest(session: Session, stream: str) -> int:
    """The highest position of a source that was ever handled here: rarely asked, so without an index of its own."""
    number = func.substr(inbox.c.message_id, len(stream) + 1)
    if session.get_bind().dialect.name == "sqlite":
        position: object = cast(number, BigInteger)  # SQLite reads the figures it begins with
    else:
        position = cast(func.nullif(func.substring(number, "^[0-9]+"), ""), BigInteger)
    query = select(func.max(position)).where(inbox.c.message_id.startswith(stream, autoescape=True))
    return int(session.scalar(query) or 0)
