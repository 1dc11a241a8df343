"""A text for the whole country takes two persons: one proposes its next version, another approves or declines it.

The proposal is checked when it is made, and what is approved is what was proposed. Until then the present text is sent.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import APPROVED, AWAITING, DECLINED, decide
from infra.chassis.cursors import Page, page
from infra.chassis.instants import end_of_limit
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.notifications import templates
from services.notifications.errors import SecondPersonNeeded, TemplateRequestNotFound, TemplateRequestNotPending
from services.notifications.models import TemplateRequest

TERM = 30  # days


class TemplateDesk:
    """Where proposals for texts are made and decided on."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> TemplateDesk:
        return cls(Database.at(settings.database_url("notifications")))

    def publish_template(
        self, key: str, channel: str, language: str, subject: str, body: str, *, by: Actor, command: Command
    ) -> Json:
        """Propose the next version of a text; ``version`` is what it would be today."""

        def work(session: Session) -> Json:
            version = templates.checked_version(session, (key, channel, language), subject, body)
            now = clock.now()
            request = TemplateRequest(
                id=str(uuid4()), key=key, channel=channel, language=language, version=version, subject=subject,
                body=body, state=AWAITING, requested_by=by.account_id, requested_at=now,
                expires_at=end_of_limit(TERM, now),
            )  # fmt: skip
            session.add(request)
            return proposal_view(request)

        return self.database.command(command, work)

    def approve_template(self, request_id: str, *, by: Actor, command: Command) -> Json:
        """Publish what somebody else has proposed: used from now on; messages already written keep their text."""

        def work(session: Session) -> Json:
            request = _decided(session, request_id, APPROVED, by)
            which = (request.key, request.channel, request.language)
            request.version = templates.publish(session, which, request.subject, request.body, request.requested_by)
            return proposal_view(request)

        return self.database.command(command, work)

    def decline_template(self, request_id: str, *, by: Actor, command: Command) -> Json:
        """Turn a proposal down; the text stays as it is."""
        return self.database.command(
            command, lambda session: proposal_view(_decided(session, request_id, DECLINED, by))
        )

    def template_requests(self, status: str, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        """Proposals in one state, oldest first, with their words."""
        query = select(TemplateRequest).where(TemplateRequest.state == status)
        key = (TemplateRequest.requested_at, TemplateRequest.id)
        with self.database.session() as session:
            return page(session, query, key, proposal_view, limit=limit, cursor=cursor)


def proposal_view(request: TemplateRequest) -> Json:
    return {
        "request_id": request.id, "status": request.state,
        "key": request.key, "channel": request.channel, "language": request.language, "version": request.version,
        "subject": request.subject, "body": request.body,
        "requested_by": request.requested_by, "requested_at": request.requested_at.isoformat(),
        "expires_at": request.expires_at.isoformat(), "decided_by": request.decided_by,
        "decided_at": request.decided_at.isoformat() if request.decided_at else None,
    }  # fmt: skip


def _decided(session: Session, request_id: str, state: str, by: Actor) -> TemplateRequest:
    """The proposal, decided on by somebody other than who made it."""
    request = session.get(TemplateRequest, request_id, with_for_update=True)
    if request is None:
        raise TemplateRequestNotFound(request_id=request_id)
    decide(
        request, state, by, same_person=SecondPersonNeeded,
        not_waiting=lambda status: TemplateRequestNotPending(request_id=request_id, status=status),
    )  # fmt: skip
    return request
