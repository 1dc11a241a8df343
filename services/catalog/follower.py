"""What the catalogue's follower does: publish what was told, forget who has been erased."""

from __future__ import annotations

from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.followers import Duty, OutboxRelay
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.settings import Settings
from services.catalog import personal_data


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "catalog")
    return [relay, Redelivery(settings, [relay]), ErasureWorker.of(settings, personal_data.PersonalData)]
