"""Papers handed in with an application: new ones, checked for what they are, and ones handed in before."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, Self

from sqlalchemy.orm import Session

from infra.chassis.calls import Call
from infra.chassis.settings import Settings
from services.applications.access import check_delegation
from services.applications.commands import completeness
from services.applications.commands.executor import Commanding
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.errors import AttachmentNotFound, InvalidRequest
from services.applications.event_store.store import Store
from services.applications.models import Paper
from services.applications.private_data import pending_blobs, vault
from services.applications.private_data.blobs import Blobs, blobs_of, check_content
from services.applications.procedure_rules import Rulebook


class WithPapers(Commanding):
    """A use case that keeps papers beside the streams."""

    def __init__(self, store: Store, rules: Rulebook, blobs: Blobs) -> None:
        super().__init__(store, rules)
        self.blobs = blobs

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        store = Store.from_settings(settings)
        return cls(store, Rulebook(store.database), blobs_of(settings))

    def _procedure(self, application_id: str, catalog: Any) -> dict[str, Any]:
        application = self.store.get(application_id)
        return self.rules.pinned(application.procedure_code, application.procedure_version, catalog)


class Papers(WithPapers):
    """Attaching and detaching, for the citizen."""

    def _own(self, application_id: str, identity: Any, by: Call) -> Application:
        """The application, for its applicant or a delegate: a stranger is not told even what form it has."""
        application = self.store.get(application_id)
        if by.actor.account_id != application.applicant_id:
            check_delegation(identity, by.actor, application.applicant_id, application.procedure_code)
        return application

    def _own_procedure(self, application_id: str, catalog: Any, identity: Any, by: Call) -> dict[str, Any]:
        """The version the caller's own application is pinned to."""
        application = self._own(application_id, identity, by)
        return self.rules.pinned(application.procedure_code, application.procedure_version, catalog)

    def attach(
        self,
        application_id: str,
        requirement: str,
        *,
        catalog: Any,
        identity: Any,
        by: Call,
        file_name: str | None = None,
        media_type: str | None = None,
        content_base64: str | None = None,
        from_attachment_id: str | None = None,
    ) -> dict[str, Any]:
        """Add a paper, new or one handed in before: ``{attachment_id, sha256, …}``."""
        own = self._own(application_id, identity, by)
        procedure = self.rules.pinned(own.procedure_code, own.procedure_version, catalog)
        completeness.check_requirement(procedure, requirement)
        content = decoded(content_base64, media_type, file_name) if from_attachment_id is None else None
        if content is not None:
            pending_blobs.set_out(self.store.database, content, own.applicant_id)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            if content is None:
                facts, sha256 = reused(session, application, str(from_attachment_id))
            else:
                facts = {"file_name": file_name, "media_type": media_type, "size": len(content)}
                sha256 = hashlib.sha256(content).hexdigest()
            kept = vault.keep_paper(
                session,
                application_id,
                application.applicant_id,
                kind="attachment",
                requirement=requirement,
                facts=facts,
                sha256=sha256,
                at=act.at,
            )
            application.attach(
                attachment_id=kept["paper_id"],
                requirement=requirement,
                media_type=facts["media_type"],
                size=facts["size"],
                commitment=kept["commitment"],
                by=act,
            )
            if content is not None:
                pending_blobs.arrived(session, self.blobs.put(content), application.applicant_id)
            return {"attachment_id": kept["paper_id"], "sha256": sha256}

        return self.on(application_id, "attach", work, by=by, identity=identity)

    def detach(self, application_id: str, attachment_id: str, *, identity: Any, by: Call) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            application.detach(attachment_id=attachment_id, by=act)

        return self.on(application_id, "detach", work, by=by, identity=identity)


def decoded(content_base64: str | None, media_type: str | None, file_name: str | None) -> bytes:
    """The content of an upload, checked."""
    for name, value in (("file_name", file_name), ("media_type", media_type), ("content_base64", content_base64)):
        if not value:
            raise InvalidRequest.at(f"/{name}", "thiếu trường bắt buộc", "a required member is missing")
    try:
        content = base64.b64decode(content_base64 or "", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest.at("/content_base64", "không phải Base64", "not Base64") from None
    check_content(content, media_type or "")
    return content


def reused(session: Session, application: Application, attachment_id: str) -> tuple[dict[str, Any], str | None]:
    """A paper the same applicant handed in before."""
    paper = session.get(Paper, attachment_id)
    if paper is None or paper.applicant_id != application.applicant_id or paper.kind != "attachment":
        raise AttachmentNotFound(attachment_id=attachment_id)
    return dict(paper.facts), paper.sha256
