"""Who has ever been a delegate of whom, as identity announces it."""

from __future__ import annotations

from infra.chassis.access.delegates import DelegateRecorder
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database


class KnownDelegates(DelegateRecorder):
    """This service's copy."""

    @classmethod
    def from_settings(cls, settings: Settings) -> KnownDelegates:
        return cls(Database.at(settings.database_url("payments")))
