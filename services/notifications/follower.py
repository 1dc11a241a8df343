"""The duties of the notifications follower, once per database: events, deliveries, retention, erasures."""

from __future__ import annotations

from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.running.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.notifications import personal_data, sms_carrier
from services.notifications.code_mail import encryption_of_codes
from services.notifications.delivery_retention import delivery_cleanup
from services.notifications.delivery_worker import DeliveryWorker
from services.notifications.mail_carrier import mail_carrier_of
from services.notifications.webhook_carrier import WebhookCarrier


def duties(settings: Settings) -> list[Duty]:
    database = Database.at(settings.database_url("notifications"))
    relay = OutboxRelay.of(settings, "notifications")
    sms = sms_carrier.sms_carrier_of(settings)
    return [
        relay,
        Redelivery(settings, [relay]),
        DeliveryWorker(database, mail_carrier_of(settings), encryption_of_codes(settings)),
        *([DeliveryWorker(database, sms, encryption_of_codes(settings))] if sms else []),
        DeliveryWorker(database, WebhookCarrier.from_settings(settings)),
        delivery_cleanup(database, settings),
        ErasureWorker.of(settings, personal_data.PersonalData),
    ]
