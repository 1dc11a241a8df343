"""What the payments follower does: relays events, looks after open payments, sends refunds on, forgets the erased."""

from __future__ import annotations

from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.followers import Duty, OutboxRelay
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.settings import Settings
from services.payments import personal_data
from services.payments.open_payments import Abandoned, RefundsOnTheirWay


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "payments")
    return [
        relay,
        Redelivery(settings, [relay]),
        Abandoned.of(settings),
        RefundsOnTheirWay.of(settings),
        ErasureWorker.of(settings, personal_data.PersonalData),
    ]
