"""Ids of published events: ``<service>:<position>@<incarnation>``.

The incarnation is a random name of the store's present life. A database put back to an earlier day gives positions out
again, for other events; under a new incarnation they are other ids. Installations older than this published
``<service>:<position>``, and what they published keeps that id.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

SHAPE = re.compile(r"(?P<stream>[a-z_]+:(?:beside-)?)(?P<position>[0-9]{1,19})(?:@(?P<incarnation>[0-9a-f]{8}))?")
OCCURRENCE = ("source", "type", "subject", "time")  # what is stated of it may be worded anew, or erased


@dataclass(frozen=True)
class EventId:
    """``stream``: what its positions count, such as ``applications:`` or ``applications:beside-``."""

    stream: str
    position: int
    incarnation: str = ""

    @classmethod
    def parse(cls, text: str) -> EventId | None:
        """``None`` for an id of another shape, which somebody else made."""
        parsed = SHAPE.fullmatch(text)
        return parsed and cls(parsed["stream"], int(parsed["position"]), parsed["incarnation"] or "")

    def under(self, incarnation: str) -> str:
        """The id of the same position in another life of the store."""
        return f"{self.stream}{self.position}{'@' + incarnation if incarnation else ''}"

    def __str__(self) -> str:
        return self.under(self.incarnation)


def new_incarnation() -> str:
    return secrets.token_hex(4)


def digest_of_occurrence(event: Mapping[str, object]) -> str:
    """By which two events are told apart that claim one position: what happened to whom, and when."""
    parsed = EventId.parse(str(event["id"]))
    position = parsed.under("") if parsed else event["id"]
    occurrence = json.dumps([position, *(event.get(name) for name in OCCURRENCE)])
    return hashlib.sha256(occurrence.encode()).hexdigest()
