"""What of money takes two persons: one requests, another decides; neither is a party to it (:mod:`access`)."""

from __future__ import annotations

from infra.chassis.access import second_person
from infra.chassis.access.actors import Actor
from infra.chassis.refusals import Refusal
from services.payments import errors


def decide_by_another(
    request: second_person.Request, state: str, by: Actor, *, waiting: frozenset[str] | None = None
) -> None:
    """Decide a locked request: ``SecondPersonNeeded`` for who made it, ``TransitionNotAllowed`` if decided or over.

    ``waiting``: the states it waits in, where there is more than one.
    """

    def not_waiting(standing: str) -> Refusal:
        return errors.TransitionNotAllowed(from_status=standing, to_status=state, allowed="–")

    second_person.decide(
        request, state, by, same_person=errors.SecondPersonNeeded, not_waiting=not_waiting,
        waiting=waiting or second_person.WAITING,
    )  # fmt: skip
