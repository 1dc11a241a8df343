"""A text for the whole country takes two persons: one proposes its next version, another approves or declines it.

The proposal is checked when it is made, and what is approved is what was proposed. Until then the present text is sent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, page
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.notifications import templates
from services.notifications.errors import SecondPersonNeeded, TemplateRequestNotFound, TemplateRequestNotPending
from services.notifications.models import TemplateRequest

AWAITING, APPROVED, DECLINED, EXPIRED = "awaiting_approval", "approved", "declined", "expired"
TERM = timedelta(days=30)


class TemplateDesk:
    """Where proposals for texts are made and decided on."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> TemplateDesk:
        return cls(Database.at(settings.database_url("notifications")))

    def publish_template(
        self, key: str, channel: str, language: str, subject: str, body: str, *, by: Actor, command: Command
    ) -> dict[str, Any]:
        """Propose the next version of a text; ``version`` is what it would be today."""

        def work(session: Session) -> dict[str, Any]:
            version = templates.checked_version(session, (key, channel, language), subject, body)
            now = clock.now()
            request = TemplateRequest(
                id=str(uuid4()), key=key, channel=channel, language=language, version=version, subject=subject,
                body=body, state=AWAITING, requested_by=by.account_id, requested_at=now, expires_at=now + TERM,
            )  # fmt: skip
            session.add(request)
            return proposal_view(request)

        return self.database.command(command, work)

    def approve_template(self, request_id: str, *, by: Actor, command: Command) -> dict[str, Any]:
        """Publish what somebody else has proposed: used from now on; messages already written keep their text."""

        def work(session: Session) -> dict[str, Any]:
            request = _decided(session, request_id, APPROVED, by)
            which = (request.key, request.channel, request.language)
            request.version = templates.publish(session, which, request.subject, request.body, request.requested_by)
            return proposal_view(request)

        return self.database.command(command, work)

    def decline_template(self, request_id: str, *, by: Actor, command: Command) -> dict[str, Any]:
        """Turn a proposal down; the text stays as it is."""
        return self.database.command(
            command, lambda session: proposal_view(_decided(session, request_id, DECLINED, by))
        )

    def template_requests(self, status: str, limit: int = 50, cursor: str | None = None) -> Page[dict[str, Any]]:
        """Proposals in one state, oldest first, with their words."""
        query = select(TemplateRequest).where(TemplateRequest.state == status)
        key = (TemplateRequest.requested_at, TemplateRequest.id)
        with self.database.session() as session:
            return page(session, query, key, proposal_view, limit=limit, cursor=cursor)


def proposal_view(request: TemplateRequest) -> dict[str, Any]:
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
    if request.requested_by == by.account_id:
        raise SecondPersonNeeded()
    now = clock.now()
    standing = EXPIRED if request.state == AWAITING and request.expires_at <= now else request.state
    if standing != AWAITING:
        raise TemplateRequestNotPending(request_id=request_id, status=standing)
    request.state, request.decided_by, request.decided_at = state, by.account_id, now
    return request
