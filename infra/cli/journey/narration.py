"""What a journey is narrated with: steps, outcomes that must hold, and waiting for one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from infra.chassis.json_types import Json

PATIENCE = 60.0  # seconds an eventually consistent outcome may take


class JourneyFailed(AssertionError):
    """An outcome of the journey was not what it must be."""


@dataclass
class Step:
    """One step as it is narrated: what happened, by which service, what it cost."""

    number: int
    part: int
    service: str
    title: str
    milliseconds: float
    facts: Json = field(default_factory=dict)


Answer = TypeVar("Answer")


def require(truth: object, what: str) -> None:
    if not truth:
        raise JourneyFailed(what)


def command() -> str:
    return str(uuid.uuid4())


def eventually(ask: Callable[[], Answer | None], what: str, patience: float = PATIENCE) -> Answer:
    """The first true answer of ``ask``; :class:`JourneyFailed` when there is none in time."""
    until = time.monotonic() + patience
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > until:
            raise JourneyFailed(f"{what}: not within {patience:.0f} s")
        time.sleep(0.05)
