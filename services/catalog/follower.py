"""What the catalogue's follower does: publish what was told."""

from __future__ import annotations

from infra.chassis.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings


def duties(settings: Settings) -> list[Duty]:
    return [OutboxRelay.of(settings, "catalog")]
