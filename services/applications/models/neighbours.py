"""Copies of what neighbours announced: procedures, calendar, agencies, other systems' applications."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    Date,
    Index,
    Integer,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.json_types import Json
from infra.chassis.storage.database import BigKey
from services.applications.models.rows import Rows


class ProcedureCopy(Rows):
    """A published procedure version as the catalogue gave it; published versions never change."""

    __tablename__ = "procedure_copy"
    code: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    definition: Mapped[Json]
    kept_at: Mapped[datetime]


class ProcedureTerm(Rows):
    """From when to when a published version is in force, as *catalog* said last, and when that was."""

    __tablename__ = "procedure_term"
    code: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    effective_from: Mapped[date]
    effective_until: Mapped[date | None]
    retired: Mapped[bool]
    heard_at: Mapped[datetime]


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


class RefundedFee(Rows):
    """A refund of an application that had ended, as *payments* announced it; gone once its fees are owed again."""

    __tablename__ = "refunded_fee"
    refund_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(String(36), index=True)
    fees: Mapped[list[Json]]
    heard_at: Mapped[datetime]


class MirroredApplication(Rows):
    """A person's application in another system, as *interchange* told last; nobody's name."""

    __tablename__ = "mirrored_application"
    __table_args__ = (Index("mirrored_application_own", "account_id", "started_at", "dossier_id"),)
    dossier_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(120))
    official_status: Mapped[int | None] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(32))
    raw_status: Mapped[str] = mapped_column(String(200))
    procedure_code: Mapped[str | None] = mapped_column(String(120))
    procedure_title: Mapped[Json | None]
    agency_code: Mapped[str | None] = mapped_column(String(400))
    started_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
