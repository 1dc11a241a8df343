"""The follower of a service: one leader per database that relays events and does what is due.

A plain process in production, a greenlet in the embedded default; the same duties either way. Leadership is a
PostgreSQL advisory lock on a connection of its own (a file lock beside an SQLite database).
"""

from __future__ import annotations

import fcntl
import importlib
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection, make_url

from infra.chassis import clock, logs, metrics
from infra.chassis.contracts import contract_of
from infra.chassis.database import Database
from infra.chassis.outbox import cloud_event
from infra.chassis.publishing import Publisher, Unroutable, events_exchange
from infra.chassis.settings import Settings
from infra.chassis.tables import outbox, relay_position

IDLE = 0.2  # seconds between looks when there is nothing to do
BACKOFF = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds after failures in a row
BATCH = 200


class Duty(Protocol):
    """One thing a follower does: ``step`` does a bounded piece of work and says how much (0: idle)."""

    name: str

    def step(self) -> int: ...


class Lease:
    """Leadership over one database. ``held()`` is asked before every step; a lost lease is tried for again."""

    def __init__(self, url: str) -> None:
        self.database = Database.at(url)
        self.key = zlib.crc32(b"portal follower")
        self._connection: Connection | None = None
        self._file: IO[str] | None = None

    def held(self) -> bool:
        if self.database.engine.dialect.name == "sqlite":
            return self._file_held()
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            return self._try_lock()
        except Exception as error:
            logs.get().warning("lease_lost", error=str(error))
            self.release()
            return False

    def _try_lock(self) -> bool:
        connection = self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": self.key}).scalar():
            self._connection = connection
            return True
        connection.close()
        return False

    def _file_held(self) -> bool:
        if self._file is None:
            path = make_url(self.database.url).database
            if not path or path == ":memory:":
                return True
            handle = Path(f"{path}.follower").open("w")  # noqa: SIM115 - held open as long as the lease
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                return False
            self._file = handle
        return True

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # giving up a connection that is broken already
                connection.invalidate()
                connection.close()
        if self._file is not None:
            self._file.close()
            self._file = None


class Follower:
    """Runs the duties of one service while it holds the lease."""

    def __init__(self, settings: Settings, service: str, duties: list[Duty] | None = None) -> None:
        self.service = service
        self.duties = duties_of(settings, service) if duties is None else duties
        self.lease = Lease(settings.database_url(service))
        self.leading = False
        self.last_step_at = time.monotonic()
        self._stopping = threading.Event()
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}

    def run(self, sleep: Callable[[float], None] | None = None) -> None:
        """Work until :meth:`stop`. Failures of a duty are logged, counted and tried again with growing waits."""
        wait = sleep or self._stopping.wait
        while not self._stopping.is_set():
            done = self.once()
            if not done:
                wait(IDLE)
            elif sleep is not None:
                sleep(0)
        self.lease.release()

    def once(self) -> int:
        """One round of all duties; how much was done."""
        self.last_step_at = time.monotonic()
        self.leading = self.lease.held()
        return sum(self._step(duty) for duty in self.duties) if self.leading else 0

    def _step(self, duty: Duty) -> int:
        if time.monotonic() < self._not_before.get(duty.name, 0.0):
            return 0
        try:
            done = duty.step()
        except Exception as error:
            failures = self._failures[duty.name] = self._failures.get(duty.name, 0) + 1
            self._not_before[duty.name] = time.monotonic() + BACKOFF[min(failures, len(BACKOFF)) - 1]
            metrics.duty_failures.labels(self.service, duty.name).inc()
            logs.get(service=self.service).warning(
                "duty_failed", duty=duty.name, error=f"{type(error).__name__}: {error}", exc_info=failures == 1
            )
            return 0
        self._failures.pop(duty.name, None)
        if done:
            metrics.duty_work.labels(self.service, duty.name).inc(done)
        return done

    def stop(self) -> None:
        self._stopping.set()


def duties_of(settings: Settings, service: str) -> list[Duty]:
    """What ``services.<service>.follower`` says is to be done."""
    duties: list[Duty] = importlib.import_module(f"services.{service}.follower").duties(settings)
    return duties


class Telling:
    """Publishes CloudEvents of one service; an event whose contract names consumers must find a queue."""

    def __init__(self, settings: Settings, service: str) -> None:
        self.service = service
        self.publisher = Publisher(settings.amqp_uri)
        self.exchange = events_exchange(service)
        self.events = contract_of(service).events

    def tell(self, event: dict[str, Any], *, call_id: str | None = None) -> None:
        headers = {"nameko.call_id_stack": [call_id]} if call_id else {}
        try:
            self.publisher.publish(
                event, exchange=self.exchange, routing_key=event["type"], headers=headers, message_id=event["id"]
            )
        except Unroutable:
            metrics.relay_unrouted.labels(self.service, event["type"]).inc()
            if self.events.get(event["type"], {}).get("consumers"):
                raise  # somebody waits for it and their queue is not there: keep the position until it is


class OutboxRelay:
    """Publishes outbox rows in their order and marks each after the broker's confirm."""

    name = "outbox relay"

    def __init__(self, database: Database, telling: Telling) -> None:
        self.database, self.telling = database, telling

    @classmethod
    def of(cls, settings: Settings, service: str) -> OutboxRelay:
        return cls(Database.at(settings.database_url(service)), Telling(settings, service))

    def step(self) -> int:
        with self.database.session() as session:
            rows = list(
                session.execute(
                    select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.position).limit(BATCH)
                )
            )
        for row in rows:
            event = cloud_event(
                self.telling.service,
                row.position,
                row.type,
                row.data,
                subject=row.subject,
                at=row.at,
                call_id=row.call_id,
            )
            self.telling.tell(event, call_id=row.call_id)
            with self.database.session() as session:
                session.execute(
                    outbox.update().where(outbox.c.position == row.position).values(published_at=clock.now())
                )
            metrics.relay_position.labels(self.telling.service, self.name).set(row.position)
        self._measure(len(rows))
        return len(rows)

    def _measure(self, done: int) -> None:
        if not done:
            metrics.relay_lag.labels(self.telling.service, self.name).set(0)
            return
        with self.database.session() as session:
            behind = (
                session.scalar(select(func.count()).select_from(outbox).where(outbox.c.published_at.is_(None))) or 0
            )
        metrics.relay_lag.labels(self.telling.service, self.name).set(behind)


def position_of(session: Any, name: str) -> int:
    """How far the follower called ``name`` has come (0: nowhere yet)."""
    return int(session.scalar(select(relay_position.c.position).where(relay_position.c.name == name)) or 0)


def advance(session: Any, name: str, position: int) -> None:
    """Note how far a follower has come, in the transaction of what it did."""
    updated = session.execute(
        relay_position.update().where(relay_position.c.name == name).values(position=position, at=clock.now())
    )
    if not updated.rowcount:
        session.execute(relay_position.insert().values(name=name, position=position, at=clock.now()))
