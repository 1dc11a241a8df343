"""The streams of tickets: acts are added, one at a time, and never changed; the ticket's row is what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.storage.database import Database
from services.oversight.domain.fact import iso, micros
from services.oversight.domain.feedback import FeedbackFacts, FeedbackStep, Ticket, ticket_of
from services.oversight.domain.periods import FigureWindow
from services.oversight.errors import FeedbackNotFound
from services.oversight.feedback.tables import FeedbackAct, FeedbackTicket, FeedbackWords

SAME_WITHIN = 90 * 86_400 * 1_000_000  # microseconds in which the same words are the same matter
CHUNK = 500


class FeedbackStreams:
    """Reads and writes tickets."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def locked(self, session: Session, feedback_id: str) -> tuple[FeedbackTicket, Ticket]:
        """The ticket, held until the transaction ends: one act after the other."""
        row = session.get(FeedbackTicket, feedback_id, with_for_update=True)
        if row is None:
            raise FeedbackNotFound(feedback=feedback_id)
        return row, ticket_of(self.acts(session, feedback_id))

    def acts(self, session: Session, feedback_id: str) -> list[FeedbackStep]:
        query = select(FeedbackAct).where(FeedbackAct.feedback_id == feedback_id).order_by(FeedbackAct.version)
        return [_act(row) for row in session.scalars(query)]

    def record(
        self, session: Session, feedback_id: str, kind: str, at: datetime, by: Actor, facts: Mapping[str, object],
        words: Mapping[str, str],
    ) -> Ticket:  # fmt: skip
        """One more act with its words; the ticket it comes to, which is also published as an event without words."""
        row = session.get_one(FeedbackTicket, feedback_id)
        version = row.version + 1
        recorded = {name: value for name, value in facts.items() if value is not None}
        act = FeedbackAct(
            feedback_id=feedback_id, version=version, kind=kind, at=micros(at), by=by.account_id, facts=recorded
        )
        session.add(act)
        session.add_all(FeedbackWords(feedback_id=feedback_id, name=name, text=text) for name, text in words.items())
        session.flush()
        ticket = ticket_of(self.acts(session, feedback_id))
        row.status, row.agency_code, row.version, row.updated_at = (
            ticket.status,
            ticket.agency_code,
            version,
            micros(at),
        )
        enqueue(session, "feedback_acted.v1", _event_data(row, kind, at), subject=feedback_id)
        return ticket

    def same_text(self, session: Session, digest: str) -> str | None:
        """The first ticket of late that says the same to the same agency."""
        since = micros(clock.now()) - SAME_WITHIN
        query = select(FeedbackTicket).where(FeedbackTicket.text_digest == digest, FeedbackTicket.given_at >= since)
        newest = session.scalars(query.order_by(FeedbackTicket.given_at.desc()).limit(1)).first()
        return None if newest is None else newest.duplicate_of or newest.feedback_id

    def words(self, session: Session, feedback_id: str) -> dict[str, str]:
        query = select(FeedbackWords).where(FeedbackWords.feedback_id == feedback_id)
        return {row.name: row.text for row in session.scalars(query)}

    def tickets(self, window: FigureWindow) -> Iterator[tuple[FeedbackTicket, Ticket]]:
        """Every ticket given before the window's end, as it stood then."""
        after = ""
        while True:
            with self.database.session() as session:
                query = select(FeedbackTicket).where(
                    FeedbackTicket.feedback_id > after, FeedbackTicket.given_at < window.until
                )
                rows = session.scalars(query.order_by(FeedbackTicket.feedback_id).limit(CHUNK)).all()
                acts = {row.feedback_id: self.acts(session, row.feedback_id) for row in rows}
            for row in rows:
                yield row, ticket_of(act for act in acts[row.feedback_id] if act.at < window.until)
            if len(rows) < CHUNK:
                return
            after = rows[-1].feedback_id


def _act(row: FeedbackAct) -> FeedbackStep:
    event_id = f"oversight:feedback-{row.feedback_id}:{row.version}"
    return FeedbackStep(row.version, row.kind, row.at, event_id, cast(FeedbackFacts, row.facts))


def _event_data(row: FeedbackTicket, kind: str, at: datetime) -> Json:
    return {
        "feedback_id": row.feedback_id,
        "reference": row.reference,
        "kind": row.kind,
        "channel": row.channel,
        "agency_code": row.agency_code,
        "act_kind": kind,
        "status": row.status,
        "version": row.version,
        "at": iso(micros(at)),
    }
