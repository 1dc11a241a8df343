"""A service's own database: sessions, idempotent commands and the inbox, on PostgreSQL and SQLite alike."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, FromClause, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import StaticPool

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.json_types import Json
from infra.chassis.refusals import CommandIdReused
from infra.chassis.storage.commands import Command
from infra.chassis.storage.connections import LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS, engine_of
from infra.chassis.storage.inbox import KnownIncarnations, first_time
from infra.chassis.storage.reads import Read
from infra.chassis.storage.tables import command_log
from infra.chassis.storage.types import BigKey, Insert, TableRow, UtcDateTime

__all__ = ["BigKey", "Database", "UtcDateTime", "claim_command", "insert_into", "store_reply", "stored_reply"]

WORKERS = 10  # of a service, unless MAX_WORKERS says otherwise
SPARE = 2  # connections in addition to one for each worker: probes
OVERFLOW = 2
READ_ONLY = text("SELECT current_setting('transaction_read_only') = 'on'")


class DatabaseReadOnly(Exception):
    """The database answers and cannot be written to: a standby, or one that was closed to writing."""


class Database:
    """One database of one service; make it with :meth:`at`, one per URL and process."""

    _by_url: dict[str, Database] = {}
    _workers = WORKERS

    def __init__(self, url: str, workers: int | None = None) -> None:
        self.url = url
        self.engine = _engine(url, (workers or self._workers) + SPARE)
        self._one_at_a_time = _Turn()
        self._incarnations = KnownIncarnations()
        self._file: tuple[int, int] | None = None
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @classmethod
    def at(cls, url: str) -> Database:
        if url not in cls._by_url:
            cls._by_url[url] = cls(url)
        return cls._by_url[url]

    @classmethod
    def size_pools(cls, workers: int) -> None:
        """Room in the pools made from now on for so many workers at once."""
        cls._workers = workers

    @classmethod
    def forget(cls, url: str) -> None:
        """Close the database of ``url``, should this process keep one."""
        if database := cls._by_url.pop(url, None):
            database.engine.dispose()

    @classmethod
    def forget_all(cls) -> None:
        """Close every database this process keeps (end of an embedded platform)."""
        for database in cls._by_url.values():
            database.engine.dispose()
        cls._by_url.clear()

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A session that commits at the end and rolls back on any exception."""
        with self._turn(), self._sessions() as session, session.begin():
            yield session

    def rows(self, read: Read, **values: object) -> Sequence[TableRow]:
        """What a :class:`Read` finds: one statement, one round trip."""
        if self.engine.dialect.name != "sqlite":
            return read.on(self.engine, values)
        with self.session() as session:
            return session.execute(read.statement, values).all()

    def ping(self) -> None:
        """That the database answers and can be written to. A session that can only read is replaced once."""
        if self.engine.dialect.name == "sqlite":
            self._ping_file()
            return
        for last in (False, True):
            with self.engine.connect() as connection:
                if not connection.scalar(READ_ONLY):
                    return
                connection.invalidate()
            if not last:
                self.engine.pool.dispose()  # the others of the pool were made in the same hour
        raise DatabaseReadOnly("the database is read-only")

    def _ping_file(self) -> None:
        """That SQLite's file can be written to, and is the one that was opened: what is written to another is lost."""
        with self._turn():
            raw = self.engine.raw_connection()
            cursor = raw.cursor()
            try:
                cursor.execute("PRAGMA busy_timeout=0")  # who finds another writing knows that one can
                cursor.execute("BEGIN IMMEDIATE")
                cursor.execute("ROLLBACK")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise DatabaseReadOnly(str(error)) from None
            finally:
                cursor.execute("PRAGMA busy_timeout=15000")
                raw.close()
        if (name := self.engine.url.database) and name != ":memory:":
            now = _file_at(name)
            self._file = self._file or now
            if now is None or now != self._file:
                raise DatabaseReadOnly("the file is not the one that was opened")

    def purge(self) -> bool:
        """Have what was deleted gone from the files as well; whether it is (on SQLite somebody may be reading).

        SQLite rewrites its file without the old pages and empties the log next to it. PostgreSQL does the like by
        itself in time (autovacuum, recycled log), on its own files; here it is left to that.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        with self._turn():
            raw = self.engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute("PRAGMA busy_timeout=100")  # a longer wait would stop the hub
                cursor.execute("VACUUM")
                busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not busy
            except sqlite3.OperationalError as locked:
                if "locked" not in str(locked):
                    raise
                return False
            finally:
                raw.cursor().execute("PRAGMA busy_timeout=15000")
                raw.close()

    def _turn(self) -> contextlib.AbstractContextManager[object]:
        """On SQLite one transaction at a time, waited for on the hub: SQLite's own wait would stop it."""
        return self._one_at_a_time if self.engine.dialect.name == "sqlite" else contextlib.nullcontext()

    def command(self, command: Command, work: Callable[[Session], Json]) -> Json:
        """Run ``work`` once for this command id and keep its answer; later calls get the answer again."""
        for attempt in (1, 2):
            try:
                with self.session() as session:
                    if not claim_command(session, command):
                        return stored_reply(session, command)
                    reply = work(session)
                    store_reply(session, command, reply)
                    return reply
            except IntegrityError:
                # A twin of this call, or another that wants the same thing, was first: what it did is there now.
                if attempt == 2:
                    raise
            except DBAPIError as broken:
                # The connection is gone, perhaps with a commit whose outcome nobody heard: the stored answer decides.
                if attempt == 2 or not broken.connection_invalidated:
                    raise
        raise AssertionError("unreachable")

    @contextlib.contextmanager
    def handle_once(self, consumer: str, event: CloudEvent) -> Iterator[Session | None]:
        """A session for the effect of an event, or ``None`` when it was handled before (:mod:`.inbox`)."""
        with self.session() as session:
            yield session if first_time(session, self._incarnations, consumer, event) else None


def _file_at(name: str) -> tuple[int, int] | None:
    """Which file has the name now."""
    try:
        status = Path(name).stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


class _Turn:
    """One holder at a time; a second try by the same holder is a mistake in the code: reported, not waited for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    def __enter__(self) -> None:
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction within a transaction on SQLite")
        self._lock.acquire()
        self._holder = threading.get_ident()

    def __exit__(self, *_error: object) -> None:
        self._holder = None
        self._lock.release()


def insert_into(session: Session, table: FromClause | type[DeclarativeBase]) -> Insert:
    """An INSERT that can say ON CONFLICT, for the database at hand."""
    insert: Insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table)
    return insert


def stored_reply(session: Session, command: Command) -> Json:
    """The stored answer of a command that was carried out; refuses an id that meant something else."""
    row = session.execute(
        command_log.select().where(command_log.c.caller == command.caller, command_log.c.command_id == command.id)
    ).one()
    if row.fingerprint != command.fingerprint:
        raise CommandIdReused(command_id=command.id)
    return dict(row.reply) if row.reply is not None else {}


def claim_command(session: Session, command: Command) -> bool:
    """Claim the command id in this transaction; False: it was carried out. A twin waits here and then finds that."""
    claimed = insert_into(session, command_log).values(
        caller=command.caller,
        command_id=command.id,
        name=command.name,
        fingerprint=command.fingerprint,
        reply=None,
        at=clock.now(),
    )
    inserted = session.execute(claimed.on_conflict_do_nothing().returning(command_log.c.command_id))
    return inserted.first() is not None  # a row count of an INSERT is not known on PostgreSQL


def store_reply(session: Session, command: Command, reply: Json) -> None:
    session.execute(
        command_log.update()
        .where(command_log.c.caller == command.caller, command_log.c.command_id == command.id)
        .values(reply=reply)
    )


def _engine(url: str, pool_size: int) -> Engine:
    if url.startswith("sqlite"):
        memory = url in {"sqlite://", "sqlite:///:memory:"}
        arguments = {"check_same_thread": False, "timeout": 15}
        if memory:
            engine = engine_of(url, connect_args=arguments, poolclass=StaticPool)
        else:
            engine = engine_of(url, connect_args=arguments, pool_size=pool_size)
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    return engine_of(
        url,
        limits=f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}",
        pool_size=pool_size,
        max_overflow=OVERFLOW,
        pool_timeout=5,
        pool_recycle=3600,
    )


def _sqlite_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN itself, below
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # IMMEDIATE: a transaction that reads and then writes must not lose its snapshot to another writer.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
