"""Tracking without signing in: by reference and secret code, showing no more than the application's status."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from sqlalchemy import select

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.applications.domain.commitments import tracking_digest
from services.applications.domain.events import Started
from services.applications.domain.statuses import NAMES, Status
from services.applications.errors import ApplicationNotFound, ReadModelBehind
from services.applications.event_store.store import BATCH, Store
from services.applications.mirrored_applications import tracked
from services.applications.models import application_view
from services.applications.private_data import vault
from services.applications.read_model import projector

if TYPE_CHECKING:
    from services.applications.clients import DossierMirror


class Tracking:
    """The status of an application, for who knows its reference and its secret code."""

    def __init__(self, store: Store) -> None:
        self.store, self.database = store, store.database

    @classmethod
    def from_settings(cls, settings: Settings) -> Tracking:
        return cls(Store.from_settings(settings))

    def track(
        self,
        reference: str,
        tracking_code: str,
        *,
        mirror: DossierMirror | None = None,
        min_position: int | None = None,
        min_version: int | None = None,
    ) -> Json:
        """The status of an application; ``ApplicationNotFound`` alike for an unknown reference and a wrong code.

        One that another system handles is found by its number there and the identity number of its person.
        """
        projector.wait_for(self.database, min_position)
        with self.database.session() as session:
            query = select(application_view).where(application_view.c.reference == reference)
            row = session.execute(query).mappings().first()
            is_known = row is not None and is_code(row["tracking_digest"], reference, tracking_code)
            name = vault.names(session, [row["application_id"]]).get(row["application_id"]) if row else None
        if row is None or not is_known:
            if min_version is not None and self._is_recorded(reference, tracking_code):
                raise ReadModelBehind(wanted=min_version, current=0)
            elsewhere = tracked(reference, tracking_code, mirror)
            if elsewhere is None:
                raise ApplicationNotFound(application_id=reference)
            return elsewhere
        if min_version is not None and row["version"] < min_version:
            raise ReadModelBehind(wanted=min_version, current=row["version"])
        times = ("submitted_at", "accepted_at", "due_at", "answer_by", "ended_at", "returned_at", "updated_at")
        return {
            "reference": reference,
            "status": row["status"],
            "status_name": NAMES[Status(row["status"])],
            "official_status": row["official_status"],
            "procedure_code": row["procedure_code"],
            "agency_code": row["agency_code"],
            "receipt_number": row["receipt_number"],
            "version": row["version"],
            "applicant_name": masked(name) if name else None,
            "handled_in": None,
            **{name: row[name].isoformat() if row[name] else None for name in times},
        }

    def _is_recorded(self, reference: str, tracking_code: str) -> bool:
        """Whether its start lies in the part of the log that the read model has not seen yet."""
        rows = self.store.rows(after=projector.position(self.database), limit=BATCH, topics=[Started.TOPIC])
        started = (self.store.event_of(row) for row in rows)
        return any(
            event.reference == reference and is_code(event.tracking_digest, reference, tracking_code)
            for event in started
            if isinstance(event, Started)
        )


def is_code(digest: str, reference: str, tracking_code: str) -> bool:
    """Whether this is the code whose digest was recorded; takes as long for a wrong one."""
    return hmac.compare_digest(digest, tracking_digest(reference, tracking_code))


def masked(name: str) -> str:
    """``N***** V** A*``: the first letter of each part."""
    return " ".join(part[0] + "*" * (len(part) - 1) for part in name.split())
