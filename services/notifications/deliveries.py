"""What a carrier is: it takes one outgoing message and says what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from services.notifications.models import Delivery


@dataclass(frozen=True)
class OutgoingMessage:
    """What a carrier needs of a delivery. ``effect_id`` is the same for every attempt and every repeat."""

    effect_id: str
    recipient: str
    recipient_name: str
    subject: str
    body: str
    language: str
    secret: str = ""
    attempt: int = 1


@dataclass(frozen=True)
class DeliveryOutcome:
    """How it went: the state to move to and the other side's answer; ``down``: the route itself is closed."""

    status: str
    detail: str
    down: bool = False


Send = Callable[[OutgoingMessage], DeliveryOutcome]


class Carrier(Protocol):
    """A channel to the outside. ``open`` gives the function that sends one message; it never raises for a bad day."""

    @property
    def channel(self) -> str: ...

    @property
    def delays(self) -> Sequence[timedelta]: ...

    @property
    def lease(self) -> timedelta | None:
        """After how long an open attempt has lost its process; None: ``LEASE``."""
        ...

    def route(self, recipient: str) -> str:
        """What pauses when it is down: messages of the same route wait together, others go on."""
        ...

    def open(self) -> AbstractContextManager[Send]: ...

    def ask(self, message: OutgoingMessage) -> DeliveryOutcome | None:
        """What became of a message sent earlier, for all we know. None: on this channel nobody can be asked.

        ``temporary_failure`` means that it never arrived there, or with ``down`` that nobody answers.
        """
        ...

    def outgoing(self, session: Session, delivery: Delivery) -> OutgoingMessage: ...
