"""A recorded event as plain JSON: what histories, exports and evidence show of it."""

from __future__ import annotations

from infra.chassis.json_types import Json
from services.applications.domain.events import ApplicationEvent
from services.applications.domain.imported_history import STATUS as IMPORTED
from services.applications.domain.statuses import official_code

CARRIED = (
    "originator_id",
    "originator_version",
    "timestamp",
    "by",
    "call_id",
    "command_id",
    "status",
    "reason",
    "legal_basis",
    "originator_topic",
)


def event_as_json(event: ApplicationEvent) -> Json:
    """One event as readers see it; ``facts`` is what this kind of event has of its own."""
    facts = {name: value for name, value in vars(event).items() if name not in CARRIED and value is not None}
    return {
        "application_id": str(event.originator_id),
        "version": event.originator_version,
        "kind": type(event).__name__,
        "at": event.timestamp.isoformat(),
        "by": event.by,
        "status": event.status,
        "official_status": None if event.status == IMPORTED else official_code(event.status),
        "reason": event.reason,
        "legal_basis": event.legal_basis,
        "call_id": event.call_id,
        "command_id": event.command_id,
        "facts": facts,
    }
