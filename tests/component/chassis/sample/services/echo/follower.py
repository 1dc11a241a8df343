"""The echo's follower: its outbox, also for those whose queue was gone."""

from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.running.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "echo")
    return [relay, Redelivery(settings, [relay])]
