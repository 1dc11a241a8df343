"""What a document says, and its files: read from a caller's arguments, stored under a salted digest, read back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.instants import working_day_from
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest
from services.interchange.documents.tables import DocumentAbout, DocumentAttachment, DocumentContent, OfficialDocument
from services.interchange.domain.document_events import commitment, document_code, document_id_of

SALT = 16
LAST_YEAR = 2199  # whose next one has a calendar
MOST_BYTES = 12_000_000  # of all files of one version


class AttachedFile(NamedTuple):
    """A file as it was sent along."""

    file_name: str
    media_type: str
    description: str
    content: bytes

    @property
    def facts(self) -> Json:
        """What of it is in the content's digest."""
        return {
            "file_name": self.file_name,
            "media_type": self.media_type,
            "description": self.description,
            "size": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }


class DocumentDraft(NamedTuple):
    """One version of a document before it is stored."""

    document: Json
    files: Sequence[AttachedFile]

    @property
    def content(self) -> Json:
        return {**self.document, "attachments": [file.facts for file in self.files]}

    def code(self, from_agency: str) -> str:
        document = self.document
        return document_code(from_agency, document["date"], document["number"], document["notation"])

    def document_id(self, from_agency: str) -> str:
        return document_id_of(self.code(from_agency))

    @property
    def due_on(self) -> str | None:
        """The day an answer is due, a day on which offices work; None where none is, or where no calendar reaches."""
        due = self.document.get("due_date")
        if due is None or date.fromisoformat(due).year > LAST_YEAR:
            return due
        return working_day_from(date.fromisoformat(due)).isoformat()

    @property
    def application_ids(self) -> list[str]:
        return sorted(set(self.document.get("application_ids", ())))


def draft_of_arguments(document: Json, attachments: Sequence[Json]) -> DocumentDraft:
    """A document as a caller gives it; ``InvalidRequest`` for files that are none, or too much of them, and for an
    answer due before the document was written."""
    files, total = [], 0
    for place, given_file in enumerate(attachments):
        pointer = f"/attachments/{place}/content_base64"
        try:
            content = base64.b64decode(given_file["content_base64"], validate=True)
        except (binascii.Error, ValueError):
            raise InvalidRequest.at(pointer, "không phải Base64", "not Base64") from None
        total += len(content)
        if total > MOST_BYTES:
            raise InvalidRequest.at(pointer, "các tệp lớn hơn 12 MB", "the files are larger than 12 MB")
        words = given_file.get("description") or ""
        files.append(AttachedFile(given_file["file_name"], given_file["media_type"], words, content))
    stated = {name: value for name, value in document.items() if value not in (None, [])}
    due = stated.get("due_date")
    if due is not None and not (stated["date"] <= due and date.fromisoformat(due).year <= LAST_YEAR):
        raise InvalidRequest.at(
            "/document/due_date",
            f"trước ngày văn bản hoặc sau năm {LAST_YEAR}",
            f"before its date or after {LAST_YEAR}",
        )
    return DocumentDraft(stated, files)


def store_version(session: Session, row: OfficialDocument, version: int, draft: DocumentDraft) -> str:
    """Store one version's content and files; the digest that events carry."""
    salt = secrets.token_bytes(SALT)
    digest = commitment(salt, draft.content)
    session.add(
        DocumentContent(document_id=row.document_id, version=version, salt=salt, digest=digest, content=draft.content)
    )
    for place, file in enumerate(draft.files):
        session.add(
            DocumentAttachment(
                attachment_id=str(uuid4()), document_id=row.document_id, version=version, place=place,
                content=file.content, **file.facts,
            )
        )  # fmt: skip
    for application_id in draft.application_ids:
        session.merge(DocumentAbout(application_id=application_id, document_id=row.document_id))
    session.flush()
    return digest


def says_the_same(session: Session, row: OfficialDocument, draft: DocumentDraft) -> bool:
    """Whether this is a version of the document again; never once it is erased."""
    if row.erased:
        return False
    versions = session.scalars(select(DocumentContent).where(DocumentContent.document_id == row.document_id))
    return any(stored.digest == commitment(bytes(stored.salt), draft.content) for stored in versions)


def content_view(session: Session, document_id: str, version: int) -> Json:
    """One version as readers get it, with the ids of its files; empty once it is erased."""
    stored = session.get(DocumentContent, (document_id, version))
    table = DocumentAttachment
    columns = (table.attachment_id, table.file_name, table.media_type, table.description, table.size, table.sha256)
    query = select(*columns).where(table.document_id == document_id, table.version == version).order_by(table.place)
    files = [dict(row) for row in session.execute(query).mappings()]
    return {**(stored.content if stored else {}), "attachments": files}
