"""What the catalogue's follower does: publish what was told, forget who has been erased."""

from __future__ import annotations

from infra.chassis.erasure.worker import Forgetting
from infra.chassis.followers import Duty, OutboxRelay
from infra.chassis.messaging.redelivery import Retelling
from infra.chassis.settings import Settings
from services.catalog import personal_data


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "catalog")
    return [relay, Retelling(settings, [relay]), Forgetting.of(settings, personal_data.Forgetting)]
