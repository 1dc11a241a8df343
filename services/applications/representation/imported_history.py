"""An imported history as plain JSON, at an instant or whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.applications.domain.imported_history import STATUS, ImportedHistory


def imported_history_as_json(history: ImportedHistory, until: datetime | None = None) -> dict[str, Any]:
    """An imported history as plain JSON; `until`: only what is said to have happened by then."""
    shown = sorted(history.activities, key=lambda one: (_moment(one), one["version"]))
    if until is not None:
        shown = [one for one in shown if _moment(one) <= until]
    return {
        "application_id": str(history.id),
        "reference": history.reference,
        "version": max([one["version"] for one in shown], default=1) if until is not None else history.version,
        "status": STATUS,
        "official_status": None,
        "system": history.system,
        "case": history.case,
        "applicant_id": history.subject,
        "activity": shown[-1]["activity"] if shown else None,
        "first_at": shown[0]["occurred_at"] if shown else None,
        "last_at": shown[-1]["occurred_at"] if shown else None,
        "imported_at": history.created_on.isoformat(),
        "activities": shown,
        "erased": history.erased,
    }


def _moment(activity: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(activity["occurred_at"])
