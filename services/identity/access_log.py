"""The access log: who used whose data, when, in which role, by which law and why; from events of other services."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.access.access_records import Accessed, access_members
from infra.chassis.access.actors import Actor
from infra.chassis.access.service_readers import ServiceReader
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page, page
from infra.chassis.erased_subjects import is_erased
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity.errors import Forbidden
from services.identity.models import AccessChallenge, AccessEntry, AccessPurpose, Account, Agency

READING_THE_LOG = "kiểm tra nhật ký truy cập / auditing the access log"
NO_PURPOSE = "–"  # of readings of an erased person: readers may have written a name there


class AccessRecorder:
    """Keeps the log and shows people their own; auditors see everybody's."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> AccessRecorder:
        return cls(Database.at(settings.database_url("identity")))

    def note_reading(self, event: CloudEvent) -> None:
        """Record what an ``application_read.v1`` CloudEvent of *applications* says; a repeat changes nothing."""
        data = event["data"]
        about = {name: data.get(name) for name in ("application_id", "reference", "procedure_code")}
        self._note("note_application_read", event, [{"subject_id": data["applicant_id"], **about}])

    def note_accesses(self, consumer: str, event: CloudEvent) -> None:
        """The same of an event that says whose data was used by its member ``accessed`` (``access_records``)."""
        self._note(consumer, event, event["data"].get("accessed") or [])

    def _note(self, consumer: str, event: CloudEvent, accessed: Sequence[Json]) -> None:
        data, service = event["data"], str(event["id"]).partition(":")[0]
        with self.database.handle_once(consumer, event) as session:
            if session is not None:
                for number, subject in enumerate(accessed):
                    event_id = f"{event['id']}#{number}" if number else event["id"]
                    at = data.get("at") or event["time"]
                    add_entry(session, {**data, "at": at}, subject, event_id=event_id, service=service)

    def access_log(
        self, subject_id: str | None = None, *, limit: int = 50, cursor: str | None = None, by: Actor
    ) -> Page[Json]:
        """Who read the caller's data, or for an auditor ``subject_id``'s, newest first."""
        subject_id = subject_id or by.account_id
        if subject_id != by.account_id and not by.has("auditor"):
            raise Forbidden(
                reason="nhật ký truy cập của người khác chỉ dành cho kiểm toán viên (auditor)",
                reason_en="other people's access logs are for auditors only",
            )
        with self.database.session() as session:

            def view(entry: AccessEntry) -> Json:
                return _entry_view(session, entry)

            record_here(session, by, [Accessed(subject_id)], purpose=READING_THE_LOG)
            entries = select(AccessEntry).where(AccessEntry.subject_id == subject_id)
            return page(session, entries, [AccessEntry.position], view, limit=limit, cursor=cursor, newest_first=True)


def record_here(
    session: Session, by: Actor, accessed: Sequence[Accessed], *, purpose: str, legal_basis: str | None = None
) -> None:
    """What ``access_records.record_access`` is in other services: identity keeps the log and publishes nothing."""
    access = access_members(by, accessed, purpose=purpose, legal_basis=legal_basis)
    for subject in access["accessed"]:
        if subject["subject_id"] != by.account_id:
            add_entry(session, access, subject, event_id=f"identity:{uuid4()}", service="identity")


def record_service_reading(session: Session, reader: ServiceReader, *subject_ids: str) -> None:
    """What a service is shown of people; what it asks for somebody about themselves is nobody's business."""
    others = [Accessed(subject_id) for subject_id in dict.fromkeys(subject_ids) if subject_id != reader.person]
    record_here(session, reader.actor, others, purpose=reader.purpose)


def add_entry(session: Session, access: Json, subject: Json, *, event_id: str, service: str) -> None:
    """One line of the log; ``access`` and ``subject`` as events have them (``access_records``)."""
    reader = access["by"]
    salt = secrets.token_hex(16)
    erased = is_erased(session, subject["subject_id"], reader["account_id"])
    entry = AccessEntry(
        event_id=event_id,
        subject_id=subject["subject_id"],
        reader_id=reader["account_id"],
        role=reader.get("role"),
        agency_code=reader.get("agency_code"),
        application_id=subject.get("application_id"),
        reference=subject.get("reference"),
        procedure_code=subject.get("procedure_code"),
        at=datetime.fromisoformat(access["at"]),
        service=service,
        door=access.get("door"),
        legal_basis=access.get("legal_basis"),
        commitment=None if erased else purpose_commitment(salt, access["purpose"]),
    )
    session.add(entry)
    if not erased:
        session.flush()
        session.add(AccessPurpose(position=entry.position, purpose=access["purpose"], salt=salt))


def purpose_commitment(salt: str, purpose: str) -> str:
    """By which an entry, which is never changed, binds a purpose that an erasure takes away."""
    return hashlib.sha256(f"{salt}:{purpose}".encode()).hexdigest()


def _entry_view(session: Session, entry: AccessEntry) -> Json:
    reader, words = session.get(Account, entry.reader_id), session.get(AccessPurpose, entry.position)
    agency = session.get(Agency, entry.agency_code) if entry.agency_code else None
    return {
        "subject_id": entry.subject_id,
        "reader_id": entry.reader_id,
        "reader_name": (reader.full_name or None) if reader else None,
        "role": entry.role,
        "agency_code": entry.agency_code,
        "agency_name": agency.name if agency else None,
        "purpose": words.purpose if words else NO_PURPOSE,
        "application_id": entry.application_id,
        "reference": entry.reference,
        "procedure_code": entry.procedure_code,
        "at": entry.at.isoformat(),
        "entry_id": entry.position,
        "service": entry.service,
        "door": entry.door,
        "legal_basis": entry.legal_basis,
        "challenge": _challenge_of(session, entry),
    }


def _challenge_of(session: Session, entry: AccessEntry) -> Json | None:
    """What became of the person's question about the entry, if they asked."""
    challenge = session.scalar(select(AccessChallenge).where(AccessChallenge.position == entry.position))
    if challenge is None:
        return None
    return {"challenge_id": challenge.id, "status": challenge.state, "answer": challenge.answer}
