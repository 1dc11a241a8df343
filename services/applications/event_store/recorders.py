"""Recorders that write events inside the caller's own transaction.

With ``session=`` the events, the vault's rows, the command's answer and whatever else the session holds are one
commit. Which recorder is used is chosen by ``PERSISTENCE_MODULE`` and ``APPLICATION_RECORDER_TOPIC``; without a session
they behave as the stock ones do.

Order of notification ids is order of commits: writers take turns by an advisory lock. The stock table lock needs the
right to update or delete rows, which a service does not have on its events.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import psycopg
from eventsourcing.persistence import IntegrityError, Mapper, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor
from psycopg.rows import dict_row
from psycopg.sql import SQL
from sqlalchemy.orm import Session

from services.applications.domain import imported_history
from services.applications.domain.events import TOPICS

INSERT = SQL(
    "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
    "VALUES (%s, %s, %s, %s) RETURNING notification_id"
)
WRITERS_LOCK = 7_071_003  # pg_advisory_xact_lock key: one writer of events at a time


class PostgresRecorder(PostgresApplicationRecorder):
    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        session: Session | None = kwargs.pop("session", None)
        if session is None:
            stock: Sequence[int] | None = super().insert_events(stored_events, **kwargs)
            return stock
        connection: Any = session.connection().connection.driver_connection
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
        row = cursor.execute(
            INSERT,
            (event.originator_id, event.originator_version, event.topic, event.state),
        ).fetchone()
        return int(row["notification_id"])

    def _lock_table(self, curs: Any) -> None:
        self._take_turn(curs)

    def _take_turn(self, cursor: Any) -> None:
        cursor.execute(SQL("SELECT pg_advisory_xact_lock({})").format(WRITERS_LOCK))


class SqliteRecorder(SQLiteApplicationRecorder):
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


class UnknownTopic(Exception):
    """A stored row names an event this code does not know; nothing is imported on a row's word."""


class AllowedTopics(Mapper):  # type: ignore[type-arg]
    """Turns rows into events of the topics written in the domain (and those of imported histories), and no other."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        if stored_event.topic not in TOPICS and stored_event.topic not in imported_history.TOPICS:
            raise UnknownTopic(stored_event.topic)
        return super().to_domain_event(stored_event)
