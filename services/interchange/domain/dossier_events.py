"""What is recorded of a mirrored dossier: that its content was told, and that its progress was.

An event has facts about the case, never about people: those lie beside the stream under the same digest. Topics are
written by hand and outlive the code; a changed event gets a ``class_version`` and a row in ``UPCASTS``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from services.interchange.domain.dossiers import DOSSIER, PROGRESS, DossierStatement, Received

MIRRORED = "interchange.DossierMirrored"
REPORTED = "interchange.ProgressReported"
TOPICS = (MIRRORED, REPORTED)
NAMESPACE = uuid5(NAMESPACE_URL, "urn:portal:mirrored-dossier")
VERSION = 1
UPCASTS: dict[tuple[str, int], Callable[[dict[str, object]], dict[str, object]]] = {}


def stream_of(source: str, number: str) -> UUID:
    """A dossier's stream: of whoever told it, and under their number."""
    return uuid5(NAMESPACE, f"{source}\n{number}")


def stored_bytes(event: Mapping[str, object]) -> bytes:
    """An event as it is stored."""
    return json.dumps({**event, "class_version": VERSION}, ensure_ascii=False, separators=(",", ":")).encode()


def stored_event(topic: str, state: bytes) -> dict[str, Any]:
    """A stored event as this code reads it, whichever version of it was stored."""
    event: dict[str, Any] = json.loads(state)
    for version in range(event.pop("class_version"), VERSION):
        event = UPCASTS[topic, version](event)
    return event


def replayed_statement(topic: str, event: Mapping[str, Any], version: int) -> Received:
    """A recorded statement for the fold, without the people that lie beside the stream."""
    kind = DOSSIER if topic == MIRRORED else PROGRESS
    said_at = datetime.fromisoformat(event["said_at"]) if event["said_at"] else None
    statement = DossierStatement(
        kind, event["number"], "", said_at, event["status"], event["facts"], frozenset(event["odd"])
    )
    return Received(statement, event["digest"], version, datetime.fromisoformat(event["received_at"]))
