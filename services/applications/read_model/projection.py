"""The read model as a function of events: row before + event = row after.

Pure: no clock, no database. The follower, the rebuild and the check that replay equals the read model all use it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from infra.chassis.json_types import Json
from infra.working_time import OFFICE_ZONE
from services.applications.domain.events import (
    Accepted,
    Answered,
    AppealUpheld,
    ApplicationEvent,
    Started,
    Submitted,
    Waiting,
)
from services.applications.domain.statuses import official_code

Row = Json


def applied(row: Row | None, event: ApplicationEvent, position: int) -> Row:
    """The row after ``event``, recorded at ``position`` in the log."""
    after = started(cast(Started, event)) if row is None else dict(row)
    for kind, change in GENERAL:
        if isinstance(event, kind):
            change(after, event)
    own = OWN.get(type(event).__name__)
    if own:
        own(after, event)
    _clock(after, event)
    after["version"], after["position"] = event.originator_version, position
    after["status"], after["official_status"] = event.status, official_code(event.status)
    after["updated_at"] = event.timestamp
    return after


def started(event: Started) -> Row:
    """The row of a draft."""
    empty = dict.fromkeys(
        (
            "officer_id",
            "handled_by",
            "handled_at",
            "receipt_number",
            "submitted_at",
            "month",
            "accepted_at",
            "promised_at",
            "due_at",
            "last_due_at",
            "paused_at",
            "answer_by",
            "ended_at",
            "punctuality",
            "returned_at",
            "delivery",
            "stars",
        )
    )
    return empty | {
        "application_id": str(event.originator_id),
        "reference": event.reference,
        "tracking_digest": event.tracking_digest,
        "procedure_code": event.procedure_code,
        "procedure_version": event.procedure_version,
        "agency_code": event.agency_code,
        "province": province_of(event.agency_code),
        "applicant_id": event.applicant_id,
        "channel": event.channel,
        "level": event.level,
        "started_at": event.timestamp,
        "pauses": 0,
        "answer_bys": [],
        "proposed": False,
        "appealed": False,
        "supplements": 0,
        "erased": False,
    }


def province_of(agency_code: str) -> str:
    """Agency codes begin with their province's part: ``H01`` of ``H01.01``."""
    return agency_code.split(".", 1)[0]


def _waiting(row: Row, event: Waiting) -> None:
    row["answer_bys"] = [*row["answer_bys"], event.answer_by]
    row["answer_by"] = at(event.answer_by)


def _answered(row: Row, event: Answered) -> None:
    row["answer_bys"] = row["answer_bys"][: len(row["answer_bys"]) - event.closes]
    row["answer_by"] = at(row["answer_bys"][-1]) if row["answer_bys"] else None


def _in_hand(row: Row, event: ApplicationEvent) -> None:
    if event.by_staff:
        row["handled_by"], row["handled_at"] = event.by["account_id"], event.timestamp


GENERAL: tuple[tuple[type[ApplicationEvent], Callable[[Row, Any], None]], ...] = (
    (ApplicationEvent, _in_hand),
    (Waiting, _waiting),
    (Answered, _answered),
)


def _submitted(row: Row, event: Submitted) -> None:
    row["procedure_version"], row["level"], row["submitted_at"] = event.procedure_version, event.level, event.timestamp
    row["month"] = event.timestamp.astimezone(OFFICE_ZONE).strftime("%Y-%m")


def _accepted(row: Row, event: Accepted | AppealUpheld) -> None:
    row["receipt_number"], row["accepted_at"] = event.receipt_number, row["accepted_at"] or event.timestamp
    row["promised_at"] = row["due_at"] = row["last_due_at"] = at(event.due_at)
    row["pauses"], row["paused_at"] = 0, None


def _ended(row: Row, event: ApplicationEvent) -> None:
    row["ended_at"], row["answer_by"], row["answer_bys"] = event.timestamp, None, []
    row["proposed"] = False


def _decided(row: Row, event: ApplicationEvent) -> None:
    _ended(row, event)
    row["punctuality"] = punctuality(row, event.timestamp)


def _upheld(row: Row, event: AppealUpheld) -> None:
    _accepted(row, event)
    row["appealed"], row["proposed"] = False, False
    row["ended_at"] = row["punctuality"] = row["returned_at"] = None


def punctuality(row: Row, ended_at: datetime) -> str:
    """``early`` (before the due day), ``on_time`` or ``late``; a pause at the end counts for the office."""
    due = row["last_due_at"]
    until = row["paused_at"] or ended_at
    if due is None or until <= due:
        is_early = due is not None and until.astimezone(OFFICE_ZONE).date() < due.astimezone(OFFICE_ZONE).date()
        return "early" if is_early else "on_time"
    return "late"


def _set(**values: object) -> Callable[[Row, object], None]:
    return lambda row, event: row.update(values)


def _take(column: str, attribute: str) -> Callable[[Row, object], None]:
    return lambda row, event: row.update({column: getattr(event, attribute)})


def _supplement(row: Row, event: object) -> None:
    row["supplements"] += 1


OWN: dict[str, Callable[[Row, Any], None]] = {
    "Submitted": _submitted,
    "Accepted": _accepted,
    "IntakeRefused": _ended,
    "SupplementRequested": _supplement,
    "Assigned": _take("officer_id", "officer_id"),
    "WithdrawnByApplicant": _decided,
    "Stopped": _decided,
    "OutcomeProposed": _set(proposed=True),
    "ProposalReturned": _set(proposed=False),
    "Approved": _decided,
    "Rejected": _decided,
    "ResultReturned": _take("returned_at", "timestamp"),
    "Appealed": _set(appealed=True),
    "AppealDismissed": _set(appealed=False),
    "AppealUpheld": _upheld,
    "DeliveryChosen": _take("delivery", "method"),
    "Rated": _take("stars", "stars"),
    "SubjectErased": _set(erased=True),
}


def _clock(row: Row, event: ApplicationEvent) -> None:
    """What the event says it did to the deadline."""
    for happening in event.clock["happenings"] if event.clock else ():
        if happening["kind"] == "paused":
            row["pauses"], row["paused_at"] = row["pauses"] + 1, row["paused_at"] or at(happening["at"])
        elif happening["kind"] == "resumed":
            row["pauses"] -= 1
            if row["pauses"] == 0:
                row["paused_at"], row["last_due_at"] = None, at(happening["due_at"])
        elif happening["kind"] == "extended":
            row["last_due_at"] = at(happening["due_at"])
    row["due_at"] = row["last_due_at"] if row["pauses"] == 0 else None


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
