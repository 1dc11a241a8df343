"""What lines of an older system said about people, kept beside the stream with a salt, and put back in place to read.

An event holds `{"line_id", "commitment"}` under the name `said`; readers see `resource` and `attributes` there, both
None once erased.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.outbox import tell
from services.applications import vault
from services.applications.audit.imported import STATUS, ImportedHistory
from services.applications.audit.reading import spread
from services.applications.commanding import Call
from services.applications.models import AnswerSet


def keep_said(
    session: Session, application_id: str, resource: str | None, attributes: Mapping[str, str]
) -> dict[str, str]:
    """Keep what a line said: `{"line_id", "commitment"}`. It lies with the answers, and is erased like them."""
    kept = vault.keep_answers(session, application_id, {"resource": resource, "attributes": dict(attributes)})
    return {"line_id": kept["answers_id"], "commitment": kept["commitment"]}


class Said:
    """What lines of some imported histories said."""

    def __init__(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        self.known = known

    @classmethod
    def of(cls, session: Session, application_ids: Sequence[str]) -> Said:
        if not application_ids:
            return cls({})
        query = select(AnswerSet.answers_id, AnswerSet.value).where(AnswerSet.application_id.in_(application_ids))
        return cls({row.answers_id: row.value for row in session.execute(query)})

    def in_place(self, value: Any) -> Any:
        return spread(value, lambda sealed: self.known.get(sealed["line_id"]))


def imported_picture(history: ImportedHistory, until: datetime | None = None) -> dict[str, Any]:
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


def tell_imported_read(session: Session, history: ImportedHistory, by: Call, purpose: str) -> None:
    """An auditor looked: told like any look at an application."""
    data = {
        "application_id": str(history.id),
        "reference": history.reference[:80],
        "agency_code": None,
        "applicant_id": history.subject,
        "subject_id": history.subject,
        "version": history.version,
        "at": clock.now().isoformat(),
        "by": {"account_id": by.actor.account_id, "role": "auditor", "agency_code": None},
        "purpose": purpose,
    }
    tell(session, "application_read.v1", data, subject=str(history.id), call_id=by.call_id)


def _moment(activity: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(activity["occurred_at"])
