"""What other systems tell is taken here, item by item: each on its own, all of a batch in one transaction.

A repeat writes nothing. Progress whose dossier has not come is recorded in the dossier's stream all the same and counts
from the moment the dossier is known, so that nothing has to be released later.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventsourcing.persistence import StoredEvent
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from services.interchange.domain import dossier_events as events
from services.interchange.domain.classic import NotKept, statement_of
from services.interchange.domain.dossiers import DOSSIER, DossierStatement, Received
from services.interchange.domain.findings import described
from services.interchange.event_store.store import InterchangeStore
from services.interchange.mirroring import rows
from services.interchange.mirroring.figure_events import publish_statements
from services.interchange.mirroring.own_dossier_events import publish_to_owners
from services.interchange.mirroring.person_digests import note_people
from services.interchange.mirroring.rows import KnownDossier

ACCEPTED, UNCHANGED, ON_HOLD, REFUSED = "accepted", "unchanged", "held", "refused"
SALT = 16
FEW = 20  # records that the database looks up by their keys without being asked to


@dataclass
class Outcome:
    """What becomes of one item."""

    number: str | None
    outcome: str
    findings: Iterable[str] = ()

    def as_json(self) -> Json:
        return {"number": self.number, "outcome": self.outcome, "findings": described(self.findings)}


@dataclass(frozen=True)
class StatementOrigin:
    """Whose statements they are, and by what call they came."""

    source: str
    by: str
    call_id: str = ""
    command_id: str = ""


class Intake:
    """Takes batches of records of one source."""

    def __init__(self, store: InterchangeStore) -> None:
        self.store = store

    def take(self, session: Session, origin: StatementOrigin, kind: str, records: Sequence[object]) -> list[Outcome]:
        """The outcome of each record, in their order."""
        batch = _Batch(session, origin, clock.now())
        read = [statement_of(kind, record) for record in records]
        if len(read) > FEW:
            rows.look_up_by_key(session)
        batch.load([item for item in read if isinstance(item, DossierStatement)])
        outcomes = [batch.refused(item) if isinstance(item, NotKept) else batch.receive(item) for item in read]
        batch.write(self.store)
        for outcome in outcomes:
            batch.explain(outcome)
        return outcomes


class _Batch:
    """The dossiers that a batch is about, as they are and as they will be."""

    def __init__(self, session: Session, origin: StatementOrigin, now: datetime) -> None:
        self.session, self.origin, self.now = session, origin, now
        self.dossiers: dict[str, KnownDossier] = {}
        self.events: list[StoredEvent] = []

    def load(self, statements: Sequence[DossierStatement]) -> None:
        """Everything that is known of the dossiers, in two queries."""
        ids = {str(events.stream_of(self.origin.source, item.number)): item.number for item in statements}
        self.dossiers = rows.known_dossiers(self.session, ids)
        for key, number in ids.items():
            if key not in self.dossiers:
                self.dossiers[key] = KnownDossier(key, number, secrets.token_bytes(SALT))
        rows.load_digests(self.session, self.dossiers, {self._dossier_of(item).digest(item) for item in statements})

    def refused(self, record: NotKept) -> Outcome:
        return Outcome(record.number, REFUSED, [record.reason])

    def receive(self, statement: DossierStatement) -> Outcome:
        dossier = self._dossier_of(statement)
        digest = dossier.digest(statement)
        if dossier.erased or digest in dossier.digests:
            return Outcome(statement.number, UNCHANGED)
        dossier.digests.add(digest)
        dossier.version += 1
        received = Received(statement, digest, dossier.version, self.now)
        dossier.added.append(received)
        self.events.append(self._event(dossier, received))
        return Outcome(statement.number, ACCEPTED if statement.kind == DOSSIER or dossier.is_known else ON_HOLD)

    def write(self, store: InterchangeStore) -> None:
        """Events, contents and rows of what is new."""
        changed = [dossier for dossier in self.dossiers.values() if dossier.added]
        if not changed:
            return
        positions = store.record(self.events, self.session)
        last = {str(event.originator_id): at for event, at in zip(self.events, positions, strict=True)}
        rows.write_statements(self.session, changed)
        note_people(self.session, store.keys, {dossier.key: dossier.people for dossier in changed})
        rows.load_earlier(self.session, changed)
        rows.write_dossiers(self.session, self.origin.source, changed, last, self.now)
        publish_statements(self.session, self.origin.source, changed)
        publish_to_owners(self.session, [dossier.key for dossier in changed])

    def explain(self, outcome: Outcome) -> None:
        """What is odd about the dossier as it stands now, to whoever told something new."""
        if outcome.outcome not in {ACCEPTED, ON_HOLD} or outcome.number is None:
            return
        dossier = self.dossiers[str(events.stream_of(self.origin.source, outcome.number))]
        if outcome.outcome == ON_HOLD and dossier.is_known:  # its dossier stood later in the same batch
            outcome.outcome = ACCEPTED
        outcome.findings = dossier.findings if outcome.outcome == ACCEPTED else ["waits_for_dossier"]

    def _dossier_of(self, statement: DossierStatement) -> KnownDossier:
        return self.dossiers[str(events.stream_of(self.origin.source, statement.number))]

    def _event(self, dossier: KnownDossier, received: Received) -> StoredEvent:
        statement = received.statement
        body = {
            "source": self.origin.source,
            "number": dossier.number,
            "said_at": statement.said_at.isoformat() if statement.said_at else None,
            "received_at": received.received_at.isoformat(),
            "status": statement.status,
            "facts": dict(statement.facts),
            "odd": sorted(statement.odd),
            "digest": received.digest,
            "by": self.origin.by,
            "call_id": self.origin.call_id,
            "command_id": self.origin.command_id,
        }
        topic = events.MIRRORED if statement.kind == DOSSIER else events.REPORTED
        key = events.stream_of(self.origin.source, dossier.number)
        return StoredEvent(key, received.version, topic, events.stored_bytes(body))


def parsed_line(line: bytes) -> object:
    """One line of a bulk file; what is no JSON is given on as it is, and refused by :func:`statement_of`."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
