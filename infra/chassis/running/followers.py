"""The follower of a service: one leader per database that relays events and does what is due.

A plain process in production, a greenlet in the embedded default; the same duties either way. Who leads is decided by
:mod:`infra.chassis.storage.leases`; committed work wakes the leader up, and it looks by itself every two seconds.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol, runtime_checkable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.chassis import clock, logs, metrics
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.messaging.event_publisher import EventPublisher
from infra.chassis.messaging.incarnations import Incarnations
from infra.chassis.messaging.outbox import cloud_event
from infra.chassis.settings import Settings
from infra.chassis.storage.commits import CommitMark
from infra.chassis.storage.database import Database
from infra.chassis.storage.leases import LEASE_SECONDS, Lease, Superseded
from infra.chassis.storage.reads import Read
from infra.chassis.storage.tables import outbox
from infra.chassis.storage.types import TableRow

ASLEEP = 2.0  # seconds between rounds of a plain process when there is nothing to do and nobody wakes it up
EMBEDDED_ASLEEP = 0.5  # the same of a greenlet
LOOK_SECONDS = 0.05  # seconds between looks of a greenlet at whether anything was committed, which wakes it up
BLIND_SECONDS = 0.2  # seconds between its rounds where that is not to be seen
BACKOFF = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds after failures in a row
BATCH = 200
UNPUBLISHED = Read(select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.position).limit(BATCH))


class Duty(Protocol):
    """One thing a follower does: ``step`` does a bounded piece of work and says how much (0: idle).

    One that holds something between its steps has ``release_held``, called while another process leads. One that may
    leave nothing waiting when everything stops has ``finish``. One that goes by the clock has a
    ``rest``: seconds it is left alone after a step that found nothing, whatever was committed meanwhile.
    """

    name: str

    def step(self) -> int: ...


@runtime_checkable
class Finishing(Protocol):
    """A duty that can be brought to its end."""

    def finish(self) -> int: ...


class Follower:
    """Runs the duties of one service while it holds the lease."""

    def __init__(self, settings: Settings, service: str, duties: list[Duty] | None = None) -> None:
        self.service = service
        self.duties = duties_of(settings, service) if duties is None else duties
        self.lease = Lease(
            settings.database_url(service), settings.number("LEASE_SECONDS", LEASE_SECONDS, least=0.1, most=3600)
        )
        for duty in self.duties:
            if isinstance(publisher := getattr(duty, "publisher", None), EventPublisher):
                publisher.lease = self.lease
        self.leading = False
        self.last_step_at = time.monotonic()
        self._mark = CommitMark(settings.database_url(service))
        self._stopping = threading.Event()
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._rests_until: dict[str, float] = {}

    def run(self, sleep: Callable[[float], None] | None = None) -> None:
        """Work until :meth:`stop`. Failures of a duty are logged, counted and tried again with growing waits."""
        if sleep is None:
            self.lease.start_renewing()
        while not self._stopping.is_set():
            before, done = self._mark.now(), self.once(resting=True)
            if sleep is not None and done:
                sleep(0)
            elif sleep is not None:
                self._rest(sleep, before)
            elif not done:
                self.lease.woken.wait(ASLEEP)
                self.lease.woken.clear()
        self.lease.release()

    def _rest(self, sleep: Callable[[float], None], before: object) -> None:
        """A greenlet's sleep: until something is committed after ``before``."""
        until = time.monotonic() + (EMBEDDED_ASLEEP if before else BLIND_SECONDS)
        sleep(LOOK_SECONDS)
        while time.monotonic() < until and self._mark.now() == before and not self._stopping.is_set():
            sleep(LOOK_SECONDS)

    def once(self, *, resting: bool = False) -> int:
        """One round of all duties, without those that rest; how much was done."""
        self.last_step_at = time.monotonic()
        self.leading = self.lease.acquire()
        metrics.leading.labels(self.service).set(self.leading)
        if not self.leading:
            for duty in self.duties:
                if hasattr(duty, "release_held"):
                    duty.release_held()
            return 0
        with self.lease:
            return sum(self._step(duty) for duty in self._awake(resting) if self.lease.fresh)

    def _awake(self, resting: bool) -> Iterator[Duty]:
        for duty in self.duties:
            if not resting or time.monotonic() >= self._rests_until.get(duty.name, 0.0):
                yield duty

    def _step(self, duty: Duty, work: Callable[[], int] | None = None) -> int:
        if time.monotonic() < self._not_before.get(duty.name, 0.0):
            return 0
        try:
            done = (work or duty.step)()
        except Superseded as lost:
            logs.get(service=self.service).warning("duty_ended", duty=duty.name, reason=str(lost))
            return 0
        except Exception as error:
            failures = self._failures[duty.name] = self._failures.get(duty.name, 0) + 1
            self._not_before[duty.name] = time.monotonic() + BACKOFF[min(failures, len(BACKOFF)) - 1]
            metrics.duty_failures.labels(self.service, duty.name).inc()
            logs.get(service=self.service).warning(
                "duty_failed", duty=duty.name, error=f"{type(error).__name__}: {error}", exc_info=failures == 1
            )
            return 0
        self._failures.pop(duty.name, None)
        if not done:
            self._rests_until[duty.name] = time.monotonic() + getattr(duty, "rest", 0.0)
        if done:
            metrics.duty_work.labels(self.service, duty.name).inc(done)
        return done

    def finish(self) -> None:
        """The last of the work, once nobody records any more (the embedded default, where no other process would)."""
        for duty in self.duties:
            if isinstance(duty, Finishing):
                self._step(duty, duty.finish)

    def stop(self) -> None:
        self._stopping.set()
        self.lease.woken.set()


def duties_of(settings: Settings, service: str) -> list[Duty]:
    """What ``services.<service>.follower`` says is to be done."""
    duties: list[Duty] = importlib.import_module(f"services.{service}.follower").duties(settings)
    return duties


def published_until(session: Session) -> int:
    """The last outbox row that the database itself knows to be published."""
    published = select(outbox.c.position).where(outbox.c.published_at.is_not(None))
    return int(session.scalar(published.order_by(outbox.c.position.desc()).limit(1)) or 0)


class OutboxRelay:
    """Publishes outbox rows in their order and marks each after the broker's confirm."""

    name = "outbox relay"

    def __init__(self, database: Database, publisher: EventPublisher) -> None:
        self.database, self.publisher = database, publisher
        self.incarnations = Incarnations(database, publisher.service, "outbox", published_until)

    @classmethod
    def of(cls, settings: Settings, service: str) -> OutboxRelay:
        return cls(Database.at(settings.database_url(service)), EventPublisher(settings, service))

    def step(self) -> int:
        rows = self.database.rows(UNPUBLISHED)
        if rows:
            with self.database.session() as session:
                self.incarnations.refresh(session)
        for row in rows:
            self.publisher.publish(self._event(row), call_id=row.call_id)
            with self.database.session() as session:
                session.execute(
                    outbox.update().where(outbox.c.position == row.position).values(published_at=clock.now())
                )
            metrics.relay_position.labels(self.publisher.service, self.name).set(row.position)
        if rows:
            self.incarnations.note_published(rows[-1].position)
        self._measure(len(rows))
        return len(rows)

    def events_since(self, event_type: str, *, since: datetime, after: int, limit: int) -> list[tuple[int, CloudEvent]]:
        """The events of one type since a moment and after a position, in their order: ``(position, event)``."""
        is_known = (outbox.c.type == event_type) & (outbox.c.at >= since) & outbox.c.published_at.is_not(None)
        query = select(outbox).where(is_known, outbox.c.position > after).order_by(outbox.c.position).limit(limit)
        with self.database.session() as session:
            self.incarnations.refresh(session)
            return [(row.position, self._event(row)) for row in session.execute(query)]

    def _event(self, row: TableRow) -> CloudEvent:
        return cloud_event(
            self.publisher.service,
            self.incarnations.name(row.position),
            row.type,
            row.data,
            subject=row.subject,
            at=row.at,
            call_id=row.call_id,
        )

    def _measure(self, done: int) -> None:
        if not done:
            metrics.relay_lag.labels(self.publisher.service, self.name).set(0)
            return
        with self.database.session() as session:
            behind = (
                session.scalar(select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))) or 0
            )
        metrics.relay_lag.labels(self.publisher.service, self.name).set(behind)
