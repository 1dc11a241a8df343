"""The tables next to the streams.

*Private data*: words, answers, papers and names, each with the salt of its commitment; what erasure removes.
*Read models*: made by the follower from the log of events alone, and made again at will.
*Own notes*: copies of pinned procedures, calendar changes received, running numbers, what was published once, erasures.
*The audit log*: leaves, nodes, checkpoints (see `audit.tables`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from infra.chassis.access.delegates import delegate_table
from infra.chassis.messaging.outbox import plumbing
from infra.chassis.storage.database import BigKey, UtcDateTime
from services.applications.transparency.tables import audit_tables


class Rows(DeclarativeBase):
    """What all tables of this service hang on."""

    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, str: Text, bytes: LargeBinary}


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
    value: Mapped[dict[str, Any]]
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
    facts: Mapped[dict[str, Any]]
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    salt: Mapped[bytes]
    added_at: Mapped[datetime]


class ProcedureCopy(Rows):
    """A published procedure version as the catalogue gave it; published versions never change."""

    __tablename__ = "procedure_copy"
    code: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    definition: Mapped[dict[str, Any]]
    kept_at: Mapped[datetime]


class CalendarChange(Rows):
    """A change of the offices' calendar, announced by the catalogue; the last number says whether a copy is current."""

    __tablename__ = "calendar_change"
    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(20))
    was_working: Mapped[bool] = mapped_column(Boolean)
    is_working: Mapped[bool] = mapped_column(Boolean)
    calendar_version: Mapped[str] = mapped_column(String(60))
    heard_at: Mapped[datetime]


class AccessLogHead(Rows):
    """How long identity's access log was at an instant, and the chain over all of it; added to, never changed."""

    __tablename__ = "access_log_head"
    size: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    chain: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


class AgencySeat(Rows):
    """An agency as identity announced it, and the province it lies in; none: the whole country's."""

    __tablename__ = "agency_seat"
    agency_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    province_code: Mapped[str | None] = mapped_column(String(10))


class RunningNumber(Rows):
    """The last number given in a sequence such as the receipts of one agency on one day."""

    __tablename__ = "running_number"
    sequence: Mapped[str] = mapped_column(String(160), primary_key=True)
    last: Mapped[int] = mapped_column(BigKey)


class ReminderSent(Rows):
    """What was published about a due date, so that nobody is notified twice."""

    __tablename__ = "told_once"
    application_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    told_at: Mapped[datetime]


class Erasure(Rows):
    """One removal of a person's data: asked for by one, confirmed by another, carried out step by step."""

    __tablename__ = "erasure"
    erasure_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(80), index=True)
    legal_basis: Mapped[str]
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(80))
    confirmed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any]]


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


class ErasureAnswer(Rows):
    """A service has stated that nothing of an erased person is left with it."""

    __tablename__ = "erasure_answer"
    erasure_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    service: Mapped[str] = mapped_column(String(40), primary_key=True)
    removed: Mapped[dict[str, Any]]
    at: Mapped[datetime]


def view_columns() -> list[Column[Any]]:
    """The read model: one row per application, without a name or a word of anybody's."""
    return [
        Column("application_id", String(36), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("position", BigKey, nullable=False),
        Column("reference", String(80), nullable=False),
        Column("tracking_digest", String(64), nullable=False),
        Column("procedure_code", String(80), nullable=False),
        Column("procedure_version", Integer, nullable=False),
        Column("agency_code", String(40), nullable=False),
        Column("province", String(40), nullable=False),
        Column("applicant_id", String(80), nullable=False),
        Column("channel", String(16), nullable=False),
        Column("level", Integer, nullable=False),
        Column("status", String(32), nullable=False),
        Column("official_status", Integer),
        Column("officer_id", String(80)),
        Column("handled_by", String(80)),
        Column("handled_at", UtcDateTime),
        Column("receipt_number", String(80)),
        Column("started_at", UtcDateTime, nullable=False),
        Column("submitted_at", UtcDateTime),
        Column("month", String(7)),
        Column("accepted_at", UtcDateTime),
        Column("promised_at", UtcDateTime),
        Column("due_at", UtcDateTime),
        Column("last_due_at", UtcDateTime),
        Column("pauses", Integer, nullable=False),
        Column("paused_at", UtcDateTime),
        Column("answer_by", UtcDateTime),
        Column("answer_bys", JSON, nullable=False),
        Column("ended_at", UtcDateTime),
        Column("punctuality", String(8)),
        Column("returned_at", UtcDateTime),
        Column("proposed", Boolean, nullable=False),
        Column("appealed", Boolean, nullable=False),
        Column("supplements", Integer, nullable=False),
        Column("delivery", String(16)),
        Column("stars", Integer),
        Column("erased", Boolean, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
    ]


def view_table(name: str, metadata: MetaData) -> Table:
    """A table of the read model's shape, live or next to the live one."""
    table = Table(name, metadata, *view_columns())
    Index(f"{name}_reference", table.c.reference)
    Index(f"{name}_applicant", table.c.applicant_id, table.c.started_at)
    Index(f"{name}_queue", table.c.agency_code, table.c.status, table.c.due_at)
    Index(f"{name}_due", table.c.due_at)
    Index(f"{name}_answer_by", table.c.answer_by)
    return table


application_view = view_table("application_view", Rows.metadata)
application_document = Table(
    "application_document",
    Rows.metadata,
    Column("application_id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("answers_id", String(36)),
    Column("document", Text, nullable=False),
    Column("mac", LargeBinary, nullable=False),
)
plumbing(Rows.metadata)
delegate_table(Rows.metadata)
audit_tables(Rows.metadata)
