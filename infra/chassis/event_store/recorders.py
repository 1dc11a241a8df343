"""Reading events, each with its MAC, and none without: what the recorders of both databases have in common.

Which recorder is used is chosen by ``PERSISTENCE_MODULE`` and ``APPLICATION_RECORDER_TOPIC``; each has a module of its
own, so that nobody imports the client of a database that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent

from infra.chassis.event_store.history_keys import HistoryKeys
from infra.chassis.refusals import Refusal


class EventRow(TypedDict):
    """A stored event with the seal of its row, where it has one; ids are text in SQLite."""

    originator_id: UUID | str
    originator_version: int
    topic: str | None
    state: bytes | None
    position: int
    key_id: str | None
    mac: bytes | None


class AuthenticReading:
    """Reading for both databases: every event with its MAC in one query, and a refusal for others."""

    keys: HistoryKeys  # given by the store
    forged: type[Refusal]  # the service's refusal of an event that it did not record; given by the store
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
        limits: dict[str, object] = {
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

    def _select(
        self, limits: Mapping[str, object], topics: Sequence[str], order: str, limit: int | None
    ) -> list[EventRow]:
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

    def _authentic(self, row: EventRow) -> tuple[UUID, int, str, bytes]:
        key = row["originator_id"] if isinstance(row["originator_id"], UUID) else UUID(row["originator_id"])
        event = key, row["originator_version"], row["topic"] or "", bytes(row["state"] or b"")
        if wrong := self.keys.problem(*event, row["key_id"], row["mac"]):
            raise self.forged(application_id=str(key), version=event[1], position=row["position"], why=wrong)
        return event

    def _key(self, originator_id: UUID | str) -> object:
        raise NotImplementedError

    def _fetch(self, query: str, values: list[object]) -> list[EventRow]:
        raise NotImplementedError


def id_of(event: StoredEvent) -> UUID:
    return event.originator_id if isinstance(event.originator_id, UUID) else UUID(event.originator_id)
