"""This service's part of an erasure once `erasure` has gone through the streams; and what all services answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.erasure.requests import ErasureRequests
from services.applications.erasure.confirmations import record_confirmation
from services.applications.mirrored_applications import forget_mirrored
from services.applications.private_data import vault


class PersonalData(ErasureRequests):
    """Nothing is published to oneself: `erasure` notes the row, and the answer is written where the others' are."""

    service = "applications"

    def forget(self, session: Session, account_id: str, marks: set[str]) -> dict[str, int]:
        """What others handle for the person; what came in after an application was gone through: ordinarily nothing."""
        counts = forget_mirrored(session, account_id)
        for application_id in sorted(marks - {account_id}):
            for name, count in vault.forget(session, application_id).items():
                counts[name] = counts.get(name, 0) + count
        return {name: count for name, count in counts.items() if count}

    def confirm(self, session: Session, erasure_id: str, account_id: str, removed: Mapping[str, object]) -> None:
        record_confirmation(session, erasure_id, self.service, removed, clock.now())

    def answered(self, event: CloudEvent) -> None:
        """``subject_forgotten.v1``: another service has nothing of the person left."""
        data = event["data"]
        with self.database.handle_once("subject_forgotten", event) as session:
            if session is not None:
                at = datetime.fromisoformat(data["at"])
                record_confirmation(session, data["erasure_id"], data["service"], data.get("removed") or {}, at)
