"""A service that is shown what is about a person: which one, for whom, and why (the table of calls says)."""

from __future__ import annotations

from dataclasses import dataclass

from infra.chassis.access.actors import Actor


@dataclass(frozen=True)
class ServiceReader:
    """``person``: the account on whose behalf it asks, if it does not ask for itself."""

    service: str
    purpose: str
    person: str | None = None

    @property
    def actor(self) -> Actor:
        """Whom the access log names."""
        return Actor.system(self.service)
