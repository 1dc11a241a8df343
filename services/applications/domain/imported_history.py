"""Histories of an older system as streams of their own: what was written there, marked as imported, and nothing more.

One stream per system and case, under an id that follows from both, so a second run finds the first. The events say when
something is stated to have happened (`occurred_at`); their own timestamp is when it was taken in. Who did it and all
other columns may be about people: they are stored next to the stream and can be erased, the event holds a commitment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, TypedDict
from uuid import UUID, uuid5

from eventsourcing.domain import AggregateEvent, BaseAggregate, CanInitAggregate
from eventsourcing.utils import register_topic

from services.applications.domain.actors import Act
from services.applications.domain.facts import RecordedActor
from services.applications.errors import AlreadyErased, ErasureNeedsTwoPersons

NAMESPACE = UUID("6f2a3c1e-2f0d-5b1a-9f57-3a7c0c7f1b52")
STATUS = "imported"
SUBJECT = "imported:"  # comes before a stream's id where an account id is asked for: the person is not known by one


class ImportedEvent(AggregateEvent):
    """What all kinds carry. `by`: who took it in (account_id, role, agency_code)."""

    TOPIC: ClassVar[str] = ""

    by: RecordedActor
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

    def apply(self, aggregate: Remembered) -> None:
        aggregate.system, aggregate.case, aggregate.activities, aggregate.erased = self.system, self.case, [], None


class ActivityImported(ImportedEvent):
    """One activity as it was written. `line`: where it was; `said`: commitment to {"resource", "attributes"}."""

    TOPIC: ClassVar[str] = "applications.ActivityImported"

    import_id: str
    line: int
    activity: str
    occurred_at: str
    said: dict[str, str]

    def apply(self, aggregate: Remembered) -> None:
        aggregate.activities.append(
            {
                "version": self.originator_version,
                "activity": self.activity,
                "occurred_at": self.occurred_at,
                "line": self.line,
                "import_id": self.import_id,
                "said": self.said,
            }
        )


class ImportedHistoryErased(ImportedEvent):
    """What was stored next to the stream has been removed; asked for by one person, confirmed by another (`by`)."""

    TOPIC: ClassVar[str] = "applications.ImportedHistoryErased"

    erasure_id: str
    asked_by: str

    def apply(self, aggregate: Remembered) -> None:
        aggregate.erased = {"erasure_id": self.erasure_id, "at": self.timestamp.isoformat()}


class RememberedActivity(TypedDict):
    """One activity as it was written; ``said``: commitment to its words."""

    version: int
    activity: str
    occurred_at: str
    line: int
    import_id: str
    said: dict[str, str]


class RememberedErasure(TypedDict):
    """What was stored next to the stream has been removed."""

    erasure_id: str
    at: str


class Remembered:
    """What a stream of imported events records. Apart from the aggregate, whose annotations would become arguments."""

    system: str
    case: str
    activities: list[RememberedActivity]
    erased: RememberedErasure | None


class ImportedHistory(Remembered, BaseAggregate[UUID]):
    """One case of an older system."""

    TOPIC = "applications.ImportedHistory"

    @staticmethod
    def id_of(system: str, case: str) -> UUID:
        return uuid5(NAMESPACE, f"{system}\n{case}")

    @classmethod
    def begin(cls, system: str, case: str, carried: Mapping[str, object]) -> ImportedHistory:
        return cls._create(HistoryImported, id=cls.id_of(system, case), system=system, case=case, **carried)

    @property
    def reference(self) -> str:
        """How auditors name it: the older system and the case's own number there."""
        return f"{self.system}/{self.case}"

    @property
    def subject(self) -> str:
        """What stands for the person whose case it was, where an account is asked for."""
        return f"{SUBJECT}{self.id}"

    def take_in(
        self,
        activity: str,
        occurred_at: datetime,
        line: int,
        said: Mapping[str, str],
        import_id: str,
        carried: Mapping[str, object],
    ) -> None:
        self.trigger_event(
            ActivityImported,
            import_id=import_id,
            line=line,
            activity=activity,
            occurred_at=occurred_at.isoformat(),
            said=dict(said),
            **carried,
        )

    def erase_subject(self, *, erasure_id: str, asked_by: str, legal_basis: str, by: Act) -> None:
        """As for an application; `AlreadyErased`, `ErasureNeedsTwoPersons`."""
        if self.erased:
            raise AlreadyErased()
        if asked_by == by.account_id:
            raise ErasureNeedsTwoPersons()
        self.trigger_event(
            ImportedHistoryErased,
            erasure_id=erasure_id,
            asked_by=asked_by,
            timestamp=by.at,
            by=by.recorded(),
            call_id=by.call_id,
            command_id=by.command_id,
            status=STATUS,
            reason=None,
            legal_basis=legal_basis,
        )


KINDS = (HistoryImported, ActivityImported, ImportedHistoryErased)
TOPICS: dict[str, str] = {kind.TOPIC: kind.__name__ for kind in KINDS}
