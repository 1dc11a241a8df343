"""What oversight keeps: events as they came, the facts folded from them, agencies and procedures, sealed figures."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import plumbing
from services.oversight.agency_tables import KnownAgency
from services.oversight.feedback import tables as feedback
from services.oversight.rows import Table


class ReceivedEvent(Table):
    """One event about an application, reduced to what figures may need: what facts are folded from, again and again."""

    __tablename__ = "received_event"
    __table_args__ = (Index("received_event_stream", "application_id", "version"),)

    event_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    application_id: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(60))
    at: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(40))
    facts: Mapped[Json]


class ApplicationFact(Table):
    """One application. The first columns are stated by every event of it; ``state`` and what is copied out of it to
    select by are the fold of its events."""

    __tablename__ = "application_fact"
    __table_args__ = (Index("application_fact_agency", "agency_code", "submitted_at"),)

    application_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    reference: Mapped[str] = mapped_column(String(120))
    agency_code: Mapped[str] = mapped_column(String(64))
    procedure_code: Mapped[str] = mapped_column(String(64))
    applicant_id: Mapped[str | None] = mapped_column(String(80), index=True)
    submitted_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)
    last_position: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[Json]


class KnownProcedure(Table):
    """A version of a procedure as catalog announced it."""

    __tablename__ = "known_procedure"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    title: Mapped[Json]
    field: Mapped[str] = mapped_column(String(120))
    level: Mapped[int] = mapped_column(Integer)
    agency_codes: Mapped[list[str]]
    has_fees: Mapped[bool | None]
    full_content: Mapped[bool | None]
    effective_from: Mapped[date]
    effective_until: Mapped[date | None]
    ends_on: Mapped[date | None]
    end_known_at: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class FindingRow(Table):
    """Something that should make somebody look twice, and what the agency said to it."""

    __tablename__ = "integrity_finding"
    __table_args__ = (Index("integrity_finding_agency", "agency_code", "seen_at"),)

    finding_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    agency_code: Mapped[str] = mapped_column(String(64))
    application_id: Mapped[str] = mapped_column(String(80))
    reference: Mapped[str] = mapped_column(String(120))
    event_ids: Mapped[list[str]]
    seen_at: Mapped[int] = mapped_column(BigInteger)
    explanation: Mapped[str | None] = mapped_column(Text)
    explained_by: Mapped[str | None] = mapped_column(String(80))
    explained_at: Mapped[datetime | None]


class SealedFigure(Table):
    """A result that was given out: its digest and when first. The result itself is recomputed, and is the same."""

    __tablename__ = "sealed_figure"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    figure: Mapped[str] = mapped_column(String(600))
    sealed_at: Mapped[datetime]


plumbing(Table.metadata)

__all__ = ["KnownAgency", "Table", "feedback"]
