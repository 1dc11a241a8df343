"""The stored events as the audit log sees them: rows in the order of their notification ids, bytes untouched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, inspect, text

from services.applications.transparency.leaf import StoredRow


@dataclass(frozen=True)
class EventTable:
    """Where the recorder keeps events."""

    name: str = "stored_events"

    def after(self, connection: Connection, notification_id: int, limit: int) -> list[StoredRow]:
        """The next rows after a notification id. The recorder commits in id order, so none can turn up behind."""
        query = self._select(connection, "{id} > :after ORDER BY {id} LIMIT :limit")
        return [_row(found) for found in connection.execute(query, {"after": notification_id, "limit": limit})]

    def of_application(self, connection: Connection, application_id: UUID) -> list[StoredRow]:
        """All rows of one application, in version order."""
        query = self._select(connection, "originator_id = :application ORDER BY originator_version")
        sqlite = connection.dialect.name == "sqlite"
        rows = connection.execute(query, {"application": application_id.hex if sqlite else application_id})
        return [_row(found) for found in rows]

    def all(self, connection: Connection, chunk: int = 2000) -> Iterator[StoredRow]:
        """Every row, in order, in flat memory."""
        last = 0
        while rows := self.after(connection, last, chunk):
            yield from rows
            last = rows[-1].notification_id

    def exists(self, connection: Connection) -> bool:
        return inspect(connection).has_table(self.name)

    def _select(self, connection: Connection, condition: str) -> TextClause:
        key = "rowid" if connection.dialect.name == "sqlite" else "notification_id"
        columns = f"{key}, originator_id, originator_version, topic, state"
        # Names come from this class and from configuration, never from a caller.
        return text(f"SELECT {columns} FROM {self.name} WHERE {condition.format(id=key)}")  # noqa: S608


def _row(found: Any) -> StoredRow:
    application = found[1] if isinstance(found[1], UUID) else UUID(found[1])
    return StoredRow(int(found[0]), application, int(found[2]), found[3], bytes(found[4]))
