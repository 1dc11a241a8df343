"""The duties of the interchange follower: events, reports to other nodes, metrics, erasures."""

from __future__ import annotations

from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.running.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings
from services.interchange import personal_data
from services.interchange.mirroring.node_reporting import NodeReporting
from services.interchange.mirroring.watch import MirrorWatch


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "interchange")
    return [
        relay,
        Redelivery(settings, [relay]),
        NodeReporting.from_settings(settings),
        MirrorWatch.from_settings(settings),
        ErasureWorker.of(settings, personal_data.PersonalData),
    ]
