"""Recorders that write events inside the caller's own transaction, each with its MAC, and read none without.

With ``session=`` the events, the vault's rows, the command's answer and whatever else the session holds are one
commit. Which recorder is used is chosen by ``PERSISTENCE_MODULE`` and ``APPLICATION_RECORDER_TOPIC``.

Order of notification ids is order of commits: writers take turns by an advisory lock. The stock table lock needs the
right to update or delete rows, which a service does not have on its events.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    Mapper,
    Notification,
    OperationalError,
    StoredEvent,
)
from eventsourcing.postgres import PostgresApplicationRecorder
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor
from eventsourcing.utils import retry
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from sqlalchemy.orm import Session

from infra.chassis.storage.wake_up import WAKE_UP
from services.applications.domain import imported_history
from services.applications.domain.events import TOPICS
from services.applications.errors import HistoryNotAuthentic
from services.applications.transparency.history_keys import HistoryKeys

INSERT = SQL(
    "WITH recorded AS (INSERT INTO stored_events (originator_id, originator_version, topic, state) "
    "VALUES (%(id)s, %(version)s, %(topic)s, %(state)s) RETURNING notification_id), "
    "authenticated AS (INSERT INTO event_mac (originator_id, originator_version, key_id, mac) "
    "VALUES (%(id)s, %(version)s, %(key_id)s, %(mac)s)) SELECT notification_id FROM recorded"
)
WRITERS_LOCK = 7_071_003  # pg_advisory_xact_lock key: one writer of events at a time


class AuthenticReading:
    """Reading for both databases: every event with its MAC in one query, and a refusal for others."""

    keys: HistoryKeys  # given by the store
    position: str  # the column of notification ids
    mark: str  # of a bound value

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        limits: dict[str, Any] = {
            "e.originator_id =": self._key(originator_id),
            "e.originator_version >": gt,
            "e.originator_version <=": lte,
        }
        rows = self._select(limits, (), f"e.originator_version {'DESC' if desc else 'ASC'}", limit)
        return [StoredEvent(*self._authentic(row)) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """What follows a position; see the library's recorders."""
        limits = {f"e.{self.position} {'>=' if inclusive_of_start else '>'}": start, f"e.{self.position} <=": stop}
        rows = self._select(limits, topics, f"e.{self.position}", limit)
        return [Notification(*self._authentic(row), row["position"]) for row in rows]

    def _select(self, limits: Mapping[str, object], topics: Sequence[str], order: str, limit: int | None) -> list[Any]:
        bounds = {words: value for words, value in limits.items() if value is not None}
        conditions = [f"{words} {self.mark}" for words in bounds]
        if topics:
            conditions.append(f"e.topic IN ({', '.join([self.mark] * len(topics))})")
        query = (
            f"SELECT e.originator_id, e.originator_version, e.topic, e.state, e.{self.position} AS position, "  # noqa: S608
            "m.key_id, m.mac FROM stored_events AS e LEFT JOIN event_mac AS m "
            "ON m.originator_id = e.originator_id AND m.originator_version = e.originator_version"
            f"{' WHERE ' if conditions else ''}{' AND '.join(conditions)} ORDER BY {order}"
            f"{f' LIMIT {self.mark}' if limit is not None else ''}"
        )
        return self._fetch(query, [*bounds.values(), *topics, *([limit] if limit is not None else [])])

    def _authentic(self, row: Any) -> tuple[UUID, int, str, bytes]:
        key = row["originator_id"] if isinstance(row["originator_id"], UUID) else UUID(row["originator_id"])
        event = key, row["originator_version"], row["topic"] or "", bytes(row["state"] or b"")
        if wrong := self.keys.problem(*event, row["key_id"], row["mac"]):
            raise HistoryNotAuthentic(application_id=str(key), version=event[1], position=row["position"], why=wrong)
        return event

    def _key(self, originator_id: UUID | str) -> Any:
        raise NotImplementedError

    def _fetch(self, query: str, values: list[Any]) -> list[Any]:
        raise NotImplementedError


class PostgresRecorder(AuthenticReading, PostgresApplicationRecorder):
    position, mark = "notification_id", "%s"

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        session: Session | None = kwargs.pop("session", None)
        if session is None:
            with self.datastore.get_connection() as connection, connection.transaction():
                return self._insert(connection, stored_events)
        return self._insert(session.connection().connection.driver_connection, stored_events)

    def _insert(self, connection: Any, stored_events: Sequence[StoredEvent]) -> list[int]:
        try:
            with connection.cursor(row_factory=dict_row) as cursor:
                self._take_turn(cursor)
                self._notify_channel(cursor)
                return [self._insert_one(cursor, event) for event in stored_events]
        except psycopg.IntegrityError as error:
            raise IntegrityError(str(error)) from error
        except psycopg.OperationalError as error:
            raise OperationalError(str(error)) from error

    def _insert_one(self, cursor: Any, event: StoredEvent) -> int:
        mac = self.keys.mac(_id_of(event), event.originator_version, event.topic, event.state)
        own = {"id": event.originator_id, "version": event.originator_version, "topic": event.topic}
        row = cursor.execute(INSERT, own | {"state": event.state, "key_id": self.keys.key_id, "mac": mac}).fetchone()
        return int(row["notification_id"])

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def _fetch(self, query: str, values: list[Any]) -> list[Any]:
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(SQL(query), values, prepare=True)  # made above, of nothing that was given
            return list(cursor.fetchall())

    def _key(self, originator_id: UUID | str) -> Any:
        return originator_id

    def _lock_table(self, curs: object) -> None:
        self._take_turn(curs)

    def _notify_channel(self, curs: Any) -> None:
        """Wakes the follower; nobody subscribes to the library's own channel."""
        curs.execute(SQL("NOTIFY {}").format(Identifier(WAKE_UP)))

    def _take_turn(self, cursor: Any) -> None:
        cursor.execute(SQL("SELECT pg_advisory_xact_lock({})").format(WRITERS_LOCK))


class SqliteRecorder(AuthenticReading, SQLiteApplicationRecorder):
    position, mark = "rowid", "?"

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        session: Session | None = kwargs.pop("session", None)
        if session is None:
            stock: Sequence[int] | None = super().insert_events(stored_events, **kwargs)
            return stock
        connection: Any = session.connection().connection.driver_connection
        cursor = SQLiteCursor(connection.cursor())
        try:
            return self._insert_events(cursor, stored_events)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(str(error)) from error

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **_: object
    ) -> Sequence[int] | None:
        positions = super()._insert_events(c, stored_events)
        for event in stored_events:
            mac = self.keys.mac(_id_of(event), event.originator_version, event.topic, event.state)
            row = (_id_of(event).hex, event.originator_version, self.keys.key_id, mac)
            c.execute("INSERT INTO event_mac VALUES (?, ?, ?, ?)", row)
        return positions

    def _fetch(self, query: str, values: list[Any]) -> list[Any]:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def _key(self, originator_id: UUID | str) -> Any:
        return originator_id.hex if isinstance(originator_id, UUID) else originator_id


def _id_of(event: StoredEvent) -> UUID:
    return event.originator_id if isinstance(event.originator_id, UUID) else UUID(event.originator_id)


class UnknownTopic(Exception):
    """A stored row names an event this code does not know; nothing is imported on a row's word."""


class AllowedTopics(Mapper):  # type: ignore[type-arg]
    """Turns rows into events of the topics written in the domain (and those of imported histories), and no other."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        if stored_event.topic not in TOPICS and stored_event.topic not in imported_history.TOPICS:
            raise UnknownTopic(stored_event.topic)
        return super().to_domain_event(stored_event)
