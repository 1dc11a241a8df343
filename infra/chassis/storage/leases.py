"""Who leads the followers of a database: one at a time, and one that was replaced can do nothing any more.

An advisory lock on a connection of its own says who leads. A stopped process keeps its connections, so the lease is
also a heartbeat: a leader that says nothing for ``LEASE_SECONDS`` is cut off by the server, and another takes over.
Taking over raises an epoch, a row that every transaction of a leader's duties looks at before it commits: a zombie
that wakes up later fails there. Before it publishes it looks at its own clock, which has run on while it slept.
On SQLite, where everything is one process, a file lock does.
"""

from __future__ import annotations

import fcntl
import select
import socket
import threading
import time
import zlib
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

import psycopg
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from infra.chassis import logs, metrics
from infra.chassis.storage.connections import connect
from infra.chassis.storage.database import Database
from infra.chassis.storage.wake_up import WAKE_UP

LEASE_SECONDS = 12.0  # a silent leader is replaced after this
LISTEN = 2.0  # seconds the keeper sleeps at most until something arrives on the connection
TRY_AGAIN = 1.0  # seconds between tries of one who does not lead
LOSSES, WITHIN = 3, 60.0  # a lead lost so often in so many seconds is not one …
STEADY = 10.0  # … until it was held for so many
LOCK = zlib.crc32(b"portal follower")
EPOCH = "leader"  # row of relay_position
RAISE_EPOCH = (
    "INSERT INTO relay_position AS known (name, position, at) VALUES (%s, 1, now()) "
    "ON CONFLICT (name) DO UPDATE SET position = known.position + 1, at = now() RETURNING position"
)
# FOR SHARE: who takes over waits for a commit that has begun, so nothing is written under an old epoch afterwards.
SEE_EPOCH = text("SELECT position FROM relay_position WHERE name = 'leader' FOR SHARE")


class Superseded(Exception):
    """Another process leads now, or may: what was begun under this lease is given up."""


class _Source(Protocol):
    def fileno(self) -> int: ...


class Lease:
    """Leadership over one database. ``acquire()`` is called before every step; a lost lease is tried for again."""

    def __init__(self, url: str, seconds: float = LEASE_SECONDS) -> None:
        self.database, self.seconds = Database.at(url), seconds
        self.woken = threading.Event()
        self.epoch: int | None = None
        self._plain = self.database.engine.dialect.name == "sqlite"
        self._connection: psycopg.Connection | None = None
        self._file: IO[str] | None = None
        self._renewed_at = self._tried_at = self._leading_since = float("-inf")
        self._lock = threading.Lock()
        self._interrupt, self._interrupted = socket.socketpair()  # whoever writes has the keeper let go of the lock
        self._interrupt.setblocking(False)
        self._owner: int | None = None
        self._keeper: threading.Thread | None = None
        self._ended = threading.Event()
        self._session: int | None = None  # the server's process that has our lock
        self._lost_at: deque[float] = deque(maxlen=LOSSES)
        if not self._plain:
            event.listen(self.database._sessions, "before_commit", self._see_epoch)
            end_abandoned_transactions(self.database)

    def acquire(self) -> bool:
        """Whether this process leads; tries to if nobody does."""
        if self._plain:
            return self._acquire_file()
        if self.epoch is not None and not self.fresh:
            self.lose("not renewed in time")
        if self.epoch is None:
            self._try()
        elif self._keeper is None and time.monotonic() - self._renewed_at > self.seconds / 3:
            self._renew()
        return self.epoch is not None

    @property
    def fresh(self) -> bool:
        """Whether nobody can have taken over yet. The clock runs on while a process is stopped."""
        return self._plain or time.monotonic() - self._renewed_at < self.seconds * 0.8

    def check(self) -> None:
        """Before something leaves this process: :class:`Superseded` when another may lead by now."""
        if not self._plain and (self.epoch is None or not self.fresh):
            raise Superseded("the lease ran out")

    def __enter__(self) -> Lease:
        """Mark this thread's transactions as the leader's."""
        self._owner = threading.get_ident()
        return self

    def __exit__(self, *_about: object) -> None:
        self._owner = None

    def _see_epoch(self, session: Session) -> None:
        if self._owner != threading.get_ident():
            return
        if self.epoch is None or session.scalar(SEE_EPOCH) != self.epoch:
            self.lose("superseded")
            raise Superseded("another process has taken over")

    def _try(self) -> None:
        if time.monotonic() - self._tried_at < TRY_AGAIN:
            return
        self._tried_at = time.monotonic()
        try:
            with self._lock:
                connection = self._connection or self._connect()
                self._connection = connection
                locked = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
                if locked is None or not locked[0]:
                    return
                row = connection.execute(RAISE_EPOCH, (EPOCH,)).fetchone()
                connection.execute(f"LISTEN {WAKE_UP}")
                assert row is not None
                self._session = _session_of(connection)
                self.epoch, self._renewed_at = int(row[0]), time.monotonic()
                self._leading_since = self._renewed_at
        except (psycopg.Error, OSError) as error:
            self.lose(str(error))
            return
        logs.get().info("leading", database=make_url(self.database.url).database, epoch=self.epoch)

    def _connect(self) -> psycopg.Connection:
        milliseconds = round(self.seconds * 1000)
        return connect(
            self.database.url,
            autocommit=True,
            connect_timeout=5,
            application_name="portal follower",
            options=f"-c idle_session_timeout={milliseconds} -c lock_timeout=5000 -c statement_timeout={milliseconds}",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=milliseconds,
        )

    def start_renewing(self) -> None:
        """Start renewing on a thread of its own, which also receives the wake-ups (plain processes)."""
        if not self._plain and self._keeper is None:
            self._keeper = threading.Thread(target=self._renew_until_end, name="lease", daemon=True)
            self._keeper.start()

    def _renew_until_end(self) -> None:
        while not self._ended.is_set():
            if self.epoch is None:
                self._ended.wait(TRY_AGAIN / 4)
            else:
                self._listen(min(LISTEN, self.seconds / 8))
                self._renew()

    def _listen(self, seconds: float) -> None:
        """Sleep until something arrives on the connection, or somebody else needs it; psycopg's own wait would look
        ten times a second.
        """
        try:
            with self._lock:
                if self._connection is None:
                    return
                sources: list[_Source] = [self._connection, self._interrupted]
                arrived, *_ = select.select(sources, [], [], seconds)
                if self._interrupted in arrived:
                    self._interrupted.recv(4096)
                if self._connection in arrived:
                    for _wake_up in self._connection.notifies(timeout=0):
                        self.woken.set()
        except (psycopg.Error, OSError, ValueError) as error:
            self.lose(str(error))

    def _renew(self) -> None:
        try:
            with self._lock:
                connection = self._connection
                if connection is None:
                    return
                if time.monotonic() - self._renewed_at > self.seconds / 4:
                    asked_at = time.monotonic()  # renewed when it was asked, not when the answer came
                    if _session_of(connection) != self._session:
                        raise psycopg.OperationalError("the session that has the lock is no longer ours")
                    self._renewed_at = asked_at
        except (psycopg.Error, OSError) as error:
            self.lose(str(error))

    def lose(self, why: str) -> None:
        """Give the lease up; the connection too, which frees the lock."""
        if self.epoch is not None:
            logs.get().warning("lease_lost", why=why[:200], epoch=self.epoch)
            if not self._ended.is_set():
                self._lost_at.append(time.monotonic())
                metrics.lease_losses.labels(make_url(self.database.url).database).inc()
        self.epoch = None
        with suppress(OSError):  # enough of them are there already
            self._interrupt.send(b".")
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(psycopg.Error, OSError):  # it may be broken already
                    connection.close()

    def check_steady(self) -> None:
        """Raises when the lead was lost again and again within a minute: nothing gets done by a process like that.

        A lead held for ``STEADY`` seconds since is one again: what took it away (a server that was restarted) is over.
        """
        now = time.monotonic()
        steady = self.epoch is not None and now - self._leading_since >= STEADY
        if not steady and len(self._lost_at) == LOSSES and now - self._lost_at[0] < WITHIN:
            raise Superseded(f"the lead was lost {LOSSES} times within {WITHIN:.0f} s")

    def _acquire_file(self) -> bool:
        if self._file is None:
            path = make_url(self.database.url).database
            if not path or path == ":memory:":
                return True
            handle = Path(f"{path}.follower").open("w", encoding="utf-8")  # noqa: SIM115 - held open as long as the lease
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                return False
            self._file = handle
        return True

    def release(self) -> None:
        """An orderly end: the next leader need not wait."""
        self._ended.set()
        self.lose("released")
        if self._file is not None:
            self._file.close()
            self._file = None


def _session_of(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])


def end_abandoned_transactions(database: Database) -> None:
    """A process that is stopped in the middle of a transaction must not hold its locks for ever: the server ends it."""
    if database.engine.dialect.name == "postgresql" and not event.contains(database.engine, "connect", _limit_idling):
        event.listen(database.engine, "connect", _limit_idling)


def _limit_idling(connection: psycopg.Connection, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '10s'")
    connection.commit()
