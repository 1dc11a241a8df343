"""What a sender asks of receivers afterwards, recall, update, replace, and what they answer: both are steps, neither is
taken for granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import AgencyBook, AgencyLookup
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from services.interchange.documents.agencies import OFFICERS, check_post, receiving
from services.interchange.documents.consignments import StepWriter, not_allowed
from services.interchange.documents.dispatch import new_document, receipt_of, received_document, send_to
from services.interchange.documents.papers import DocumentDraft, draft_of_arguments, store_version
from services.interchange.documents.tables import DocumentReceiver, OfficialDocument
from services.interchange.domain.correspondence import (
    CANCELLED,
    OPEN,
    RECALL,
    REFUSED,
    REPLACE,
    SENT,
    UPDATE,
    Consignment,
)
from services.interchange.errors import DocumentNotFound, DocumentNumberUsed
from services.interchange.event_store.store import InterchangeStore

REQUESTED, DECLINED_BY_RULE, WITHDRAWN, UNTOUCHED = "requested", "declined", "cancelled", "unchanged"


class DocumentChanges:
    """Recalls, updates and replaces what was sent."""

    def __init__(self, store: InterchangeStore) -> None:
        self.store, self._agencies = store, AgencyBook()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(InterchangeStore.from_settings(settings))

    def recall(
        self, document_id: str, reason: str, agencies: Sequence[str] | None, *, by: Actor, command: Command
    ) -> Json:
        """→ ``{document_id, receivers: [{agency_code, outcome, status}]}``.

        What has not left is cancelled. Where the receiver has finished, the recall is recorded and declined (16).
        """

        def work(session: Session) -> Json:
            row = sent_document(session, document_id, by)
            steps = StepWriter(self.store, session, by, command)
            receivers = _receivers_of(session, row, agencies, "/agencies")
            outcomes = [_recalled(steps, row, agency_code, reason) for agency_code in receivers]
            return _concluded(steps, row, outcomes, receivers)

        return self.store.command(command, work)

    def update(
        self,
        document_id: str,
        document: Json,
        attachments: Sequence[Json],
        reason: str,
        add_agencies: Sequence[str],
        remove_agencies: Sequence[str],
        *,
        catalog: AgencyLookup,
        by: Actor,
        command: Command,
    ) -> Json:
        """A new version under the same number, asked of those who have the document; who is added gets it at once.

        Who is removed is asked for a recall.
        """
        added = receiving(self._agencies, add_agencies, catalog, "/add_agencies")

        def work(session: Session) -> Json:
            row = sent_document(session, document_id, by)
            draft = draft_of_arguments(document, attachments)
            if draft.code(row.from_agency) != row.code:
                raise InvalidRequest.at(
                    "/document",
                    "bản cập nhật giữ nguyên số, ký hiệu, ngày",
                    "an update keeps number, notation and date",
                )
            if row.erased:
                raise not_allowed(Consignment(status="erased"), row.document_id, row.from_agency, UPDATE)
            version = row.version + 1
            digest = store_version(session, row, version, draft)
            row.version = version
            steps = StepWriter(self.store, session, by, command)
            removed = _receivers_of(session, row, list(remove_agencies), "/remove_agencies")
            rest = [code for code in _receivers_of(session, row, None, "") if code not in {*removed, *added}]
            facts = {"content_version": version, "digest": digest, "due_on": draft.due_on}
            outcomes = [_recalled(steps, row, agency_code, reason) for agency_code in removed]
            outcomes += [_asked_for(steps, row, agency_code, UPDATE, facts, reason) for agency_code in rest]
            outcomes += [send_to(steps, session, row, agency_code) for agency_code in added]
            return _concluded(steps, row, outcomes, rest) | {"content_version": version}

        return self.store.command(command, work)

    def replace(
        self,
        document_id: str,
        document: Json,
        attachments: Sequence[Json],
        reason: str,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """Another document in place of this one, asked of those who have it; they get it when they agree.

        Who has refused the first one gets the other at once. The first one stays readable.
        """

        def work(session: Session) -> Json:
            row = sent_document(session, document_id, by)
            draft = draft_of_arguments(document, attachments)
            other = _unused(session, row, draft)
            steps = StepWriter(self.store, session, by, command)
            receivers = _receivers_of(session, row, None, "")
            outcomes = []
            for agency_code in receivers:
                if steps.consignment(row.document_id, agency_code).status in {REFUSED, CANCELLED}:
                    outcomes.append(send_to(steps, session, other, agency_code))
                else:
                    facts = {"replacement_id": other.document_id}
                    outcomes.append(_asked_for(steps, row, agency_code, REPLACE, facts, reason))
            reply = _concluded(steps, row, outcomes, receivers)
            return reply | {"replacement_id": other.document_id, "replacement_code": other.code}

        return self.store.command(command, work)

    def answer(
        self, document_id: str, agency_code: str, agree: bool, reason: str | None, *, by: Actor, command: Command
    ) -> Json:
        """A receiver agrees (15) to what the sender asked for, or declines (16)."""

        def work(session: Session) -> Json:
            check_post(by, agency_code)
            row = received_document(session, document_id, agency_code)
            steps = StepWriter(self.store, session, by, command)
            request = steps.consignment(row.document_id, agency_code).pending
            after = steps.take(row, agency_code, "agree" if agree else "decline", reason=reason)
            if agree and request is not None and request.replacement_id:
                send_to(steps, session, session.get_one(OfficialDocument, request.replacement_id), agency_code)
            steps.write()
            return receipt_of(row, agency_code, after) | {"superseded_by": after.superseded_by}

        return self.store.command(command, work)


def sent_document(session: Session, document_id: str, by: Actor) -> OfficialDocument:
    """A document that the caller's agency sent; ``DocumentNotFound`` alike for none and for one that it did not."""
    row = session.get(OfficialDocument, document_id.lower())
    if row is None or not by.at(row.from_agency, *OFFICERS):
        raise DocumentNotFound(document=document_id)
    return row


def _receivers_of(session: Session, row: OfficialDocument, agencies: Sequence[str] | None, pointer: str) -> list[str]:
    """Its receivers, all or those named; ``InvalidRequest`` for a name that is none."""
    query = select(DocumentReceiver.agency_code).where(DocumentReceiver.document_id == row.document_id)
    receivers = list(session.scalars(query.order_by(DocumentReceiver.agency_code)))
    if agencies is None:
        return receivers
    for place, code in enumerate(agencies):
        if code not in receivers:
            raise InvalidRequest.at(f"{pointer}/{place}", f"{code} không nhận văn bản", f"{code} is no receiver of it")
    return [code for code in receivers if code in agencies]


def _recalled(steps: StepWriter, row: OfficialDocument, agency_code: str, reason: str) -> Json:
    before = steps.consignment(row.document_id, agency_code)
    if before.status == SENT:
        return _outcome(agency_code, WITHDRAWN, steps.take(row, agency_code, "cancel", reason=reason))
    outcome = _asked_for(steps, row, agency_code, RECALL, {}, reason)
    if not before.decided:
        return outcome
    return _outcome(agency_code, DECLINED_BY_RULE, steps.take(row, agency_code, "decline", {"by_rule": "finished"}))


def _asked_for(
    steps: StepWriter, row: OfficialDocument, agency_code: str, request: str, facts: Mapping[str, object], reason: str
) -> Json:
    """Ask a receiver who has the document; ``TransitionNotAllowed`` while another request waits for an answer."""
    before = steps.consignment(row.document_id, agency_code)
    if before.status not in OPEN:
        return _outcome(agency_code, UNTOUCHED, before)
    after = steps.take(row, agency_code, "ask", {"request": request, **facts}, reason=reason)
    return _outcome(agency_code, REQUESTED, after)


def _outcome(agency_code: str, outcome: str, consignment: Consignment) -> Json:
    return {"agency_code": agency_code, "outcome": outcome, "status": consignment.status}


def _concluded(steps: StepWriter, row: OfficialDocument, outcomes: list[Json], receivers: Sequence[str]) -> Json:
    """Write the steps; ``TransitionNotAllowed`` where nobody was left to be asked."""
    if all(outcome["outcome"] == UNTOUCHED for outcome in outcomes):
        agency_code = receivers[0] if receivers else "–"
        raise not_allowed(steps.consignment(row.document_id, agency_code), row.document_id, agency_code, "ask")
    steps.write()
    return {"document_id": row.document_id, "receivers": outcomes}


def _unused(session: Session, row: OfficialDocument, draft: DocumentDraft) -> OfficialDocument:
    """The other document, new; ``DocumentNumberUsed`` for a number that has been used."""
    if session.get(OfficialDocument, draft.document_id(row.from_agency)) is not None:
        raise DocumentNumberUsed(code=draft.code(row.from_agency))
    return new_document(session, row.from_agency, draft, replaces=row.document_id)
