"""One document as those who have a part in it see it: its content, how it stands with receivers, its history, files."""

from __future__ import annotations

import base64
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.interchange.documents.agencies import OFFICERS
from services.interchange.documents.boxes import NOT_COME, head_of, standing_of
from services.interchange.documents.consignments import consignment_with, replayed
from services.interchange.documents.papers import content_view
from services.interchange.documents.tables import (
    DocumentAttachment,
    DocumentReceiver,
    DocumentWords,
    OfficialDocument,
)
from services.interchange.domain.correspondence import BusinessRequest, consignment_of, status_code
from services.interchange.errors import AttachmentNotFound, DocumentNotFound
from services.interchange.event_store.store import InterchangeStore


class DocumentEnquiries:
    """Reads documents for the agencies that sent or got them, and for auditors."""

    def __init__(self, store: InterchangeStore) -> None:
        self.store = store

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(InterchangeStore.from_settings(settings))

    def document(self, document_id: str, agency_code: str | None, *, by: Actor) -> Json:
        """A document with how it stands with those receivers that the caller may see.

        ``history`` is given where that is one receiver: the caller's own agency, or ``agency_code``.
        """
        with self.store.database.session() as session:
            row, receivers = visible(session, document_id, by)
            if agency_code is not None:
                receivers = [receiver for receiver in receivers if receiver.agency_code == agency_code]
                if not receivers:
                    raise DocumentNotFound(document=document_id)
            version = receivers[0].content_version if not sees_all(row, by) else row.version
            view = {
                **head_of(row),
                "content_version": version,
                "document": content_view(session, row.document_id, version),
                "receivers": [standing_of(receiver) for receiver in receivers],
            }
            if len(receivers) == 1:
                view |= self._history(session, receivers[0])
            return view

    def attachment(self, document_id: str, attachment_id: str, *, by: Actor) -> Json:
        """A file of a document, of the version that the caller may see; ``AttachmentNotFound`` for any other."""
        with self.store.database.session() as session:
            row, receivers = visible(session, document_id, by)
            file = session.get(DocumentAttachment, attachment_id.lower())
            if file is None or not self._is_open(row, receivers, file, by):
                raise AttachmentNotFound(attachment_id=attachment_id)
            return {
                "attachment_id": file.attachment_id,
                "file_name": file.file_name,
                "media_type": file.media_type,
                "sha256": file.sha256,
                "content_base64": base64.b64encode(bytes(file.content)).decode(),
            }

    def _is_open(
        self, row: OfficialDocument, receivers: list[DocumentReceiver], file: DocumentAttachment, by: Actor
    ) -> bool:
        """Whether a file is the document's, of a version that a receiver has or is asked to take in its place."""
        if file.document_id == row.document_id and sees_all(row, by):
            return True
        for receiver in receivers:
            if file.document_id == row.document_id and file.version <= receiver.content_version:
                return True
            request = self._pending(receiver) if receiver.pending else None
            if request is not None and (file.document_id, file.version) in {
                (row.document_id, request.content_version),
                (request.replacement_id, 1),
            }:
                return True
        return False

    def _pending(self, receiver: DocumentReceiver) -> BusinessRequest | None:
        return consignment_with(self.store, receiver.document_id, receiver.agency_code).pending

    def _history(self, session: Session, receiver: DocumentReceiver) -> Json:
        """Steps, request that waits, and what may be done next, from the events."""
        steps = replayed(self.store, receiver.document_id, receiver.agency_code)
        words = select(DocumentWords).where(
            DocumentWords.document_id == receiver.document_id, DocumentWords.agency_code == receiver.agency_code
        )
        reasons = {row.version: row.text for row in session.scalars(words)}
        consignment = consignment_of(step for step, _ in steps)
        history = [
            {
                "version": version,
                "step": step.kind,
                "status_code": status_code(step),
                "at": step.at,
                "by": event["by"],
                "reason": reasons.get(version),
                "facts": step.facts,
            }
            for version, (step, event) in enumerate(steps, 1)
        ]
        pending = consignment.pending
        request = pending and {
            "request": pending.kind,
            "at": pending.at,
            "content_version": pending.content_version,
            "replacement_id": pending.replacement_id,
            "document": content_view(session, receiver.document_id, pending.content_version)
            if pending.content_version
            else content_view(session, pending.replacement_id, 1)
            if pending.replacement_id
            else None,
        }
        return {
            "history": history,
            "pending_request": request,
            "replies": [{"document_id": document_id, "at": at} for document_id, at in consignment.replies],
            "allowed": {side: consignment.allowed(side) for side in ("sender", "receiver")},
        }


def visible(session: Session, document_id: str, by: Actor) -> tuple[OfficialDocument, list[DocumentReceiver]]:
    """A document with the receivers that the caller may know of; ``DocumentNotFound`` for whoever has no part in it."""
    row = session.get(OfficialDocument, document_id.lower())
    if row is None:
        raise DocumentNotFound(document=document_id)
    query = select(DocumentReceiver).where(DocumentReceiver.document_id == row.document_id)
    receivers = list(session.scalars(query.order_by(DocumentReceiver.agency_code)))
    if not sees_all(row, by):
        receivers = [item for item in receivers if by.at(item.agency_code, *OFFICERS) and item.status not in NOT_COME]
    if not receivers:
        raise DocumentNotFound(document=document_id)
    return row, receivers


def sees_all(row: OfficialDocument, by: Actor) -> bool:
    """Whether all receivers are shown: to the sender and to auditors."""
    return by.has("auditor") or by.at(row.from_agency, *OFFICERS)
