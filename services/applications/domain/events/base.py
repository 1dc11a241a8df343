"""What every event of an application carries, and how it is applied."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import ClassVar

from eventsourcing.domain import AggregateEvent
from eventsourcing.utils import register_topic

from services.applications.domain import deadline
from services.applications.domain.facts import Handling, RecordedActor, Sealed, Wait, WaitFacts
from services.applications.domain.state import State
from services.applications.domain.statuses import Status

KINDS: dict[str, type[ApplicationEvent]] = {}


class ApplicationEvent(AggregateEvent):
    """One thing that happened. ``timestamp`` is when, ``by`` who (account_id, role, agency_code, on_behalf_of).

    ``status`` is the status afterwards, decided when the command was judged. ``reason``: words stored next to the
    stream under a commitment. ``clock``: what it did to the deadline. ``TOPIC`` is written by hand and never changes.
    """

    TOPIC: ClassVar[str] = ""

    by: RecordedActor
    call_id: str
    command_id: str
    status: str
    _: KW_ONLY
    reason: Sealed | None = None
    legal_basis: str | None = None
    clock: deadline.Moved | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.TOPIC:
            register_topic(cls.TOPIC, cls)
            KINDS[cls.__name__] = cls

    def apply(self, aggregate: State) -> None:
        aggregate.clock = deadline.moved(aggregate.clock, self.clock)
        self.happen(aggregate)
        aggregate.status = Status(self.status)
        if self.by.get("on_behalf_of") and self.by["account_id"] not in aggregate.representatives:
            aggregate.representatives = (*aggregate.representatives, self.by["account_id"])
        if self.by_staff:
            hand: Handling = {
                "account_id": self.by["account_id"],
                "role": self.by["role"],
                "agency_code": self.by["agency_code"],
                "at": self.timestamp.isoformat(),
                "did": type(self).__name__,
            }
            aggregate.hands = (*aggregate.hands, hand)

    @property
    def by_staff(self) -> bool:
        """Whether somebody of an office, or who checks on it, did this."""
        return self.by["role"] not in {"citizen", "system"}

    def happen(self, application: State) -> None:
        """What only this kind of event changes."""


class Waiting(ApplicationEvent):
    """The application waits for its applicant. ``came_from``: status to come back to; ``answer_by``: ISO instant."""

    KIND: ClassVar[str] = ""

    came_from: str
    _: KW_ONLY
    answer_by: str | None = None

    def happen(self, application: State) -> None:
        wait: Wait = {
            "kind": self.KIND,
            "came_from": self.came_from,
            "since": self.timestamp.isoformat(),
            "answer_by": self.answer_by,
            **self.wait_facts(),
        }
        application.waits = (*application.waits, wait)

    def wait_facts(self) -> WaitFacts:
        """What exactly is waited for."""
        return {}


class Answered(ApplicationEvent):
    """A wait is over. ``closes``: how many waits, innermost first (a payment that came in meanwhile closes with it)."""

    _: KW_ONLY
    closes: int = 1

    def happen(self, application: State) -> None:
        application.waits = application.waits[: len(application.waits) - self.closes]
