"""Papers of an application: new ones, checked for what they are, and ones the applicant has handed in before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from services.applications.access import application_of_caller
from services.applications.commands import completeness
from services.applications.commands.executor import Commands
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.errors import AttachmentNotFound, InvalidRequest
from services.applications.event_store.store import Store
from services.applications.models import Paper
from services.applications.private_data import pending_blobs, vault
from services.applications.private_data.blobs import Blobs, blobs_of
from services.applications.private_data.uploads import Upload, UploadChecks
from services.applications.procedure_rules import ProcedureRules

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient, IdentityClient


class Attachments:
    """Attaching and detaching, for the applicant or a delegate."""

    def __init__(
        self, store: Store, commands: Commands, procedure_rules: ProcedureRules, blobs: Blobs, checks: UploadChecks
    ) -> None:
        self.store, self.commands, self.procedure_rules = store, commands, procedure_rules
        self.blobs, self.checks = blobs, checks

    @classmethod
    def from_settings(cls, settings: Settings) -> Attachments:
        store = Store.from_settings(settings)
        checks = UploadChecks.from_settings(settings)
        return cls(store, Commands(store), ProcedureRules(store.database), blobs_of(settings), checks)

    def attach(
        self,
        application_id: str,
        requirement: str,
        *,
        catalog: CatalogClient,
        identity: IdentityClient,
        by: Actor,
        command: Command,
        file_name: str | None = None,
        media_type: str | None = None,
        content_base64: str | None = None,
        from_attachment_id: str | None = None,
    ) -> Json:
        """Add a paper, new or one handed in before: ``{attachment_id, sha256, …}``."""
        own = application_of_caller(self.store, application_id, identity, by)
        completeness.check_requirement(self.procedure_rules.pinned_to(own, catalog), requirement)
        upload = self._upload(content_base64, media_type, file_name) if from_attachment_id is None else None
        if upload is not None:
            pending_blobs.note_pending(self.store.database, upload.content, own.applicant_id)

        def work(application: Application, act: Act, session: Session) -> Json:
            if upload is None:
                facts, sha256 = earlier_paper(session, application, str(from_attachment_id))
            else:
                facts = {"file_name": file_name, "media_type": media_type, "size": len(upload.content)}
                sha256 = upload.sha256
            attachment_id = record_paper(session, application, requirement, facts, sha256, act)
            if upload is not None:
                self._store_content(session, upload, application.applicant_id)
            return {"attachment_id": attachment_id, "sha256": sha256}

        return self.commands.change(application_id, "attach", work, by=by, command=command, identity=identity, own=own)

    def detach(
        self, application_id: str, attachment_id: str, *, identity: IdentityClient, by: Actor, command: Command
    ) -> Json:
        def work(application: Application, act: Act, session: Session) -> None:
            application.detach(attachment_id=attachment_id, by=act)

        return self.commands.change(application_id, "detach", work, by=by, command=command, identity=identity)

    def _store_content(self, session: Session, upload: Upload, applicant_id: str) -> None:
        upload.hold_until_scanned(session)
        pending_blobs.clear_pending(session, self.blobs.put(upload.content), applicant_id)

    def _upload(self, content_base64: str | None, media_type: str | None, file_name: str | None) -> Upload:
        for name, value in (("file_name", file_name), ("media_type", media_type), ("content_base64", content_base64)):
            if not value:
                raise InvalidRequest.at(f"/{name}", "thiếu trường bắt buộc", "a required member is missing")
        return self.checks.checked(content_base64 or "", media_type or "", file_name)


def record_paper(
    session: Session, application: Application, requirement: str, facts: Json, sha256: str | None, act: Act
) -> str:
    """The particulars beside the stream, their commitment in it; the id of the attachment."""
    paper = vault.keep_paper(
        session,
        str(application.id),
        application.applicant_id,
        kind="attachment",
        requirement=requirement,
        facts=facts,
        sha256=sha256,
        at=act.at,
    )
    application.attach(
        attachment_id=paper["paper_id"],
        requirement=requirement,
        media_type=facts["media_type"],
        size=facts["size"],
        commitment=paper["commitment"],
        by=act,
    )
    attachment_id: str = paper["paper_id"]
    return attachment_id


def earlier_paper(session: Session, application: Application, attachment_id: str) -> tuple[Json, str | None]:
    """A paper the same applicant handed in before."""
    paper = session.get(Paper, attachment_id)
    if paper is None or paper.applicant_id != application.applicant_id or paper.kind != "attachment":
        raise AttachmentNotFound(attachment_id=attachment_id)
    return dict(paper.facts), paper.sha256
