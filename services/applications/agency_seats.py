"""Where agencies lie, as identity announces it: what figures by province are counted with."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.models import AgencySeat, application_view


class AgencySeats:
    """Keeps the province of every agency that identity has announced."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> AgencySeats:
        return cls(Database.at(settings.database_url("applications")))

    def agency_created(self, event: CloudEvent) -> None:
        """``agency_created.v1``: remember where it lies. An agency of the whole country has no province."""
        data = event["data"]
        with self.database.handle_once("agency_created", event) as session:
            if session is not None:
                session.merge(AgencySeat(agency_code=data["code"], province_code=data["province_code"]))

    def knows(self, code: str) -> bool:
        """Whether identity has announced an agency of this code."""
        with self.database.session() as session:
            return session.get(AgencySeat, code) is not None


def is_heard_of(session: Session, code: str) -> bool:
    """Whether identity has announced an agency of this code, or an application has been with it."""
    handled = select(application_view.c.application_id).where(application_view.c.agency_code == code).limit(1)
    return session.get(AgencySeat, code) is not None or session.scalar(handled) is not None
