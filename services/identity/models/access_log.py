"""Who read whose data and why, the chain over it, and what somebody asked about an entry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.storage.database import BigKey
from services.identity.models.table import Table


class AccessEntry(Table):
    """Somebody used a person's data: who, when, in which role, by which law, through which door.

    Rows are added, never changed. Why is next to it (``AccessPurpose``), since readers may write a name there;
    ``commitment`` binds it.
    """

    __tablename__ = "access_entry"
    __table_args__ = (UniqueConstraint("event_id"), Index("access_entry_of_subject", "subject_id", "position"))
    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(120))
    subject_id: Mapped[str] = mapped_column(String(80))
    reader_id: Mapped[str] = mapped_column(String(80))
    role: Mapped[str | None] = mapped_column(String(40))
    agency_code: Mapped[str | None] = mapped_column(String(40))
    application_id: Mapped[str | None] = mapped_column(String(36))
    reference: Mapped[str | None] = mapped_column(String(80))
    procedure_code: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime]
    service: Mapped[str] = mapped_column(String(20), default="applications", server_default="applications")
    door: Mapped[str | None] = mapped_column(String(60))
    legal_basis: Mapped[str | None]
    commitment: Mapped[str | None] = mapped_column(String(64))


class AccessSeal(Table):
    """An entry's number without holes, and the chain up to it (``access_log_seal``); added to, never changed."""

    __tablename__ = "access_seal"
    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigKey, unique=True)
    chain: Mapped[str] = mapped_column(String(64))


class AccessHead(Table):
    """The chain at one length, with identity's signature (detached JWS) over it; added to, never changed."""

    __tablename__ = "access_head"
    size: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    chain: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    signature: Mapped[str]


class AccessChallenge(Table):
    """Somebody asks why an entry is there. ``state``: open, justified, unjustified."""

    __tablename__ = "access_challenge"
    __table_args__ = (Index("access_challenge_state", "state", "raised_at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    position: Mapped[int] = mapped_column(BigKey, unique=True)
    subject_id: Mapped[str] = mapped_column(String(80))
    reader_id: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str]
    raised_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None] = mapped_column(String(80))
    answered_at: Mapped[datetime | None]


class AccessPurpose(Table):
    """Why an entry's data was used, until the person or the reader is erased; the salt goes with the words."""

    __tablename__ = "access_purpose"
    position: Mapped[int] = mapped_column(ForeignKey("access_entry.position"), primary_key=True, autoincrement=False)
    purpose: Mapped[str]
    salt: Mapped[str] = mapped_column(String(64))
