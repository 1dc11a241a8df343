"""An imported history as plain JSON, at an instant or whole."""

from __future__ import annotations

from datetime import datetime

from infra.chassis.json_types import Json
from services.applications.domain.imported_history import STATUS, ImportedHistory, RememberedActivity


def imported_history_as_json(history: ImportedHistory, until: datetime | None = None) -> Json:
    """An imported history as plain JSON; `until`: only what is stated to have happened by then."""
    activities = sorted(history.activities, key=lambda activity: (_moment(activity), activity["version"]))
    if until is not None:
        activities = [activity for activity in activities if _moment(activity) <= until]
    return {
        "application_id": str(history.id),
        "reference": history.reference,
        "version": max([activity["version"] for activity in activities], default=1)
        if until is not None
        else history.version,
        "status": STATUS,
        "official_status": None,
        "system": history.system,
        "case": history.case,
        "applicant_id": history.subject,
        "activity": activities[-1]["activity"] if activities else None,
        "first_at": activities[0]["occurred_at"] if activities else None,
        "last_at": activities[-1]["occurred_at"] if activities else None,
        "imported_at": history.created_on.isoformat(),
        "activities": activities,
        "erased": history.erased,
    }


def _moment(activity: RememberedActivity) -> datetime:
    return datetime.fromisoformat(activity["occurred_at"])
