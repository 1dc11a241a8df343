"""Deciding: proposals, approvals with their result documents, rejections, returns, appeals."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.calls import Call
from services.applications.commands.attachments import WithPapers
from services.applications.commands.executor import next_number, office_day
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.errors import InvalidRequest
from services.applications.private_data import pending_blobs, vault
from services.applications.private_data.blobs import check_content
from services.applications.procedure_rules import promise_of

PROPOSALS = {"approve": "approve", "approved": "approve", "reject": "reject", "rejected": "reject"}
APPEAL_OUTCOMES = {"uphold": "upheld", "upheld": "upheld", "dismiss": "dismissed", "dismissed": "dismissed"}


class Decisions(WithPapers):
    """What case officers propose and approvers decide."""

    def propose(self, application_id: str, outcome: str, *, by: Call, reason: str | None = None) -> dict[str, Any]:
        """``outcome``: approve or reject."""

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            words = vault.seal_optional(session, application_id, reason)
            application.propose(outcome=PROPOSALS[outcome], reason=words, by=act)
            return {"outcome": PROPOSALS[outcome]}

        return self.on(application_id, "propose", work, by=by)

    def approve(self, application_id: str, result: Any, *, by: Call) -> dict[str, Any]:
        """Approve and issue the result: ``{result_id, …}``. ``result``: its number, title, validity, content."""
        content, facts = result_document(result)
        if content:
            pending_blobs.set_out(self.store.database, content, self.store.get(application_id).applicant_id)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            kept = vault.keep_paper(
                session,
                application_id,
                application.applicant_id,
                kind="result",
                requirement=facts.get("code") or "result",
                facts=facts,
                sha256=hashlib.sha256(content).hexdigest() if content else None,
                at=act.at,
            )
            issued = {
                "result_id": kept["paper_id"],
                "commitment": kept["commitment"],
                "code": facts.get("code"),
                "valid_until": facts.get("valid_until"),
            }
            application.approve(result=issued, by=act)
            if content:
                pending_blobs.arrived(session, self.blobs.put(content), application.applicant_id)
            return {"result_id": kept["paper_id"]}

        return self.on(application_id, "approve", work, by=by)

    def reject(self, application_id: str, reason: str, *, by: Call) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            application.reject(reason=vault.seal(session, application_id, reason), by=act)

        return self.on(application_id, "reject", work, by=by)

    def send_back(self, application_id: str, reason: str, *, by: Call) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            application.send_back(reason=vault.seal(session, application_id, reason), by=act)

        return self.on(application_id, "send_back", work, by=by)

    def return_result(
        self, application_id: str, method: str, *, by: Call, tracking_number: str | None = None
    ) -> dict[str, Any]:
        """Hand over the result; by post its tracking number is needed."""
        if method == "post" and not tracking_number:
            raise InvalidRequest.at("/tracking_number", "cần số hiệu bưu gửi", "the post's tracking number is needed")

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            application.return_result(method=method, tracking_number=tracking_number, by=act)
            return {"method": method, "tracking_number": tracking_number}

        return self.on(application_id, "return_result", work, by=by)

    def decide_appeal(
        self, application_id: str, outcome: str, reason: str, *, catalog: Any, by: Call
    ) -> dict[str, Any]:
        """``outcome``: uphold (handling starts again) or dismiss."""
        calendar = self.rules.calendar(clock.now(), catalog)
        promise = self._promise(application_id, catalog)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            words = vault.seal(session, application_id, reason)
            if APPEAL_OUTCOMES[outcome] == "dismissed":
                application.dismiss_appeal(reason=words, by=act)
            else:
                number = application.receipt_number or receipt_number(session, application, act.at)
                application.uphold_appeal(
                    reason=words, receipt_number=number, promise=promise, calendar=calendar, by=act
                )
            return due(application) | {"outcome": APPEAL_OUTCOMES[outcome]}

        return self.on(application_id, "decide_appeal", work, by=by)

    def _promise(self, application_id: str, catalog: Any) -> dict[str, Any]:
        return promise_of(self._procedure(application_id, catalog), self.store.get(application_id).channel)


def due(application: Application) -> dict[str, Any]:
    return {"due_at": application.due_at.isoformat() if application.due_at else None}


def receipt_number(session: Session, application: Application, at: datetime) -> str:
    """``TN-<agency>-<date>-<running number>``."""
    sequence = f"{application.agency_code}-{office_day(at)}"
    return f"TN-{sequence}-{next_number(session, f'receipt:{sequence}'):07d}"


def result_document(result: Any) -> tuple[bytes | None, dict[str, Any]]:
    """The content and the facts of a result: its number, title, validity, file."""
    given = {"title": result} if isinstance(result, str) else dict(result)
    encoded = given.pop("content_base64", None)
    if encoded is None:
        return None, given
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest.at("/result/content_base64", "không phải Base64", "not Base64") from None
    check_content(content, given.get("media_type") or "application/pdf")
    return content, given | {"media_type": given.get("media_type") or "application/pdf", "size": len(content)}
