"""How often a procedure is really used: what people file most comes first among equally good matches."""

from __future__ import annotations

from sqlalchemy import update

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.catalog.models import Procedure, SearchEntry


class UsageCounts:
    """Counts submissions per procedure."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> UsageCounts:
        return cls(Database.at(settings.database_url("catalog")))

    def count(self, event: CloudEvent) -> None:
        """One more use, from an ``application_submitted.v1`` CloudEvent of *applications*; a repeat changes nothing."""
        code = event["data"]["procedure_code"]
        with self.database.handle_once("count_use_of_procedure", event) as session:
            if session is None:
                return
            session.execute(update(Procedure).where(Procedure.code == code).values(uses=Procedure.uses + 1))
            session.execute(update(SearchEntry).where(SearchEntry.code == code).values(uses=SearchEntry.uses + 1))
