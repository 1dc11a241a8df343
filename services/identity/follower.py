"""What identity's follower does: publish the outbox, forget what has no more use and who has been erased."""

from __future__ import annotations

from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.running.followers import Duty, OutboxRelay
from infra.chassis.running.retention import RetentionDuty
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import (
    access_endings,
    attempts,
    contact_codes,
    known_devices,
    open_sessions,
    personal_data,
    sign_in_records,
    spraying,
)
from services.identity.access_log_seal import AccessLogSealer
from services.identity.eid import links
from services.identity.openid import grants

OLD = (
    attempts.delete_old_attempts,
    spraying.delete_old_names,
    known_devices.delete_old_devices,
    sign_in_records.delete_old_records,
    contact_codes.delete_old_codes,
    open_sessions.delete_ended_sessions,
    access_endings.delete_old_endings,
    grants.delete_old_requests,
    grants.delete_old_grants,
    links.delete_old_eid_sign_ins,
)


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "identity")
    return [
        relay,
        Redelivery(settings, [relay]),
        RetentionDuty(Database.at(settings.database_url("identity")), "forget old sign-ins", OLD, rest=3.0),
        AccessLogSealer.from_settings(settings),
        ErasureWorker.of(settings, personal_data.PersonalData),
    ]
