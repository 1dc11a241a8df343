"""Streams of documents and receivers: replayed before every step, and written with the rows that lists read."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from eventsourcing.persistence import StoredEvent
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.instants import office_day
from infra.chassis.json_types import Json
from infra.chassis.storage.commands import Command
from services.interchange.documents.tables import DocumentReceiver, DocumentWords, OfficialDocument
from services.interchange.domain.correspondence import (
    ACCEPTED,
    ARRIVED,
    REFUSED,
    SENT,
    Consignment,
    DocumentStep,
    StepFacts,
    consignment_of,
)
from services.interchange.domain.document_events import (
    DOCUMENT_TOPICS,
    commitment,
    consignment_stream,
    recorded_step,
)
from services.interchange.domain.dossier_events import stored_bytes, stored_event
from services.interchange.errors import TransitionNotAllowed
from services.interchange.event_store.store import InterchangeStore

SALT = 16


def replayed(store: InterchangeStore, document_id: str, agency_code: str) -> list[tuple[DocumentStep, Json]]:
    """Every step with its whole event, in order; refuses what this service did not record."""
    stream = consignment_stream(document_id, agency_code)
    events = ((row.topic, stored_event(row.topic, bytes(row.state))) for row in store.events_of(stream))
    return [(recorded_step(topic, event), event) for topic, event in events]


def consignment_with(store: InterchangeStore, document_id: str, agency_code: str) -> Consignment:
    """How a document stands with a receiver, from its events."""
    return consignment_of(step for step, _ in replayed(store, document_id, agency_code))


class StepWriter:
    """Takes the steps of one command and writes them together: events, words and rows in the session's transaction."""

    def __init__(self, store: InterchangeStore, session: Session, by: Actor, command: Command) -> None:
        self.store, self.session, self.by, self.command = store, session, by, command
        self.now = clock.now()
        self._events: list[StoredEvent] = []
        self._changed: dict[tuple[str, str], tuple[OfficialDocument, Consignment]] = {}

    def take(
        self,
        document: OfficialDocument,
        agency_code: str,
        kind: str,
        facts: Mapping[str, object] | None = None,
        *,
        reason: str | None = None,
    ) -> Consignment:
        """One more step; ``TransitionNotAllowed`` where it cannot be taken now."""
        before = self.consignment(document.document_id, agency_code)
        if not before.may(kind):
            raise not_allowed(before, document.document_id, agency_code, kind)
        step = DocumentStep(kind, self.now.isoformat(), cast(StepFacts, dict(facts or {})))
        after = before.after(step)
        words = self._words(document, agency_code, after.version, reason) if reason else None
        self._events.append(self._event(document, agency_code, after.version, step, words))
        self._changed[document.document_id, agency_code] = (document, after)
        return after

    def consignment(self, document_id: str, agency_code: str) -> Consignment:
        """As the steps taken so far leave it."""
        if (key := (document_id, agency_code)) in self._changed:
            return self._changed[key][1]
        if self.session.get(DocumentReceiver, key) is None:
            return Consignment()
        return consignment_with(self.store, document_id, agency_code)

    def write(self) -> None:
        """Everything that was taken."""
        if self._events:
            self.store.record(self._events, self.session)
        for (document_id, agency_code), (document, consignment) in self._changed.items():
            row = self.session.get(DocumentReceiver, (document_id, agency_code))
            if row is None:
                row = DocumentReceiver(
                    document_id=document_id, agency_code=agency_code, from_agency=document.from_agency
                )
                self.session.add(row)
            for name, value in receiver_columns(consignment).items():
                setattr(row, name, value)
        self.session.flush()

    def _words(self, document: OfficialDocument, agency_code: str, version: int, text: str) -> str:
        salt = secrets.token_bytes(SALT)
        self.session.add(
            DocumentWords(
                document_id=document.document_id, agency_code=agency_code, version=version, salt=salt, text=text
            )
        )
        return commitment(salt, text)

    def _event(
        self, document: OfficialDocument, agency_code: str, version: int, step: DocumentStep, words: str | None
    ) -> StoredEvent:
        body = {
            "document_id": document.document_id,
            "code": document.code,
            "from_agency": document.from_agency,
            "to_agency": agency_code,
            "at": step.at,
            "facts": step.facts,
            "words": words,
            "by": self.by.account_id,
            "call_id": self.command.call_id,
            "command_id": self.command.id,
        }
        stream = consignment_stream(document.document_id, agency_code)
        return StoredEvent(stream, version, DOCUMENT_TOPICS[step.kind], stored_bytes(body))


def receiver_columns(consignment: Consignment) -> dict[str, object]:
    """A consignment as its row: a function of the steps alone."""
    reached = {status: datetime.fromisoformat(at) for status, at in consignment.reached.items()}
    arrived_at = reached.get(ARRIVED)
    read_at = max((reached[status] for status in (ACCEPTED, REFUSED) if status in reached), default=None)
    is_read = arrived_at is not None and read_at is not None and read_at >= arrived_at
    replied_on = office_day(datetime.fromisoformat(consignment.replies[0][1])) if consignment.replies else None
    return {
        "status": consignment.status,
        "version": consignment.version,
        "sendings": consignment.sendings,
        "content_version": consignment.content_version,
        "pending": consignment.pending.kind if consignment.pending else None,
        "superseded_by": consignment.superseded_by,
        "due_on": consignment.due_on,
        "replied_on": replied_on.isoformat() if replied_on else None,
        "sent_at": reached[SENT],
        "status_at": reached[consignment.status],
        "read_seconds": int((read_at - arrived_at).total_seconds()) if is_read and read_at and arrived_at else None,
    }


def not_allowed(consignment: Consignment, document_id: str, agency_code: str, act: str) -> TransitionNotAllowed:
    """Why a step cannot be taken, with those that can."""
    allowed = [*consignment.allowed("sender"), *consignment.allowed("receiver")]
    return TransitionNotAllowed(
        document_id=document_id,
        agency_code=agency_code,
        act=act,
        status=consignment.status or "–",
        pending=consignment.pending.kind if consignment.pending else "–",
        allowed=", ".join(allowed) or "–",
    )
