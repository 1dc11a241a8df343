"""What this service notes for itself: running numbers, reminders published once, erasures and who confirmed them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.json_types import Json
from infra.chassis.storage.database import BigKey, UtcDateTime
from services.applications.models.rows import Rows


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
    report: Mapped[Json]


class ErasureAnswer(Rows):
    """A service has stated that nothing of an erased person is left with it."""

    __tablename__ = "erasure_answer"
    erasure_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    service: Mapped[str] = mapped_column(String(40), primary_key=True)
    removed: Mapped[Json]
    at: Mapped[datetime]
