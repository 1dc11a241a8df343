"""The office's counter: intake, supplements, money, handling, decisions, returns, appeals."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.settings import Settings
from services.applications import vault
from services.applications.blobs import Blobs, blobs_of, check_content
from services.applications.commanding import Call, Commanding, next_number, office_day
from services.applications.domain import deadline
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.errors import InvalidRequest
from services.applications.rulebook import Rulebook, promise_of
from services.applications.store import Store

PROPOSALS = {"approve": "approve", "approved": "approve", "reject": "reject", "rejected": "reject"}
APPEAL_OUTCOMES = {"uphold": "upheld", "upheld": "upheld", "dismiss": "dismissed", "dismissed": "dismissed"}


class Office(Commanding):
    def __init__(self, store: Store, rules: Rulebook, blobs: Blobs) -> None:
        super().__init__(store, rules)
        self.blobs = blobs

    @classmethod
    def from_settings(cls, settings: Settings) -> Office:
        store = Store.from_settings(settings)
        return cls(store, Rulebook(store.database), blobs_of(settings))

    def accept(self, application_id: str, *, catalog: Any, by: Call) -> dict[str, Any]:
        """Take in; the clock starts: ``{due_at, receipt_number, …}``."""
        calendar = self.rules.calendar(clock.now(), catalog)
        promise = self._promise(application_id, catalog)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            application.accept(
                receipt_number=receipt_number(session, application, act.at), promise=promise, calendar=calendar, by=act
            )
            return due(application) | {"receipt_number": application.receipt_number}

        return self.on(application_id, "accept", work, by=by)

    def refuse_intake(self, application_id: str, reason: str, *, by: Call) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            application.refuse_intake(reason=vault.seal(session, application_id, reason), by=act)

        return self.on(application_id, "refuse_intake", work, by=by)

    def assign(self, application_id: str, officer_id: str, *, by: Call) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            application.assign(officer_id=officer_id, by=act)
            return {"officer_id": officer_id}

        return self.on(application_id, "assign", work, by=by)

    def request_supplement(
        self, application_id: str, marks: list[Any], reason: str, *, catalog: Any, by: Call
    ) -> dict[str, Any]:
        """Ask for papers or corrections: ``{answer_by, …}``. ``marks``: what is wrong where."""
        answer_by = self._answer_by(application_id, "supplement_days", catalog)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            sealed = [sealed_mark(session, application_id, mark) for mark in marks]
            words = vault.seal(session, application_id, reason)
            application.request_supplement(marks=sealed, reason=words, answer_by=answer_by, by=act)
            return {"answer_by": answer_by.isoformat() if answer_by else None}

        return self.on(application_id, "request_supplement", work, by=by)

    def request_payment(
        self, application_id: str, reason: str, *, catalog: Any, by: Call, amount: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ask for fees not paid yet, or for a further amount: ``{moments, answer_by, …}``."""
        answer_by = self._answer_by(application_id, "payment_days", catalog)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            words = vault.seal(session, application_id, reason)
            application.request_payment(reason=words, amount=amount, answer_by=answer_by, by=act)
            return {
                "moments": application.waits[-1]["moments"],
                "answer_by": answer_by.isoformat() if answer_by else None,
            }

        return self.on(application_id, "request_payment", work, by=by)

    def consult(self, application_id: str, agency_code: str, question: str, due_at: str, *, by: Call) -> dict[str, Any]:
        """Ask another agency: ``{consultation_id, …}``."""
        until = instant(due_at, "/due_at")

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            consultation_id, words = str(uuid4()), vault.seal(session, application_id, question)
            application.consult(
                consultation_id=consultation_id, agency_code=agency_code, question=words, due_at=until, by=act
            )
            return {"consultation_id": consultation_id}

        return self.on(application_id, "consult", work, by=by)

    def answer_consultation(
        self, application_id: str, consultation_id: str, opinion: str, *, by: Call
    ) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            words = vault.seal(session, application_id, opinion)
            application.answer_consultation(consultation_id=consultation_id, opinion=words, by=act)

        return self.on(application_id, "answer_consultation", work, by=by)

    def extend(self, application_id: str, due_at: str, reason: str, *, catalog: Any, by: Call) -> dict[str, Any]:
        """Promise a later date: ``{due_at, previous_due_at, …}``."""
        later, procedure = instant(due_at, "/due_at"), self._procedure(application_id, catalog)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            before = application.due_at
            words = vault.seal(session, application_id, reason)
            application.extend(due_at=later, reason=words, may_extend=procedure.get("may_extend", True), by=act)
            return due(application) | {"previous_due_at": before.isoformat() if before else None}

        return self.on(application_id, "extend", work, by=by)

    def confirm_withdrawal(self, application_id: str, *, by: Call, reason: str | None = None) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            application.confirm_withdrawal(reason=vault.seal_optional(session, application_id, reason), by=act)

        return self.on(application_id, "confirm_withdrawal", work, by=by)

    def decline_withdrawal(
        self, application_id: str, *, catalog: Any, by: Call, reason: str | None = None
    ) -> dict[str, Any]:
        calendar = self.rules.calendar_if_known(clock.now(), catalog)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            words = vault.seal_optional(session, application_id, reason)
            application.decline_withdrawal(reason=words, calendar=calendar, by=act)
            return due(application)

        return self.on(application_id, "decline_withdrawal", work, by=by)

    def stop(self, application_id: str, reason: str, *, by: Call, legal_basis: str | None = None) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            words = vault.seal(session, application_id, reason)
            application.stop(cause="approver", reason=words, legal_basis=legal_basis, by=act)

        return self.on(application_id, "stop", work, by=by)

    def propose(self, application_id: str, outcome: str, *, by: Call, reason: str | None = None) -> dict[str, Any]:
        """``outcome``: approve or reject."""

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            words = vault.seal_optional(session, application_id, reason)
            application.propose(outcome=PROPOSALS[outcome], reason=words, by=act)
            return {"outcome": PROPOSALS[outcome]}

        return self.on(application_id, "propose", work, by=by)

    def approve(self, application_id: str, result: Any, *, by: Call) -> dict[str, Any]:
        """Approve and issue the result: ``{result_id, …}``. ``result``: its number, title, validity, content."""
        document = result_document(result)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            content, facts = document
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
                self.blobs.put(content)
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

    def _procedure(self, application_id: str, catalog: Any) -> dict[str, Any]:
        application = self.store.get(application_id)
        return self.rules.pinned(application.procedure_code, application.procedure_version, catalog)

    def _promise(self, application_id: str, catalog: Any) -> dict[str, Any]:
        return promise_of(self._procedure(application_id, catalog), self.store.get(application_id).channel)

    def _answer_by(self, application_id: str, limit: str, catalog: Any) -> datetime | None:
        days = (self._procedure(application_id, catalog).get("limits") or {}).get(limit)
        return deadline.limit(days, clock.now(), self.rules.calendar(clock.now(), catalog)) if days else None


def due(application: Application) -> dict[str, Any]:
    return {"due_at": application.due_at.isoformat() if application.due_at else None}


def receipt_number(session: Session, application: Application, at: datetime) -> str:
    """``TN-<agency>-<date>-<running number>``."""
    sequence = f"{application.agency_code}-{office_day(at)}"
    return f"TN-{sequence}-{next_number(session, f'receipt:{sequence}'):07d}"


def sealed_mark(session: Session, application_id: str, mark: Any) -> dict[str, Any]:
    """One mark as the event keeps it: where in clear, the words sealed."""
    if isinstance(mark, str):
        mark = {"problem": mark}
    places = {name: mark[name] for name in ("pointer", "field", "requirement", "attachment_id") if mark.get(name)}
    words = mark.get("problem") or mark.get("reason") or mark.get("note")
    return {**places, "problem": vault.seal_optional(session, application_id, words)}


def instant(text: str, pointer: str) -> datetime:
    """An instant, or 17:00 of a day, given by a caller."""
    try:
        if len(text) == len("2026-01-01"):
            return datetime.fromisoformat(f"{text}T17:00:00+07:00")
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest.at(pointer, "không phải thời điểm ISO 8601", "not an ISO 8601 instant") from None
    if at.tzinfo is None:
        raise InvalidRequest.at(pointer, "thiếu múi giờ", "the offset is missing")
    return at


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
