"""The mirror's doors: batches in, what is known of a dossier, and what has changed since a position."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from services.interchange.domain.dossiers import DOSSIER, PROGRESS, Received, official_status
from services.interchange.domain.findings import described
from services.interchange.errors import DossierNotFound
from services.interchange.event_store.store import InterchangeStore
from services.interchange.mirroring import rows
from services.interchange.mirroring.intake import ON_HOLD, REFUSED, Intake, Outcome, StatementOrigin
from services.interchange.mirroring.tables import MirroredDossier, MirroredStatement

DONE, IN_PART = "0", "-1"  # the single code that senders of before read


class MirrorDesk:
    """Keeps what other systems tell of the dossiers they handle."""

    def __init__(self, store: InterchangeStore) -> None:
        self.store, self.intake = store, Intake(store)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(InterchangeStore.from_settings(settings))

    def mirror(self, source: str, dossiers: Sequence[object], *, by: Actor, command: Command) -> Json:
        """→ ``{items: [{number, outcome, findings}], error_code, message}``"""
        return self._answer(source, DOSSIER, dossiers, by, command)

    def report_progress(self, source: str, items: Sequence[object], *, by: Actor, command: Command) -> Json:
        """As :meth:`mirror`, for steps of dossiers; those of a dossier that has not come are held."""
        return self._answer(source, PROGRESS, items, by, command)

    def take(self, origin: StatementOrigin, kind: str, records: Sequence[object]) -> list[Outcome]:
        """A batch without a command id: senders of before have none, and a repeat changes nothing."""
        return self.store.transact(lambda session: self.intake.take(session, origin, kind, records))

    def mirrored(self, source: str, number: str, *, by: Actor) -> Json:
        """State and history of a dossier, without anybody's name; ``DossierNotFound`` while only progress has come."""
        return self.state_of(source, number)

    def state_of(self, source: str, number: str) -> Json:
        with self.store.database.session() as session:
            row = _row(session, source, number)
            if row is None:
                raise DossierNotFound(source=source, number=number)
            history = select(MirroredStatement).where(MirroredStatement.dossier_id == row.dossier_id)
            received = sorted(
                (rows.received_of(item) for item in session.scalars(history)), key=lambda item: item.place
            )
            return {**view_of(row), "history": [_step(item) for item in received]}

    def mirrored_changes(self, after: int, limit: int, *, by: Actor) -> Json:
        """Dossiers by their latest change's position → ``{items, position, resync}``; ask again after ``position``.

        ``resync``: the log does not have the position any more; it was put back, and all is to be read anew, from 0.
        """
        if after > self.store.last_position():
            return {"items": [], "position": 0, "resync": True}
        table = MirroredDossier
        query = select(table).where(table.position > after, table.has_content).order_by(table.position).limit(limit)
        with self.store.database.session() as session:
            items = [view_of(row) for row in session.scalars(query)]
        return {"items": items, "position": items[-1]["position"] if items else after, "resync": False}

    def _answer(self, source: str, kind: str, records: Sequence[object], by: Actor, command: Command) -> Json:
        origin = StatementOrigin(source, by.account_id, command.call_id, command.id)
        return self.store.command(command, lambda session: answer_of(self.intake.take(session, origin, kind, records)))


def answer_of(outcomes: Sequence[Outcome]) -> Json:
    """Each item's outcome, and the single code with the words that senders of before look for."""
    refused = sum(1 for item in outcomes if item.outcome == REFUSED)
    on_hold = sum(1 for item in outcomes if item.outcome == ON_HOLD)
    done = len(outcomes) - refused
    message = f"thành công {done}/{len(outcomes)}" + (f", giữ lại {on_hold}" if on_hold else "")
    if refused:
        message = f"Có {refused}/{len(outcomes)} bản ghi không nhận được; xem items"
    return {
        "items": [item.as_json() for item in outcomes],
        "error_code": IN_PART if refused else DONE,
        "message": message,
    }


def view_of(row: MirroredDossier) -> Json:
    """A dossier as callers are shown it."""
    return {
        "source": row.source,
        "number": row.number,
        "official_status": row.official_status,
        "status": row.status,
        "status_at": _instant(row.status_at),
        "procedure_code": row.procedure_code,
        "agency": row.agency,
        "accepted_at": _instant(row.accepted_at),
        "due_at": _instant(row.due_at),
        "finished_at": _instant(row.finished_at),
        "returned_at": _instant(row.returned_at),
        "facts": row.facts,
        "findings": described(row.findings),
        "position": row.position,
        "version": row.version,
        "updated_at": row.updated_at.isoformat(),
    }


def _row(session: Session, source: str, number: str) -> MirroredDossier | None:
    """By the sender's number, or by another number that the sender gave for it."""
    table = MirroredDossier
    named = or_(table.number == number, table.alias == number)
    query = (
        select(table).where(table.source == source, named, table.has_content).order_by(table.number != number).limit(1)
    )
    return session.scalars(query).first()


def _step(item: Received) -> Json:
    return {
        "kind": item.statement.kind,
        "version": item.version,
        "status": item.statement.status,
        "official_status": official_status(item.statement.status),
        "said_at": _instant(item.statement.said_at),
        "received_at": item.received_at.isoformat(),
        "findings": described(item.statement.odd),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
