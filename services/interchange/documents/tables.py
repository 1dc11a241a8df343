"""The tables of documents between agencies: what was sent, in which versions, how it stands with each receiver.

Streams have the steps; here are the words and files beside them, which can be erased, and the rows that lists read.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.json_types import Json
from services.interchange.rows import InterchangeTable


class OfficialDocument(InterchangeTable):
    """A document by its code (agency, day, number/notation). ``version``: of its content, the latest there is."""

    __tablename__ = "official_document"
    __table_args__ = (Index("official_document_outbox", "from_agency", "sent_at", "document_id"),)
    document_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    code: Mapped[str] = mapped_column(String(400))
    from_agency: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(Integer)
    due_on: Mapped[str | None] = mapped_column(String(10))
    replaces: Mapped[str | None] = mapped_column(String(36))
    erased: Mapped[bool]
    sent_at: Mapped[datetime]


class DocumentContent(InterchangeTable):
    """One version of what a document says; ``digest`` is in the events, ``salt`` goes with the content."""

    __tablename__ = "document_content"
    document_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    salt: Mapped[bytes]
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[Json]


class DocumentAttachment(InterchangeTable):
    """A file of one version of a document, in the order of ``place``."""

    __tablename__ = "document_attachment"
    __table_args__ = (Index("document_attachment_document", "document_id", "version", "place"),)
    attachment_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(36))
    version: Mapped[int] = mapped_column(Integer)
    place: Mapped[int] = mapped_column(Integer)
    file_name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes]


class DocumentReceiver(InterchangeTable):
    """How a document stands with one receiver: what the steps of their stream come to, written with each of them.

    ``read_seconds``: from its arrival until it was accepted or refused; ``replied_on``: the office day of the first
    answering document.
    """

    __tablename__ = "document_receiver"
    __table_args__ = (
        Index("document_receiver_inbox", "agency_code", "sent_at", "document_id"),
        Index("document_receiver_sender", "from_agency", "sent_at"),
    )
    document_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    agency_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    from_agency: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(Integer)
    sendings: Mapped[int] = mapped_column(Integer)
    content_version: Mapped[int] = mapped_column(Integer)
    pending: Mapped[str | None] = mapped_column(String(16))
    superseded_by: Mapped[str | None] = mapped_column(String(36))
    due_on: Mapped[str | None] = mapped_column(String(10))
    replied_on: Mapped[str | None] = mapped_column(String(10))
    sent_at: Mapped[datetime]
    status_at: Mapped[datetime]
    read_seconds: Mapped[int | None] = mapped_column(Integer)


class DocumentWords(InterchangeTable):
    """The words of one step, a reason; its event has their digest. Removed when they are erased."""

    __tablename__ = "document_words"
    document_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    agency_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    salt: Mapped[bytes]
    text: Mapped[str] = mapped_column(Text)


class DocumentAbout(InterchangeTable):
    """Which application a document is about: by it an erased person's documents are known."""

    __tablename__ = "document_about"
    application_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(36), primary_key=True)
