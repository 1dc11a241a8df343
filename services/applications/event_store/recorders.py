"""The topics of applications' events that may be read."""

from __future__ import annotations

from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent

from services.applications.domain import imported_history
from services.applications.domain.events import TOPICS


class UnknownTopic(Exception):
    """A stored row names an event this code does not know; nothing is imported on a row's word."""


class AllowedTopics(Mapper[UUID]):
    """Turns rows into events of the topics written in the domain (and those of imported histories), and no other."""

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        if stored_event.topic not in TOPICS and stored_event.topic not in imported_history.TOPICS:
            raise UnknownTopic(stored_event.topic)
        return super().to_domain_event(stored_event)
