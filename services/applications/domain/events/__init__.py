"""The events of an application. ``KINDS`` maps a kind's name to its class, ``TOPICS`` a stored topic to its kind."""

from services.applications.domain.events.base import KINDS, Answered, ApplicationEvent, Waiting
from services.applications.domain.events.filing import (
    AnswersSaved, Appealed, Attached, DeliveryChosen, Detached, Rated, Started, Submitted, Supplemented, WithdrawalRequested,
)
from services.applications.domain.events.intake import (
    Accepted, Assigned, ConsultationAnswered, ConsultationRequested, DeadlineExtended, FeeSettled, IntakeRefused,
    PaymentRequested, Stopped, SupplementRequested, WithdrawalDeclined, WithdrawnByApplicant,
)
from services.applications.domain.events.outcome import (
    AppealDismissed, AppealUpheld, Approved, OutcomeProposed, ProposalReturned, Rejected, ResultReturned, SubjectErased,
)

TOPICS: dict[str, str] = {kind.TOPIC: name for name, kind in KINDS.items()}

__all__ = [
    "KINDS", "TOPICS", "Accepted", "Answered", "AnswersSaved", "AppealDismissed", "AppealUpheld", "Appealed", "ApplicationEvent",
    "Approved", "Assigned", "Attached", "ConsultationAnswered", "ConsultationRequested", "DeadlineExtended", "DeliveryChosen",
    "Detached", "FeeSettled", "IntakeRefused", "OutcomeProposed", "PaymentRequested", "ProposalReturned", "Rated", "Rejected",
    "ResultReturned", "Started", "Stopped", "SubjectErased", "Submitted", "SupplementRequested", "Supplemented", "Waiting",
    "WithdrawalDeclined", "WithdrawalRequested", "WithdrawnByApplicant",
]
