"""Deciding: proposals, approvals with their result documents, rejections, returns, appeals."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from services.applications import refunded_fees
from services.applications.commands.executor import Commands, next_number
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.errors import InvalidRequest
from services.applications.event_store.store import Store
from services.applications.private_data import pending_blobs, vault
from services.applications.private_data.blobs import Blobs, blobs_of
from services.applications.private_data.uploads import Upload, UploadChecks
from services.applications.procedure_rules import ProcedureRules, day_in_numbers, promise_of

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient

PROPOSALS = {"approve": "approve", "approved": "approve", "reject": "reject", "rejected": "reject"}
APPEAL_OUTCOMES = {"uphold": "upheld", "upheld": "upheld", "dismiss": "dismissed", "dismissed": "dismissed"}


class Decisions:
    """What case officers propose and approvers decide."""

    def __init__(
        self, store: Store, commands: Commands, procedure_rules: ProcedureRules, blobs: Blobs, checks: UploadChecks
    ) -> None:
        self.store, self.commands, self.procedure_rules = store, commands, procedure_rules
        self.blobs, self.checks = blobs, checks

    @classmethod
    def from_settings(cls, settings: Settings) -> Decisions:
        store = Store.from_settings(settings)
        checks = UploadChecks.from_settings(settings)
        return cls(store, Commands(store), ProcedureRules(store.database), blobs_of(settings), checks)

    def propose(
        self, application_id: str, outcome: str, *, by: Actor, command: Command, reason: str | None = None
    ) -> Json:
        """``outcome``: approve or reject."""

        def work(application: Application, act: Act, session: Session) -> Json:
            words = vault.seal_optional(session, application_id, reason)
            application.propose(outcome=PROPOSALS[outcome], reason=words, by=act)
            return {"outcome": PROPOSALS[outcome]}

        return self.commands.change(application_id, "propose", work, by=by, command=command)

    def approve(self, application_id: str, result: str | Json, *, by: Actor, command: Command) -> Json:
        """Approve and issue the result: ``{result_id, …}``. ``result``: its number, title, validity, content."""
        upload, facts = result_document(result, self.checks)
        if upload:
            pending_blobs.note_pending(self.store.database, upload.content, self.store.get(application_id).applicant_id)

        def work(application: Application, act: Act, session: Session) -> Json:
            paper = vault.keep_paper(
                session,
                application_id,
                application.applicant_id,
                kind="result",
                requirement=facts.get("code") or "result",
                facts=facts,
                sha256=upload.sha256 if upload else None,
                at=act.at,
            )
            issued = {
                "result_id": paper["paper_id"],
                "commitment": paper["commitment"],
                "code": facts.get("code"),
                "valid_until": facts.get("valid_until"),
            }
            application.approve(result=issued, by=act)
            if upload:
                upload.hold_until_scanned(session)
                pending_blobs.clear_pending(session, self.blobs.put(upload.content), application.applicant_id)
            return {"result_id": paper["paper_id"]}

        return self.commands.change(application_id, "approve", work, by=by, command=command)

    def reject(self, application_id: str, reason: str, *, by: Actor, command: Command) -> Json:
        def work(application: Application, act: Act, session: Session) -> None:
            application.reject(reason=vault.seal(session, application_id, reason), by=act)

        return self.commands.change(application_id, "reject", work, by=by, command=command)

    def send_back(self, application_id: str, reason: str, *, by: Actor, command: Command) -> Json:
        def work(application: Application, act: Act, session: Session) -> None:
            application.send_back(reason=vault.seal(session, application_id, reason), by=act)

        return self.commands.change(application_id, "send_back", work, by=by, command=command)

    def return_result(
        self, application_id: str, method: str, *, by: Actor, command: Command, tracking_number: str | None = None
    ) -> Json:
        """Hand over the result; by post its tracking number is needed."""
        if method == "post" and not tracking_number:
            raise InvalidRequest.at("/tracking_number", "cần số hiệu bưu gửi", "the post's tracking number is needed")

        def work(application: Application, act: Act, session: Session) -> Json:
            application.return_result(method=method, tracking_number=tracking_number, by=act)
            return {"method": method, "tracking_number": tracking_number}

        return self.commands.change(application_id, "return_result", work, by=by, command=command)

    def decide_appeal(
        self, application_id: str, outcome: str, reason: str, *, catalog: CatalogClient, by: Actor, command: Command
    ) -> Json:
        """``outcome``: uphold (handling starts again) or dismiss."""
        application = self.store.get(application_id)
        promise = promise_of(self.procedure_rules.pinned_to(application, catalog), application.channel)
        calendar = self.procedure_rules.calendar_for(promise, catalog)

        def work(application: Application, act: Act, session: Session) -> Json:
            words = vault.seal(session, application_id, reason)
            if APPEAL_OUTCOMES[outcome] == "dismissed":
                application.dismiss_appeal(reason=words, by=act)
            else:
                number = application.receipt_number or receipt_number(session, application, act.at)
                application.uphold_appeal(
                    reason=words, receipt_number=number, promise=promise, calendar=calendar, by=act,
                    owed_again=refunded_fees.taken_over(session, application_id),
                )  # fmt: skip
            return due_date_of(application) | {"outcome": APPEAL_OUTCOMES[outcome]}

        return self.commands.change(application_id, "decide_appeal", work, by=by, command=command)


def due_date_of(application: Application) -> Json:
    return {"due_at": application.due_at.isoformat() if application.due_at else None}


def receipt_number(session: Session, application: Application, at: datetime) -> str:
    """``TN-<agency>-<date>-<running number>``."""
    sequence = f"{application.agency_code}-{day_in_numbers(at)}"
    return f"TN-{sequence}-{next_number(session, f'receipt:{sequence}'):07d}"


def result_document(result: str | Json, checks: UploadChecks) -> tuple[Upload | None, Json]:
    """The content and the facts of a result: its number, title, validity, file."""
    facts = {"title": result} if isinstance(result, str) else dict(result)
    encoded = facts.pop("content_base64", None)
    if encoded is None:
        return None, facts
    media_type = facts.get("media_type") or "application/pdf"
    upload = checks.checked(encoded, media_type, facts.get("file_name") or None, within="/result")
    return upload, facts | {"media_type": media_type, "size": len(upload.content)}
