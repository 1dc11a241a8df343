"""What an event on the wire says of papers: yes or no, never which. Official figures and integrity checks need no more.

Read from the papers kept next to the stream when the event is published; of papers that are gone nothing is said.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.applications.domain.events import ApplicationEvent, Approved, Submitted
from services.applications.models import Paper
from services.applications.private_data import vault


def said_of_papers(session: Session, event: ApplicationEvent, application_id: str) -> dict[str, bool]:
    """Of a submission: ``reused``, and whether an e-ID stood behind its sign-in (``verified_sign_in``). Of an approval:
    ``electronic_result`` and ``result_repeats_paper``.
    """
    if isinstance(event, Submitted):
        return {**_of_submission(session, application_id), "verified_sign_in": event.sign_in is not None}
    return _of_result(session, application_id, event.result["result_id"]) if isinstance(event, Approved) else {}


def _of_submission(session: Session, application_id: str) -> dict[str, bool]:
    own = [paper for paper in vault.papers(session, application_id).values() if paper.kind == "attachment"]
    digests = {paper.sha256 for paper in own if paper.sha256}
    if not digests:
        return {"reused": False}
    earlier = select(Paper.paper_id).where(
        Paper.sha256.in_(sorted(digests)), Paper.applicant_id == own[0].applicant_id,
        Paper.application_id != application_id, Paper.added_at < max(paper.added_at for paper in own),
    )  # fmt: skip
    return {"reused": session.scalar(earlier.limit(1)) is not None}


def _of_result(session: Session, application_id: str, result_id: str) -> dict[str, bool]:
    papers = vault.papers(session, application_id)
    result = papers.get(result_id)
    if result is None:
        return {}
    handed_in = {paper.sha256 for paper in papers.values() if paper.kind == "attachment" and paper.sha256}
    return {"electronic_result": result.sha256 is not None, "result_repeats_paper": result.sha256 in handed_in}
