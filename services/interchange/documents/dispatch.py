"""Documents go out, and receivers say what becomes of them: refused, accepted, assigned, in work, finished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import AgencyBook, AgencyLookup
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from services.interchange.documents.agencies import check_post, receiving
from services.interchange.documents.consignments import StepWriter
from services.interchange.documents.papers import DocumentDraft, draft_of_arguments, says_the_same, store_version
from services.interchange.documents.tables import DocumentContent, DocumentReceiver, OfficialDocument
from services.interchange.domain.correspondence import ACT_OF, MOST_SENDINGS, MOVES, RECEIVER, Consignment
from services.interchange.domain.document_events import document_code, document_id_of
from services.interchange.errors import DocumentNotFound, DocumentNumberUsed, ResendLimitReached
from services.interchange.event_store.store import InterchangeStore

DISPATCHED, AGAIN, UNCHANGED = "sent", "sent_again", "unchanged"


class DocumentDispatch:
    """Sends documents and takes what receivers answer."""

    def __init__(self, store: InterchangeStore) -> None:
        self.store, self._agencies = store, AgencyBook()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(InterchangeStore.from_settings(settings))

    def send(
        self,
        from_agency: str,
        to_agencies: Sequence[str],
        document: Json,
        attachments: Sequence[Json],
        *,
        catalog: AgencyLookup,
        by: Actor,
        command: Command,
    ) -> Json:
        """→ ``{document_id, code, receivers: [{agency_code, outcome, status}]}``.

        The same document again goes to receivers who have refused it or never had it, and changes nothing with others.
        """
        receivers = receiving(self._agencies, to_agencies, catalog)

        def work(session: Session) -> Json:
            check_post(by, from_agency)
            if from_agency in receivers:
                raise InvalidRequest.at("/to_agencies", "cơ quan gửi cũng là cơ quan nhận", "it is sent to its sender")
            draft = draft_of_arguments(document, attachments)
            row = known_document(session, from_agency, draft) or new_document(session, from_agency, draft)
            steps = StepWriter(self.store, session, by, command)
            outcomes = [send_to(steps, session, row, agency_code) for agency_code in receivers]
            link_replies(steps, session, row, draft)
            steps.write()
            return {"document_id": row.document_id, "code": row.code, "receivers": outcomes}

        return self.store.command(command, work)

    def respond(
        self,
        document_id: str,
        agency_code: str,
        status: str,
        reason: str | None,
        officer_id: str | None,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """A receiver's status, by its word or its code; a refusal says why."""

        def work(session: Session) -> Json:
            check_post(by, agency_code)
            row = received_document(session, document_id, agency_code)
            act = ACT_OF[status]
            if act == "refuse" and not (reason or "").strip():
                raise InvalidRequest.at("/reason", "từ chối phải nêu lý do", "a refusal says why")
            steps = StepWriter(self.store, session, by, command)
            facts = {"officer_id": officer_id} if officer_id else {}
            after = steps.take(row, agency_code, act, facts, reason=reason)
            steps.write()
            return receipt_of(row, agency_code, after)

        return self.store.command(command, work)


def known_document(session: Session, from_agency: str, draft: DocumentDraft) -> OfficialDocument | None:
    """The document if it was sent before; ``DocumentNumberUsed`` if its number was, for another content."""
    row = session.get(OfficialDocument, draft.document_id(from_agency))
    if row is not None and not says_the_same(session, row, draft):
        raise DocumentNumberUsed(code=row.code)
    return row


def new_document(
    session: Session, from_agency: str, draft: DocumentDraft, replaces: str | None = None
) -> OfficialDocument:
    """A document's row, with its first version."""
    row = OfficialDocument(
        document_id=draft.document_id(from_agency), code=draft.code(from_agency), from_agency=from_agency, version=1,
        due_on=draft.due_on, replaces=replaces, erased=False, sent_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    store_version(session, row, 1, draft)
    return row


def send_to(steps: StepWriter, session: Session, row: OfficialDocument, agency_code: str) -> Json:
    """Send a document's latest version to a receiver, where it arrives at once; nothing where they have it."""
    consignment, outcome = steps.consignment(row.document_id, agency_code), UNCHANGED
    if consignment.status in MOVES["send"].origins:
        if consignment.exhausted:
            raise ResendLimitReached(code=row.code, agency_code=agency_code, most=MOST_SENDINGS)
        outcome = AGAIN if consignment.sendings else DISPATCHED
        stored = session.get_one(DocumentContent, (row.document_id, row.version))
        facts = {"content_version": row.version, "digest": stored.digest, "due_on": row.due_on}
        steps.take(row, agency_code, "send", facts)
        consignment = steps.take(row, agency_code, "arrive")
    return {"agency_code": agency_code, "outcome": outcome, "status": consignment.status}


def link_replies(steps: StepWriter, session: Session, row: OfficialDocument, draft: DocumentDraft) -> None:
    """Note at each document that this one answers (``response_for``) that its receiver has answered it."""
    for answered in draft.document.get("response_for", ()):
        code = document_code(answered["agency_code"], answered["date"], answered["number"], answered["notation"])
        original = session.get(OfficialDocument, document_id_of(code))
        if original is None or original.document_id == row.document_id:
            continue
        consignment = steps.consignment(original.document_id, row.from_agency)
        linked = {document_id for document_id, _ in consignment.replies}
        if consignment.may("reply") and row.document_id not in linked:
            steps.take(original, row.from_agency, "reply", {"document_id": row.document_id})


def received_document(session: Session, document_id: str, agency_code: str) -> OfficialDocument:
    """A document that was sent to this agency; ``DocumentNotFound`` alike for none and for one that was not."""
    row = session.get(OfficialDocument, document_id.lower())
    if row is None or session.get(DocumentReceiver, (row.document_id, agency_code)) is None:
        raise DocumentNotFound(document=document_id)
    return row


def receipt_of(row: OfficialDocument, agency_code: str, consignment: Consignment) -> Json:
    """How a document stands with a receiver after a step of theirs."""
    return {
        "document_id": row.document_id,
        "agency_code": agency_code,
        "status": consignment.status,
        "status_code": consignment.code,
        "version": consignment.version,
        "allowed": consignment.allowed(RECEIVER),
    }
