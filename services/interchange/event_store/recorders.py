"""The topics of interchange's events that may be read."""

from __future__ import annotations

from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent

from services.interchange.domain import document_events, dossier_events

TOPICS = frozenset((*dossier_events.TOPICS, *document_events.KIND_OF))  # of every room


class TopicNotAllowed(Exception):
    """A stored row names an event this code does not know; nothing is imported on a row's word."""


class InterchangeAllowedTopics(Mapper[UUID]):
    """Turns rows into events of the topics written in the domain, and no other."""

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        if stored_event.topic not in TOPICS:
            raise TopicNotAllowed(stored_event.topic)
        return super().to_domain_event(stored_event)
