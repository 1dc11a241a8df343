"""Histories of an older system as streams of their own: what was written there, marked as imported, and nothing more.

One stream per system and case, under an id that follows from both, so a second run finds the first. The events say when
something is said to have happened (`occurred_at`); their own timestamp is when it was taken in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Protocol
from uuid import UUID, uuid5

from eventsourcing.application import AggregateNotFoundError
from eventsourcing.domain import AggregateEvent, BaseAggregate, CanInitAggregate
from eventsourcing.utils import register_topic
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.database import Database
from infra.chassis.settings import Settings
from services.applications.audit.importing import Activity, Columns, Read, read_history

NAMESPACE = UUID("6f2a3c1e-2f0d-5b1a-9f57-3a7c0c7f1b52")
STATUS = "imported"
CASES_A_TRANSACTION = 100


class ImportedEvent(AggregateEvent):
    """What both kinds carry. `by`: who took it in (account_id, role, agency_code)."""

    TOPIC: ClassVar[str] = ""

    by: dict[str, Any]
    call_id: str
    command_id: str
    status: str
    reason: str | None
    legal_basis: str | None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        register_topic(cls.TOPIC, cls)


class HistoryImported(CanInitAggregate[UUID], ImportedEvent):
    """A case of an older system is taken in. `system`: its name; `case`: its own number."""

    TOPIC: ClassVar[str] = "applications.HistoryImported"

    originator_topic: str
    system: str
    case: str

    def apply(self, aggregate: Any) -> None:
        aggregate.system, aggregate.case, aggregate.keys, aggregate.activities = self.system, self.case, set(), 0


class ActivityImported(ImportedEvent):
    """One activity as it was written. `key`: the same for lines that say the same; `line`: where it stood."""

    TOPIC: ClassVar[str] = "applications.ActivityImported"

    import_id: str
    line: int
    key: str
    activity: str
    occurred_at: str
    resource: str | None
    attributes: dict[str, str]

    def apply(self, aggregate: Any) -> None:
        aggregate.keys.add(self.key)
        aggregate.activities += 1


class Remembered:
    """What a stream of imported events tells. Apart from the aggregate, whose annotations would become arguments."""

    system: str
    case: str
    keys: set[str]
    activities: int


class ImportedHistory(Remembered, BaseAggregate[UUID]):
    """One case of an older system."""

    TOPIC = "applications.ImportedHistory"

    @staticmethod
    def id_of(system: str, case: str) -> UUID:
        return uuid5(NAMESPACE, f"{system}\n{case}")

    @classmethod
    def begin(cls, system: str, case: str, carried: Mapping[str, Any]) -> ImportedHistory:
        return cls._create(HistoryImported, id=cls.id_of(system, case), system=system, case=case, **carried)

    def take_in(self, activity: Activity, import_id: str, carried: Mapping[str, Any]) -> bool:
        """Add an activity that is not there yet; whether it was new."""
        if activity.key in self.keys:
            return False
        self.trigger_event(
            ActivityImported,
            import_id=import_id,
            line=activity.line,
            key=activity.key,
            activity=activity.activity,
            occurred_at=activity.at.isoformat(),
            resource=activity.resource,
            attributes=dict(activity.attributes),
            **carried,
        )
        return True


TOPICS: dict[str, str] = {kind.TOPIC: kind.__name__ for kind in (HistoryImported, ActivityImported)}


class Streams(Protocol):
    """What of the service's store an import needs."""

    database: Database
    streams: Any

    def record(self, application: Any, session: Session) -> int: ...


class Importing:
    """Takes cases in, a hundred to a transaction; what is there already stays as it is."""

    def __init__(self, store: Streams) -> None:
        self.store = store

    def take_in(
        self, found: Read, *, system: str, import_id: str, by: Mapping[str, Any], call_id: str, command_id: str
    ) -> dict[str, Any]:
        """{"system", "cases", "events", "added", "already_there", "duplicates", "bad": [{"line", "problem"}]}."""
        added, cases = 0, iter(found.cases.values())
        carried: dict[str, Any] = {"by": dict(by), "call_id": call_id, "command_id": command_id, "status": STATUS}
        carried |= {"reason": None, "legal_basis": None}
        while batch := list(islice(cases, CASES_A_TRANSACTION)):
            with self.store.database.session() as session:
                for history, new in self._grown(batch, system, import_id, carried):
                    if new:
                        self.store.record(history, session)
                    added += new
        return {
            "system": system,
            "cases": len(found.cases),
            "events": found.activities,
            "added": added,
            "already_there": found.activities - added,
            "duplicates": found.duplicates,
            "bad": found.bad,
        }

    def _grown(
        self, batch: Iterable[list[Activity]], system: str, import_id: str, carried: Mapping[str, Any]
    ) -> Iterator[tuple[ImportedHistory, int]]:
        now: datetime = clock.now()
        for activities in batch:
            history = self._history(system, activities[0].case, {**carried, "timestamp": now})
            taken = {**carried, "timestamp": now}
            yield history, sum(history.take_in(activity, import_id, taken) for activity in activities)

    def _history(self, system: str, case: str, carried: Mapping[str, Any]) -> ImportedHistory:
        try:
            found: ImportedHistory = self.store.streams.repository.get(ImportedHistory.id_of(system, case))
        except AggregateNotFoundError:
            return ImportedHistory.begin(system, case, carried)
        return found


def import_history(
    settings: Settings, file: str, mapping: str, *, system: str | None = None, by: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """`portal import-history`: take a XES or CSV file in by a YAML mapping; the answer of `Importing.take_in`.

    `system`: the name of the older system, by default the file's name without its ending. The same system and case
    make the same stream. BadMapping, NotXes or OSError for what cannot be read at all.
    """
    from services.applications.store import Store  # the store knows this module's topics

    path = Path(file)
    with path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        opened.seek(0)
        found = read_history(opened, path.name, Columns.parse(Path(mapping).read_text(encoding="utf-8")))
    who = {"account_id": "operator", "role": "operator", "agency_code": None, "on_behalf_of": None, **(by or {})}
    return Importing(Store.from_settings(settings)).take_in(
        found, system=system or path.stem, import_id=digest, by=who, call_id="", command_id=f"import:{digest[:32]}"
    )
