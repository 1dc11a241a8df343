"""The stored events as the audit log sees them: rows in the order of their notification ids, bytes untouched."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, bindparam, inspect, text

from services.applications.transparency.leaf import StoredRow

APPLICATIONS_AT_A_TIME = 500


@dataclass(frozen=True)
class EventTable:
    """Where the recorder keeps events."""

    name: str = "stored_events"

    def after(self, connection: Connection, notification_id: int, limit: int) -> list[StoredRow]:
        """The next rows after a notification id. The recorder commits in id order, so none can turn up behind."""
        query = self._select(connection, "{id} > :after ORDER BY {id} LIMIT :limit")
        return [_row(row) for row in connection.execute(query, {"after": notification_id, "limit": limit})]

    def with_macs(
        self, connection: Connection, notification_id: int, limit: int
    ) -> list[tuple[StoredRow, str | None, bytes | None]]:
        """The next rows after a notification id, each with the id of the key of its MAC and the MAC, or None."""
        query = text(
            f"SELECT e.{self._key(connection)}, e.originator_id, e.originator_version, e.topic, e.state, "  # noqa: S608
            f"m.key_id, m.mac FROM {self.name} AS e LEFT JOIN event_mac AS m "
            "ON m.originator_id = e.originator_id AND m.originator_version = e.originator_version "
            f"WHERE e.{self._key(connection)} > :after ORDER BY e.{self._key(connection)} LIMIT :limit"
        )
        rows = connection.execute(query, {"after": notification_id, "limit": limit})
        return [(_row(row), row[5], row[6]) for row in rows]

    def of_application(self, connection: Connection, application_id: UUID) -> list[StoredRow]:
        """All rows of one application, in version order."""
        query = self._select(connection, "originator_id = :application ORDER BY originator_version")
        sqlite = connection.dialect.name == "sqlite"
        rows = connection.execute(query, {"application": application_id.hex if sqlite else application_id})
        return [_row(row) for row in rows]

    def last_versions(self, connection: Connection, application_ids: Collection[UUID], until: int) -> dict[UUID, int]:
        """The highest version each of these applications had at a notification id; those that had none are left out."""
        sqlite = connection.dialect.name == "sqlite"
        keys = [key.hex if sqlite else key for key in application_ids]
        query = text(
            f"SELECT originator_id, max(originator_version) FROM {self.name} "  # noqa: S608
            f"WHERE originator_id IN :keys AND {self._key(connection)} <= :until GROUP BY originator_id"
        ).bindparams(bindparam("keys", expanding=True))
        versions: dict[UUID, int] = {}
        for start in range(0, len(keys), APPLICATIONS_AT_A_TIME):
            part = {"keys": keys[start : start + APPLICATIONS_AT_A_TIME], "until": until}
            versions |= {_application_id(row[0]): int(row[1]) for row in connection.execute(query, part)}
        return versions

    def application_ids(self, connection: Connection, after: UUID | str | None, limit: int) -> list[UUID | str]:
        """The next applications in the order of their ids, as stored: what was planted may be no id at all."""
        bound = "WHERE originator_id > :after " if after is not None else ""
        query = text(
            f"SELECT DISTINCT originator_id FROM {self.name} {bound}ORDER BY originator_id LIMIT :limit"  # noqa: S608
        )
        parameters = {"limit": limit} | ({"after": after} if after is not None else {})
        return list(connection.execute(query, parameters).scalars())

    def count_applications(self, connection: Connection) -> int:
        query = text(f"SELECT count(DISTINCT originator_id) FROM {self.name}")  # noqa: S608
        return int(connection.execute(query).scalar_one())

    def all(self, connection: Connection, chunk: int = 2000) -> Iterator[StoredRow]:
        """Every row, in order, in flat memory."""
        last = 0
        while rows := self.after(connection, last, chunk):
            yield from rows
            last = rows[-1].notification_id

    def exists(self, connection: Connection) -> bool:
        return inspect(connection).has_table(self.name)

    def _key(self, connection: Connection) -> str:
        return "rowid" if connection.dialect.name == "sqlite" else "notification_id"

    def _select(self, connection: Connection, condition: str) -> TextClause:
        key = self._key(connection)
        columns = f"{key}, originator_id, originator_version, topic, state"
        # Names come from this class and from configuration, never from a caller.
        return text(f"SELECT {columns} FROM {self.name} WHERE {condition.format(id=key)}")  # noqa: S608


def _application_id(stored: UUID | str) -> UUID:
    return stored if isinstance(stored, UUID) else UUID(stored)


def _row(row: Row[int, UUID | str, int, str, bytes, str | None, bytes | None]) -> StoredRow:
    return StoredRow(int(row[0]), _application_id(row[1]), int(row[2]), row[3], bytes(row[4]))
