"""The duties of the payments follower: events, open payments, refunds on their way, old evidence, erasures."""

from __future__ import annotations

from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.running.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.payments import personal_data
from services.payments.callback_evidence import evidence_cleanup
from services.payments.open_payments import OpenPayments, PendingRefunds


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "payments")
    return [
        relay,
        Redelivery(settings, [relay]),
        OpenPayments.from_settings(settings),
        PendingRefunds.from_settings(settings),
        evidence_cleanup(Database.at(settings.database_url("payments")), settings),
        ErasureWorker.of(settings, personal_data.PersonalData),
    ]
