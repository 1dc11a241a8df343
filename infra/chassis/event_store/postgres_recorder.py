"""The recorder on PostgreSQL: writes events inside the caller's own transaction, each with its MAC.

With ``session=`` the events, the vault's rows, the command's answer and whatever else the session holds are one commit.

Order of notification ids is order of commits: writers take turns by an advisory lock. The stock table lock needs the
right to update or delete rows, which a service does not have on its events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError, InterfaceError, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from eventsourcing.utils import retry
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Identifier
from sqlalchemy.orm import Session

from infra.chassis.event_store.recorders import AuthenticReading, EventRow, id_of
from infra.chassis.storage.wake_up import WAKE_UP

INSERT = SQL(
    "WITH recorded AS (INSERT INTO stored_events (originator_id, originator_version, topic, state) "
    "VALUES (%(id)s, %(version)s, %(topic)s, %(state)s) RETURNING notification_id), "
    "authenticated AS (INSERT INTO event_mac (originator_id, originator_version, key_id, mac) "
    "VALUES (%(id)s, %(version)s, %(key_id)s, %(mac)s)) SELECT notification_id FROM recorded"
)
INSERT_MANY = SQL(
    "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
    "SELECT id, version, topic, state FROM unnest(%(ids)s::uuid[], %(versions)s::bigint[], %(topics)s::text[], "
    "%(states)s::bytea[]) WITH ORDINALITY AS given (id, version, topic, state, place) ORDER BY place "
    "RETURNING notification_id"
)
INSERT_MACS = SQL(
    "INSERT INTO event_mac (originator_id, originator_version, key_id, mac) SELECT id, version, %(key_id)s, mac "
    "FROM unnest(%(ids)s::uuid[], %(versions)s::bigint[], %(macs)s::bytea[]) AS given (id, version, mac)"
)
FEW = 8  # events that are written one by one, by a prepared statement
WRITERS_LOCK = 7_071_003  # pg_advisory_xact_lock key: one writer of events at a time
TURN = SQL("SELECT pg_advisory_xact_lock({})").format(WRITERS_LOCK)
TURN_AND_WAKE_UP = SQL("SELECT pg_advisory_xact_lock({}), pg_notify({}, '')").format(WRITERS_LOCK, WAKE_UP)


class AuthenticPostgresRecorder(AuthenticReading, PostgresApplicationRecorder):
    position, mark = "notification_id", "%s"

    def insert_events(
        self, stored_events: Sequence[StoredEvent], session: Session | None = None, **kwargs: object
    ) -> Sequence[int] | None:
        if session is None:
            with self.datastore.get_connection() as connection, connection.transaction():
                return self._insert(connection, stored_events)
        own: psycopg.Connection[DictRow] = cast(
            "psycopg.Connection[DictRow]", session.connection().connection.driver_connection
        )
        return self._insert(own, stored_events)

    def _insert(self, connection: psycopg.Connection[DictRow], stored_events: Sequence[StoredEvent]) -> list[int]:
        try:
            with connection.cursor(row_factory=dict_row) as cursor:
                cursor.execute(TURN_AND_WAKE_UP)
                if len(stored_events) > FEW:
                    return self._insert_many(cursor, stored_events)
                return [self._insert_one(cursor, event) for event in stored_events]
        except psycopg.IntegrityError as error:
            raise IntegrityError(str(error)) from error
        except psycopg.OperationalError as error:
            raise OperationalError(str(error)) from error

    def _insert_one(self, cursor: psycopg.Cursor[DictRow], event: StoredEvent) -> int:
        mac = self.keys.mac(id_of(event), event.originator_version, event.topic, event.state)
        own = {"id": event.originator_id, "version": event.originator_version, "topic": event.topic}
        (row,) = cursor.execute(INSERT, own | {"state": event.state, "key_id": self.keys.key_id, "mac": mac}).fetchall()
        return int(row["notification_id"])

    def _insert_many(self, cursor: psycopg.Cursor[DictRow], events: Sequence[StoredEvent]) -> list[int]:
        """All of them in two statements; positions are given in their order."""
        columns = {
            "ids": [id_of(event) for event in events],
            "versions": [event.originator_version for event in events],
            "topics": [event.topic for event in events],
            "states": [event.state for event in events],
        }
        columns["macs"] = [
            self.keys.mac(id_of(event), event.originator_version, event.topic, event.state) for event in events
        ]
        positions = [row["notification_id"] for row in cursor.execute(INSERT_MANY, columns).fetchall()]
        cursor.execute(INSERT_MACS, columns | {"key_id": self.keys.key_id})
        return positions

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def _fetch(self, query: str, values: list[object]) -> list[EventRow]:
        with self.datastore.get_connection() as connection, connection.cursor() as cursor:
            cursor.execute(SQL(query), values, prepare=True)  # made above, of nothing that was given
            return [cast(EventRow, row) for row in cursor.fetchall()]

    def _key(self, originator_id: UUID | str) -> object:
        return originator_id

    def _lock_table(self, curs: psycopg.Cursor[DictRow]) -> None:
        self._take_turn(curs)

    def _notify_channel(self, curs: psycopg.Cursor[DictRow]) -> None:
        """Wakes the follower; nobody subscribes to the library's own channel."""
        curs.execute(SQL("NOTIFY {}").format(Identifier(WAKE_UP)))

    def _take_turn(self, cursor: psycopg.Cursor[DictRow]) -> None:
        cursor.execute(TURN)
