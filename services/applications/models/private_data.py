"""What is about people, each with the salt of its commitment: what erasure removes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Index,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.json_types import Json
from services.applications.models.rows import Rows


class Party(Rows):
    """Whose application it is, by name; for officers' desks and masked tracking."""

    __tablename__ = "party"
    __table_args__ = (Index("party_started_by", "started_by"),)
    application_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    applicant_id: Mapped[str] = mapped_column(String(80), index=True)
    name: Mapped[str]
    started_by: Mapped[str] = mapped_column(String(80))


class AnswerSet(Rows):
    """One revision of a form's answers."""

    __tablename__ = "answer_set"
    answers_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(String(36), index=True)
    value: Mapped[Json]
    salt: Mapped[bytes]


class Statement(Rows):
    """Words somebody wrote: a reason, a question, an opinion, an address."""

    __tablename__ = "statement"
    statement_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(String(36), index=True)
    words: Mapped[str]
    salt: Mapped[bytes]


class Paper(Rows):
    """A paper handed in (``attachment``) or issued (``result``); its bytes are in the blob store under ``sha256``."""

    __tablename__ = "paper"
    paper_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(String(36), index=True)
    applicant_id: Mapped[str] = mapped_column(String(80), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    requirement: Mapped[str] = mapped_column(String(120))
    facts: Mapped[Json]
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    salt: Mapped[bytes]
    added_at: Mapped[datetime]


class PendingBlob(Rows):
    """Somebody's bytes on their way to the blob store; gone when their paper is stored."""

    __tablename__ = "blob_under_way"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    applicant_id: Mapped[str] = mapped_column(String(80), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(index=True)


class UnscannedFile(Rows):
    """Bytes taken while the virus scanner was away; ``signature``: what it then found in them."""

    __tablename__ = "unscanned_file"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime] = mapped_column(index=True)
    signature: Mapped[str | None] = mapped_column(String(120))
