"""What of an erased person is left with oversight: that there was an application, and when what happened to it.

Figures count applications, not people, so none changes; whose an application was, is forgotten.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from infra.chassis.erasure.requests import ErasureRequests
from services.oversight.feedback.tables import FeedbackAct, FeedbackTicket, FeedbackWords
from services.oversight.models import ApplicationFact


class PersonalData(ErasureRequests):
    """Oversight's part of an erasure."""

    service, answer = "oversight", "subject_forgotten.v1"

    def marks(self, session: Session, account_id: str) -> set[str]:
        """The person's applications."""
        own = select(ApplicationFact.application_id).where(ApplicationFact.applicant_id == account_id)
        return set(session.scalars(own))

    def forget(self, session: Session, account_id: str, marks: set[str]) -> dict[str, int]:
        own = update(ApplicationFact).where(ApplicationFact.applicant_id == account_id).values(applicant_id=None)
        forgotten = {"application_fact": _row_count(session.execute(own)), **_forget_feedback(session, account_id)}
        return {name: count for name, count in forgotten.items() if count}


def _forget_feedback(session: Session, account_id: str) -> dict[str, int]:
    """Every word of the person's tickets goes; that there was one, and what became of it, stays."""
    tickets = list(session.scalars(select(FeedbackTicket.feedback_id).where(FeedbackTicket.giver_id == account_id)))
    session.execute(
        update(FeedbackAct).where(FeedbackAct.feedback_id.in_(tickets), FeedbackAct.by == account_id).values(by="")
    )
    session.execute(update(FeedbackTicket).where(FeedbackTicket.giver_id == account_id).values(giver_id=None))
    words = session.execute(delete(FeedbackWords).where(FeedbackWords.feedback_id.in_(tickets)))
    return {"feedback_words": _row_count(words)}


def _row_count(done: object) -> int:
    return int(getattr(done, "rowcount", 0))
