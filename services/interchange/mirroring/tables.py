"""The tables of synchronisation: what nodes are to be told of own applications, and how far that has come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from infra.chassis.json_types import Json
from infra.chassis.storage.database import BigKey
from services.interchange.rows import InterchangeTable


class NodeReport(InterchangeTable):
    """One change of one application that one target is to be told of. ``state``: waiting, acknowledged, dead.

    A target is told of an application in the order of its versions; ``next_at``: not before then. ``content``: the
    records as they go out, the same with every attempt, so that a repeat is recognised.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index("report_target", "target", "position"),
        Index("report_due", "target", "state", "next_at"),
        Index("report_application", "application_id", "target", "position"),
    )
    position: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    target: Mapped[str] = mapped_column(String(40))
    application_id: Mapped[str] = mapped_column(String(36))
    number: Mapped[str] = mapped_column(String(120))
    event_id: Mapped[str] = mapped_column(String(120))
    official_status: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    last_answer: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    application_version: Mapped[int] = mapped_column(Integer, server_default="0")
    content: Mapped[Json] = mapped_column(server_default="{}")


class OwnApplication(InterchangeTable):
    """What of an own application targets are told again with every report; facts of the case, nobody's name."""

    __tablename__ = "own_application"
    application_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facts: Mapped[Json]


WITHOUT_CONTENT = text("has_content = false")  # only its progress has come


class MirroredDossier(InterchangeTable):
    """One dossier of another system as its statements make it. ``has_content``: its content has come.

    ``salt``: of the digests of its statements; goes with the people when somebody is erased.
    """

    __tablename__ = "mirrored_dossier"
    __table_args__ = (
        Index("mirrored_dossier_number", "source", "number"),
        Index("mirrored_dossier_alias", "source", "alias"),
        Index("mirrored_dossier_position", "position"),
        Index("mirrored_dossier_held", "dossier_id", postgresql_where=WITHOUT_CONTENT, sqlite_where=WITHOUT_CONTENT),
    )
    dossier_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(120))
    salt: Mapped[bytes]
    version: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(BigKey)
    has_content: Mapped[bool]
    erased: Mapped[bool]
    official_status: Mapped[int | None] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(200))
    status_at: Mapped[datetime | None]
    procedure_code: Mapped[str | None] = mapped_column(String(120))
    agency: Mapped[str | None] = mapped_column(String(400))
    alias: Mapped[str | None] = mapped_column(String(120))
    accepted_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    facts: Mapped[Json]
    findings: Mapped[list[str]]
    updated_at: Mapped[datetime]


class MirroredStatement(InterchangeTable):
    """One record as it came, people included; ``digest``: of its content, by which a repeat is recognised."""

    __tablename__ = "mirrored_statement"
    __table_args__ = (Index("mirrored_statement_dossier", "dossier_id", "version"),)
    digest: Mapped[str] = mapped_column(String(40), primary_key=True)
    dossier_id: Mapped[str] = mapped_column(String(36))
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(16))
    received_at: Mapped[datetime]
    content: Mapped[str] = mapped_column(Text)


class BulkChunk(InterchangeTable):
    """A chunk of a bulk file that has been taken whole: a load that was broken off goes on after it."""

    __tablename__ = "bulk_chunk"
    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    outcomes: Mapped[Json]
    taken_at: Mapped[datetime]


class PersonAccount(InterchangeTable):
    """An account and the digest of its identity number."""

    __tablename__ = "person_account"
    __table_args__ = (Index("person_account_subject", "subject"),)
    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))


class MirroredPerson(InterchangeTable):
    """Whose a dossier is, by the digest of the identity number in its records."""

    __tablename__ = "mirrored_person"
    __table_args__ = (Index("mirrored_person_dossier", "dossier_id"),)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    dossier_id: Mapped[str] = mapped_column(String(36), primary_key=True)
