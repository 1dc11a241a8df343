"""The recorder on SQLite: writes events inside the caller's own transaction, each with its MAC."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor
from sqlalchemy.orm import Session

from infra.chassis.event_store.recorders import AuthenticReading, EventRow, id_of


class AuthenticSqliteRecorder(AuthenticReading, SQLiteApplicationRecorder):
    position, mark = "rowid", "?"

    def insert_events(
        self, stored_events: Sequence[StoredEvent], session: Session | None = None, **kwargs: object
    ) -> Sequence[int] | None:
        if session is None:
            stock: Sequence[int] | None = super().insert_events(stored_events, **kwargs)
            return stock
        connection = cast(sqlite3.Connection, session.connection().connection.driver_connection)
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
            mac = self.keys.mac(id_of(event), event.originator_version, event.topic, event.state)
            row = (id_of(event).hex, event.originator_version, self.keys.key_id, mac)
            c.execute("INSERT INTO event_mac VALUES (?, ?, ?, ?)", row)
        return positions

    def _fetch(self, query: str, values: list[object]) -> list[EventRow]:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def _key(self, originator_id: UUID | str) -> object:
        return originator_id.hex if isinstance(originator_id, UUID) else originator_id
