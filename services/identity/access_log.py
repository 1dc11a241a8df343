"""The access log: who read or used whose data, when, in which role and why. Written from events of other services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, page
from infra.chassis.erased_subjects import is_erased
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity.errors import Forbidden
from services.identity.models import AccessEntry, Account, Agency

NO_PURPOSE = "–"  # of readings of an erased person: readers may have written a name there


class AccessRecorder:
    """Keeps the log and shows people their own; auditors see everybody's."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> AccessRecorder:
        return cls(Database.at(settings.database_url("identity")))

    def note_reading(self, event: Mapping[str, Any]) -> None:
        """Keep what an ``application_read.v1`` CloudEvent of *applications* says; a repeat changes nothing."""
        data = event["data"]
        with self.database.handle_once("note_application_read", event) as session:
            if session is None:
                return
            reader = data["by"]
            erased = is_erased(session, data["applicant_id"], reader["account_id"])
            entry = AccessEntry(
                event_id=event["id"],
                subject_id=data["applicant_id"],
                reader_id=reader["account_id"],
                role=reader.get("role"),
                agency_code=reader.get("agency_code"),
                purpose=NO_PURPOSE if erased else data["purpose"],
                application_id=data["application_id"],
                reference=data.get("reference"),
                procedure_code=data.get("procedure_code"),
                at=datetime.fromisoformat(data.get("at") or event["time"]),
            )
            session.add(entry)

    def access_log(
        self, subject_id: str | None = None, *, limit: int = 50, cursor: str | None = None, by: Actor
    ) -> Page[dict[str, Any]]:
        """Who read the caller's data, or for an auditor ``subject_id``'s, newest first."""
        subject_id = subject_id or by.account_id
        if subject_id != by.account_id and not by.has("auditor"):
            raise Forbidden(
                reason="nhật ký truy cập của người khác chỉ dành cho kiểm toán viên (auditor)",
                reason_en="other people's access logs are for auditors only",
            )
        with self.database.session() as session:

            def view(entry: AccessEntry) -> dict[str, Any]:
                return _entry_view(session, entry)

            entries = select(AccessEntry).where(AccessEntry.subject_id == subject_id)
            return page(session, entries, [AccessEntry.position], view, limit=limit, cursor=cursor, newest_first=True)


def _entry_view(session: Session, entry: AccessEntry) -> dict[str, Any]:
    reader = session.get(Account, entry.reader_id)
    agency = session.get(Agency, entry.agency_code) if entry.agency_code else None
    return {
        "subject_id": entry.subject_id,
        "reader_id": entry.reader_id,
        "reader_name": (reader.full_name or None) if reader else None,
        "role": entry.role,
        "agency_code": entry.agency_code,
        "agency_name": agency.name if agency else None,
        "purpose": entry.purpose,
        "application_id": entry.application_id,
        "reference": entry.reference,
        "procedure_code": entry.procedure_code,
        "at": entry.at.isoformat(),
    }
