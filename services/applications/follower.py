"""What the applications follower does: read model, announcements, reminders, limits, erasures, seals, alarms."""

from __future__ import annotations

from functools import partial

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.messaging.event_publisher import EventPublisher
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.running.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings
from services.applications import personal_data
from services.applications.duties.announcer import Announcer
from services.applications.duties.reminders import AnswerLimits, Reminders
from services.applications.erasure.erasure import Erasures
from services.applications.event_store.store import Store
from services.applications.private_data.pending_blobs import OrphanBlobs
from services.applications.private_data.unscanned_files import FileScans
from services.applications.private_data.virus_scanner import scanner_of
from services.applications.read_model.projector import Projector
from services.applications.transparency.sealer import Sealer
from services.applications.transparency.tiles import TilePublisher
from services.applications.transparency.witness_watch import WitnessWatch
from services.applications.verification.evidence import LoggedHistories
from services.applications.verification.integrity_findings import IntegrityCheck, record_not_authentic


class SideEventPublisher(EventPublisher):
    """Publishes what is not in the log (reads, reminders) under own ids: ``applications:beside-<position>@…``."""

    def as_published(self, event: CloudEvent) -> CloudEvent:
        service, at = event["id"].split(":")
        return {**event, "id": f"{service}:beside-{at}"}


def duties(settings: Settings) -> list[Duty]:
    store = Store.from_settings(settings)
    announcing = Announcer(store, EventPublisher(settings, "applications"))
    relay = OutboxRelay(store.database, SideEventPublisher(settings, "applications"))
    erasing = Erasures.from_settings(settings)
    return [
        Projector(store),
        announcing,
        relay,
        Redelivery(settings, [announcing, relay]),
        Reminders(store),
        AnswerLimits(store),
        erasing,
        OrphanBlobs(store.database, erasing.blobs),
        FileScans(store.database, erasing.blobs, scanner_of(settings)),
        ErasureWorker.of(settings, personal_data.PersonalData),
        Sealer.from_settings(settings, report=partial(record_not_authentic, store.database)),
        TilePublisher.from_settings(settings),
        WitnessWatch.from_settings(settings),
        IntegrityCheck(store.database, LoggedHistories(store)),
    ]
