"""What identity's follower does: publish the outbox, forget what has no more use and who has been erased."""

from __future__ import annotations

from infra.chassis.erasure.worker import ErasureWorker
from infra.chassis.messaging.redelivery import Redelivery
from infra.chassis.running.followers import Duty, OutboxRelay
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import access_endings, attempts, open_sessions, personal_data
from services.identity.access_log_seal import AccessLogSealer


class SignInCleanup:
    """Drops counts of failed sign-ins after a day, and sessions with their refresh tokens a month after their end."""

    name = "forget old sign-ins"
    rest = 3.0  # seconds: it goes by the clock
    batch = 200

    def __init__(self, database: Database) -> None:
        self.database = database

    def step(self) -> int:
        with self.database.session() as session:
            old = attempts.delete_old_attempts, open_sessions.delete_ended_sessions, access_endings.delete_old_endings
            return sum(delete(session, self.batch) for delete in old)


def duties(settings: Settings) -> list[Duty]:
    relay = OutboxRelay.of(settings, "identity")
    return [
        relay,
        Redelivery(settings, [relay]),
        SignInCleanup(Database.at(settings.database_url("identity"))),
        AccessLogSealer.from_settings(settings),
        ErasureWorker.of(settings, personal_data.PersonalData),
    ]
