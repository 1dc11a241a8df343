"""The topics of applications' events that may be read."""

from __future__ import annotations

from typing import Any

from eventsourcing.persistence import Mapper, StoredEvent

from services.applications.domain import imported_history
from services.applications.domain.events import TOPICS


class UnknownTopic(Exception):
    """A stored row names an event this code does not know; nothing is imported on a row's word."""


class AllowedTopics(Mapper):  # type: ignore[type-arg]
    """Turns rows into events of the topics written in the domain (and those of imported histories), and no other."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        if stored_event.topic not in TOPICS and stored_event.topic not in imported_history.TOPICS:
            raise UnknownTopic(stored_event.topic)
        return super().to_domain_event(stored_event)
