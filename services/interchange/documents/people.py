"""Documents about an erased person's applications: what they say is removed; that they went, and how, is left."""

from __future__ import annotations

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.interchange.documents.tables import (
    DocumentAbout,
    DocumentAttachment,
    DocumentContent,
    DocumentWords,
    OfficialDocument,
)


def forget_documents(session: Session, _account_id: str, marks: set[str]) -> dict[str, int]:
    """Content, files and reasons of documents about these applications; the salts of their digests go as well."""
    about = select(DocumentAbout.document_id).where(DocumentAbout.application_id.in_(sorted(marks))).distinct()
    ids = list(session.scalars(about))
    if not ids:
        return {}
    session.execute(update(OfficialDocument).where(OfficialDocument.document_id.in_(ids)).values(erased=True))
    emptied = update(DocumentContent).where(DocumentContent.document_id.in_(ids)).values(content={}, salt=b"")
    removed: Json = {
        "document_content": session.execute(emptied),
        "document_attachment": session.execute(
            delete(DocumentAttachment).where(DocumentAttachment.document_id.in_(ids))
        ),
        "document_words": session.execute(delete(DocumentWords).where(DocumentWords.document_id.in_(ids))),
        "document_about": session.execute(delete(DocumentAbout).where(DocumentAbout.document_id.in_(ids))),
    }
    return {name: _count(done) for name, done in removed.items()}


def _count(done: CursorResult[object]) -> int:
    return done.rowcount
