"""What runs beside the doors, once per database: the couriers, and forgetting who has been erased."""

from __future__ import annotations

from infra.chassis.database import Database
from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.followers import Duty, OutboxRelay
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.settings import Settings
from services.notifications import personal_data, sms_carrier
from services.notifications.delivery_worker import Courier
from services.notifications.mail_carrier import carrier_of
from services.notifications.webhook_carrier import WebhookCarrier


def duties(settings: Settings) -> list[Duty]:
    database = Database.at(settings.database_url("notifications"))
    relay = OutboxRelay.of(settings, "notifications")
    texts = sms_carrier.carrier_of(settings)
    return [
        relay,
        Redelivery(settings, [relay]),
        Courier(database, carrier_of(settings)),
        *([Courier(database, texts)] if texts else []),
        Courier(database, WebhookCarrier.from_settings(settings)),
        ErasureWorker.of(settings, personal_data.PersonalData),
    ]
