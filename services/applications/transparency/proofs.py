"""What an auditor or a citizen can ask of the log: checkpoints, proofs, and one application's evidence as one file.

Everything answered here verifies without this installation, with the verifier next to this module.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from uuid import UUID

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.errors import NothingSealed, NotSealedYet
from services.applications.transparency.leaf import StoredRow
from services.applications.transparency.log import StoredLog
from services.applications.transparency.notes import Checkpoint
from services.applications.transparency.stored_rows import EventTable

FORMAT = "portal-evidence/v1"


class Proofs:
    """Answers questions about the log, from the database it is in."""

    def __init__(self, database: Database, events: EventTable | None = None) -> None:
        self.database = database
        self.events = events or EventTable()

    @classmethod
    def from_settings(cls, settings: Settings) -> Proofs:
        return cls(Database.at(settings.database_url("applications")))

    def checkpoint(self) -> Json:
        """{"checkpoint": signed note with cosignatures, "tree_size", "root" (base64), "origin", "keys"}."""
        with self.database.session() as session:
            log = StoredLog(session.connection())
            note = _latest(log)
            published, keys = Checkpoint.parse(note), log.verifier_keys()
            note += "".join(log.cosignatures(published.size))
        return {
            "checkpoint": note,
            "tree_size": published.size,
            "root": _b64(published.root),
            "origin": published.origin,
            "keys": keys,
        }

    def inclusion_proof(self, position: int, tree_size: int | None = None) -> Json:
        """That the event with notification id `position` is in it: {"leaf_index", "tree_size", "leaf", "proof"}."""
        with self.database.session() as session:
            log = StoredLog(session.connection())
            size = _size(log, tree_size)
            index = log.index_of([position]).get(position)
            if index is None or index >= size:
                raise NotSealedYet(notification_id=position)
            leaf, proof = log.leaves(index, index + 1)[0], log.inclusion_proof(index, size)
        return {"leaf_index": index, "tree_size": size, "leaf": _b64(leaf), "proof": [_b64(h) for h in proof]}

    def consistency_proof(self, first: int, second: int | None = None) -> Json:
        """That the tree of `first` leaves is the beginning of that of `second`: {"first", "second", "proof"}."""
        with self.database.session() as session:
            log = StoredLog(session.connection())
            size = _size(log, second)
            if not 0 <= first <= size:
                raise InvalidRequest.at("/first", f"phải từ 0 đến {size}", f"must lie between 0 and {size}")
            proof = log.consistency_proof(first, size)
        return {"first": first, "second": size, "proof": [_b64(h) for h in proof]}

    def evidence(
        self,
        application_id: str,
        *,
        openings: Sequence[Mapping[str, object]] = (),
        procedure: Mapping[str, object] | None = None,
        calendar: Mapping[str, object] | None = None,
    ) -> Json:
        """All events of one application with their proofs, as a bundle the verifier reads.

        `openings`: from `opening()`. `procedure`, `calendar`: the versions the application ran under, for the reader.
        Raises NotSealedYet while its latest event waits for the sealer.
        """
        with self.database.session() as session:
            connection = session.connection()
            log, rows = StoredLog(connection), self.events.of_application(connection, UUID(application_id))
            note = _latest(log)
            size = Checkpoint.parse(note).size
            sealed = log.index_of([row.notification_id for row in rows])
            events = [_bundled(log, row, sealed.get(row.notification_id, size), size) for row in rows]
            keys, cosignatures = log.verifier_keys(), log.cosignatures(size)
        return {
            "format": FORMAT,
            "application_id": str(UUID(application_id)),
            "made_at": clock.now().isoformat(),
            "events": events,
            "checkpoint": note + "".join(cosignatures),
            "keys": keys,
            "procedure": procedure,
            "calendar": calendar,
            "openings": list(openings),
        }


def opening(version: int, name: str, commitment: str, content: bytes | None, salt: bytes | None) -> Json:
    """One commitment of an event and what opens it: salt and the canonical bytes committed to; erased without them."""
    if content is None or salt is None:
        return {"version": version, "name": name, "commitment": commitment, "erased": True}
    if hashlib.sha256(salt + content).hexdigest() != commitment:
        raise ValueError(f"{name}: the content kept beside the stream does not open its commitment")
    opened = {"version": version, "name": name, "commitment": commitment, "erased": False}
    return opened | {"salt": _b64(salt), "content": _b64(content)}


def _bundled(log: StoredLog, row: StoredRow, index: int, size: int) -> Json:
    if index >= size:
        raise NotSealedYet(notification_id=row.notification_id)
    return {
        "leaf_index": index,
        "notification_id": row.notification_id,
        "application_id": str(row.application_id),
        "version": row.version,
        "topic": row.topic,
        "state": _b64(row.state),
        "proof": [_b64(h) for h in log.inclusion_proof(index, size)],
    }


def _latest(log: StoredLog) -> str:
    note = log.checkpoint()
    if note is None:
        raise NothingSealed()
    return note


def _size(log: StoredLog, size: int | None) -> int:
    """A tree size that can be proved: at most that of the latest checkpoint."""
    latest = Checkpoint.parse(_latest(log)).size
    if size is None:
        return latest
    if not 0 < size <= latest:
        raise InvalidRequest.at("/tree_size", f"phải từ 1 đến {latest}", f"must lie between 1 and {latest}")
    return size


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
