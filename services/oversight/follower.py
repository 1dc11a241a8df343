"""The duties of the oversight follower: events, erasures."""

from __future__ import annotations

from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.running.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings
from services.oversight import personal_data


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "oversight")
    return [
        relay,
        Redelivery(settings, [relay]),
        ErasureWorker.of(settings, personal_data.PersonalData),
    ]
