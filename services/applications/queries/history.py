"""Auditors' queries: what happened, how it stood at any instant, what changed.

Everything here is read from events; what is stored next to them only opens the words. Cost grows with the
application's own events.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.instants import instant
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.applications.access import record_imported_read, record_listing, record_read
from services.applications.domain.application import Application
from services.applications.domain.events import TOPICS
from services.applications.domain.imported_history import TOPICS as IMPORTED_TOPICS
from services.applications.domain.imported_history import ImportedHistory
from services.applications.errors import ApplicationNotFound, InvalidRequest, OwnCase
from services.applications.event_store.store import Store, StoredAggregate
from services.applications.own_case import own_cases
from services.applications.private_data import vault
from services.applications.private_data.imported_details import ImportedDetails
from services.applications.private_data.stored_contents import StoredContents
from services.applications.representation.application import differences
from services.applications.representation.event import event_as_json
from services.applications.representation.imported_history import imported_history_as_json
from services.applications.representation.opened_application import opened_application

if TYPE_CHECKING:
    pass


class HistoryReader:
    """Reads histories from events."""

    def __init__(self, store: Store) -> None:
        self.store, self.database = store, store.database

    @classmethod
    def from_settings(cls, settings: Settings) -> HistoryReader:
        return cls(Store.from_settings(settings))

    def history(self, application_id: str, *, by: Actor, call_id: str, purpose: str | None = None) -> Json:
        """``{application_id, reference, version, items: [{version, kind, at, by, status, …}]}``, oldest first."""
        application_id = self.store.key_of(application_id)
        events = list(self.store.events(application_id))
        application = self.store.replayed(application_id, events)
        with self.database.session() as session:
            self._record_read(session, application, by, purpose, call_id)
            words = self._words_of(session, application)
        return {
            "application_id": application_id,
            "reference": application.reference,
            "version": application.version,
            "items": [words.in_place(event_as_json(event)) for event in events],
        }

    def state_at(
        self,
        application_id: str,
        *,
        by: Actor,
        call_id: str,
        version: int | None = None,
        at: str | None = None,
        purpose: str | None = None,
    ) -> Json:
        """The application as it was recorded at a version or at an instant; now when neither is given.

        An imported history at an instant is what it says it was then. ``ApplicationNotFound`` for an instant before
        its start, ``InvalidRequest`` for a version it does not have.
        """
        application_id = self.store.key_of(application_id)
        until = instant(at, "/at") if at else None
        events = list(self.store.events(application_id, until=version))
        application = self.store.replayed(application_id, events)
        if until and isinstance(application, Application):
            application = self.store.replayed(application_id, [event for event in events if event.timestamp <= until])
        if version is not None and application.version != version:
            raise InvalidRequest.at("/version", f"từ 1 đến {application.version}", f"1 to {application.version}")
        with self.database.session() as session:
            self._record_read(session, application, by, purpose, call_id)
            return self._opened(session, application, until)

    def diff(
        self,
        application_id: str,
        from_version: int,
        to_version: int,
        *,
        by: Actor,
        call_id: str,
        purpose: str | None = None,
    ) -> Json:
        """``{changes: [{field, before, after}], events: […]}`` between two versions."""
        application_id = self.store.key_of(application_id)
        before, after = (
            self.store.aggregate(application_id, from_version),
            self.store.aggregate(application_id, to_version),
        )
        with self.database.session() as session:
            self._record_read(session, after, by, purpose, call_id)
            changes = differences(self._opened(session, before), self._opened(session, after))
            words = self._words_of(session, after)
        low, high = sorted((from_version, to_version))
        between = [
            words.in_place(event_as_json(event)) for event in self.store.events(application_id, after=low, until=high)
        ]
        return {
            "application_id": application_id,
            "from_version": from_version,
            "to_version": to_version,
            "changes": changes,
            "events": between,
        }

    def events(
        self,
        *,
        by: Actor,
        call_id: str,
        after: int = 0,
        limit: int = 50,
        application_id: str | None = None,
        kind: str | None = None,
    ) -> Json:
        """The log from a position on: ``{items: [{position, application_id, kind, at, …}], last, next_after}``.

        Words stay sealed here; :meth:`history` opens them. ``next_after`` goes into the next call's ``after``.
        """
        application_id = self.store.key_of(application_id) if application_id else None
        kinds = {**TOPICS, **IMPORTED_TOPICS}
        topics = [topic for topic, name in kinds.items() if name == kind] if kind else []
        if kind and not topics:
            names = ", ".join(sorted(kinds.values()))
            raise InvalidRequest.at("/kind", f"loại sự kiện: {names}", f"kinds of events: {names}")
        rows = self.store.rows(after=after, limit=limit, application_id=application_id, topics=topics)
        with self.database.session() as session:
            own = own_cases(session, by.account_id)
        if application_id in own:
            raise OwnCase(reference=application_id)
        items = [
            {"position": row.id, **event_as_json(self.store.event_of(row))}
            for row in rows
            if str(row.originator_id) not in own
        ]
        last = self.store.last_position()
        with self.database.session() as session:
            filters = {"application_id": application_id, "kind": kind, "after": after}
            record_listing(session, by, "events", filters, [item["application_id"] for item in items], call_id=call_id)
            if application_id and items:
                purpose = "đọc nhật ký / reading the log"
                self._record_read(session, self.store.aggregate(application_id), by, purpose, call_id)
        return {"items": items, "last": last, "next_after": rows[-1].id if len(rows) == limit else None}

    def _opened(self, session: Session, application: StoredAggregate, until: datetime | None = None) -> Json:
        if isinstance(application, ImportedHistory):
            opened: Json = self._words_of(session, application).in_place(imported_history_as_json(application, until))
            if not opened["activities"]:
                raise ApplicationNotFound(application_id=str(application.id))
            return opened
        return opened_application(application, StoredContents(session, str(application.id)))

    def _words_of(self, session: Session, application: StoredAggregate) -> ImportedDetails | vault.Words:
        key = str(application.id)
        return (
            ImportedDetails.of(session, [key])
            if isinstance(application, ImportedHistory)
            else vault.Words.of(session, key)
        )

    def _record_read(
        self, session: Session, application: StoredAggregate, by: Actor, purpose: str | None, call_id: str
    ) -> None:
        purpose = purpose or "kiểm toán / audit"
        if isinstance(application, ImportedHistory):
            record_imported_read(session, application, by, purpose, call_id=call_id)
        else:
            record_read(session, application, by, "auditor", purpose, call_id=call_id)
