"""What is published of a recorded event: its name on the wire and its data, with the words opened once more.

Names outlive the code, so they are written here by hand.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.applications.domain.events import ApplicationEvent, ConsultationRequested, PaymentRequested
from services.applications.domain.statuses import official_code
from services.applications.duties import papers_on_the_wire
from services.applications.private_data import vault
from services.applications.read_model.projection import Row

WIRE_NAMES: dict[str, str] = {
    "Started": "application_started.v1",
    "AnswersSaved": "answers_saved.v1",
    "Attached": "application_attached.v1",
    "Detached": "application_detached.v1",
    "Submitted": "application_submitted.v1",
    "Accepted": "application_accepted.v1",
    "IntakeRefused": "intake_refused.v1",
    "SupplementRequested": "supplement_requested.v1",
    "Supplemented": "application_supplemented.v1",
    "Assigned": "application_assigned.v1",
    "PaymentRequested": "payment_requested.v1",
    "FeeSettled": "fee_settled.v1",
    "ConsultationRequested": "consultation_requested.v1",
    "ConsultationAnswered": "consultation_answered.v1",
    "DeadlineExtended": "deadline_extended.v1",
    "WithdrawalRequested": "withdrawal_requested.v1",
    "WithdrawnByApplicant": "application_withdrawn.v1",
    "WithdrawalDeclined": "withdrawal_declined.v1",
    "Stopped": "application_stopped.v1",
    "OutcomeProposed": "outcome_proposed.v1",
    "Approved": "application_approved.v1",
    "Rejected": "application_rejected.v1",
    "ProposalReturned": "proposal_returned.v1",
    "ResultReturned": "result_returned.v1",
    "Appealed": "appealed.v1",
    "AppealDismissed": "appeal_dismissed.v1",
    "AppealUpheld": "appeal_upheld.v1",
    "DeliveryChosen": "delivery_chosen.v1",
    "Rated": "application_rated.v1",
    "SubjectErased": "subject_erased.v1",
}

# Facts of an event that the wire carries; everything else is this service's own affair.
WIRE_FACTS: dict[str, tuple[str, ...]] = {
    "Started": ("channel", "level"),
    "AnswersSaved": ("changed",),
    "Attached": ("attachment_id", "requirement", "media_type", "size"),
    "Detached": ("attachment_id",),
    "Submitted": ("channel", "level", "quote"),
    "Accepted": ("receipt_number", "due_at"),
    "SupplementRequested": ("marks", "answer_by"),
    "Assigned": ("officer_id", "previous_officer_id"),
    "PaymentRequested": ("moments", "amount", "answer_by"),
    "FeeSettled": ("moments", "how", "payment_id", "amount", "method"),
    "ConsultationRequested": ("consultation_id", "due_at"),
    "ConsultationAnswered": ("consultation_id",),
    "DeadlineExtended": ("due_at", "previous_due_at"),
    "Stopped": ("cause",),
    "OutcomeProposed": ("outcome",),
    "ResultReturned": ("method", "tracking_number"),
    "Appealed": ("appeal_id",),
    "AppealDismissed": ("appeal_id",),
    "AppealUpheld": ("appeal_id", "receipt_number", "due_at", "owed_again"),
    "DeliveryChosen": ("method",),
    "Rated": ("stars",),
    "SubjectErased": ("erasure_id",),
}
PROMISE_MOVED = {"Supplemented", "FeeSettled", "WithdrawalDeclined"}
# Words between offices, or of an applicant about themselves, do not travel.
PRIVATE_REASONS = {
    "ConsultationRequested",
    "OutcomeProposed",
    "ProposalReturned",
    "Rated",
    "Appealed",
    "WithdrawalRequested",
}


def event_data(session: Session, event: ApplicationEvent, row: Row) -> Json:
    """The data of the CloudEvent: who, which, its status, and the event's own facts. ``row``: its read model."""
    name = type(event).__name__
    words = (
        vault.Words.of(session, row["application_id"])
        if event.reason or name == "SupplementRequested"
        else vault.Words({})
    )
    own = {fact: words.in_place(getattr(event, fact)) for fact in WIRE_FACTS.get(name, ())}
    if isinstance(event, ConsultationRequested):
        own["asked_agency_code"] = event.agency_code
    if name == "SubjectErased":
        own |= {"account_id": row["applicant_id"], "legal_basis": event.legal_basis}
    if isinstance(event, PaymentRequested):
        own["collected_at"] = "supplement" if event.amount or "supplement" in event.moments else event.moments[0]
    own |= _promise_of(event) | papers_on_the_wire.said_of_papers(session, event, row["application_id"])
    return {**common(event, row), "reason": None if name in PRIVATE_REASONS else words.of_sealed(event.reason), **own}


def _promise_of(event: ApplicationEvent) -> Json:
    """What is promised from now on, where an answer moved it."""
    if type(event).__name__ not in PROMISE_MOVED or event.clock is None:
        return {}
    due = [change["due_at"] for change in event.clock["happenings"] if change["due_at"] is not None]
    return {"due_at": due[-1]} if due else {}


def common(event: ApplicationEvent, row: Row) -> Json:
    """What every event about an application says."""
    return {
        "application_id": row["application_id"],
        "reference": row["reference"],
        "procedure_code": row["procedure_code"],
        "procedure_version": row["procedure_version"],
        "agency_code": row["agency_code"],
        "applicant_id": row["applicant_id"],
        "status": event.status,
        "official_status": official_code(event.status),
        "version": event.originator_version,
        "at": event.timestamp.isoformat(),
        "by": {
            "account_id": event.by["account_id"],
            "role": event.by["role"],
            "agency_code": event.by["agency_code"],
            "on_behalf_of": event.by.get("on_behalf_of"),
        },
        "command_id": event.command_id,
    }
