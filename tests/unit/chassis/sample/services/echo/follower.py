"""The echo's follower: its outbox."""

from infra.chassis.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings


def duties(settings: Settings) -> list[Duty]:
    return [OutboxRelay.of(settings, "echo")]
