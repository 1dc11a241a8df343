"""What the catalogue's follower does: publish what was told."""

from __future__ import annotations

from infra.chassis.followers import Duty, OutboxRelay
from infra.chassis.retelling import Retelling
from infra.chassis.settings import Settings


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "catalog")
    return [relay, Retelling(settings, [relay])]
