"""What takes two persons: one requests, another decides while the request waits.

A request's row has ``state``, ``requested_by``, ``expires_at`` (none: it waits until it is decided), ``decided_by`` and
``decided_at``. Who may decide besides being another is the service's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.refusals import Refusal

AWAITING, APPROVED, DECLINED, EXPIRED = "awaiting_approval", "approved", "declined", "expired"
WAITING = frozenset({AWAITING})


class Request(Protocol):
    """A request as its row has it."""

    state: str
    decided_by: str | None
    decided_at: datetime | None

    @property
    def requested_by(self) -> str: ...

    @property
    def expires_at(self) -> datetime | None: ...


def check_another(requested_by: str, account_id: str, same_person: type[Refusal]) -> None:
    """Whoever requested does not decide: raises ``same_person``."""
    if requested_by == account_id:
        raise same_person()


def decide(
    request: Request,
    state: str,
    by: Actor,
    *,
    same_person: type[Refusal],
    not_waiting: Callable[[str], Refusal],
    waiting: frozenset[str] = WAITING,
) -> None:
    """Decide a locked request: never by who made it (``same_person``), and once (``not_waiting``, with its state).

    ``waiting``: the states in which it can be decided.
    """
    check_another(request.requested_by, by.account_id, same_person)
    now = clock.now()
    over = request.state in waiting and request.expires_at is not None and request.expires_at <= now
    standing = EXPIRED if over else request.state
    if standing not in waiting:
        raise not_waiting(standing)
    request.state, request.decided_by, request.decided_at = state, by.account_id, now
