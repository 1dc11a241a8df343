"""Auditors' queries: what happened, how it stood at any instant, what changed, why it is due when it is due.

Everything here is read from events; what is stored next to them only opens the words. Cost grows with the
application's own events.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, cursor_of, key_of
from infra.chassis.instants import instant, office_day, today
from infra.chassis.settings import Settings
from infra.working_time import Clock, WorkingCalendar, explain, restate
from services.applications.access import OFFICERS, reading_as, record_imported_read, record_listing, record_read
from services.applications.domain.application import Application
from services.applications.domain.events import TOPICS
from services.applications.domain.imported_history import TOPICS as IMPORTED_TOPICS
from services.applications.domain.imported_history import ImportedHistory
from services.applications.errors import ApplicationNotFound, Forbidden, InvalidRequest, OwnCase, ServiceUnavailable
from services.applications.event_store.store import Store, StoredAggregate
from services.applications.models import application_view
from services.applications.own_case import not_a_party, own_cases
from services.applications.private_data import vault
from services.applications.private_data.imported_details import ImportedDetails
from services.applications.private_data.stored_contents import StoredContents
from services.applications.procedure_rules import ProcedureRules
from services.applications.representation.application import differences
from services.applications.representation.event import event_as_json
from services.applications.representation.imported_history import imported_history_as_json
from services.applications.representation.opened_application import opened_application

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient, IdentityClient

VIEW = application_view


class HistoryReader:
    """Reads histories and due dates from events."""

    def __init__(self, store: Store, procedure_rules: ProcedureRules) -> None:
        self.store, self.procedure_rules, self.database = store, procedure_rules, store.database

    @classmethod
    def from_settings(cls, settings: Settings) -> HistoryReader:
        store = Store.from_settings(settings)
        return cls(store, ProcedureRules(store.database))

    def history(self, application_id: str, *, by: Actor, call_id: str, purpose: str | None = None) -> dict[str, Any]:
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
    ) -> dict[str, Any]:
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
    ) -> dict[str, Any]:
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

    def explain_due_date(
        self, application_id: str, *, catalog: CatalogClient, identity: IdentityClient, by: Actor, call_id: str
    ) -> dict[str, Any]:
        """The due date and its proof, day by day; and what a calendar corrected since would have made of it."""
        application_id = self.store.key_of(application_id)
        application = self.store.get(application_id)

        def read(relation: str) -> dict[str, Any]:
            with self.database.session() as session:
                purpose = "giải trình ngày hẹn / explaining the due date"
                record_read(session, application, by, relation, purpose, call_id=call_id)
            return self._explained(application, catalog)

        return reading_as(application, by, identity, read)

    def _explained(self, application: Application, catalog: CatalogClient) -> dict[str, Any]:
        application_id, promised = str(application.id), application.clock
        if promised is None:
            return {
                "application_id": application_id,
                "due_at": None,
                "promised_at": None,
                "days": [],
                "corrected": None,
                "promise": None,
            }
        return {
            "application_id": application_id,
            "accepted_at": promised.accepted_at.isoformat(),
            "promise": promised.promise.to_json(),
            "promised_at": promised.promised_at.isoformat() if promised.promised_at else None,
            "due_at": promised.due_at.isoformat() if promised.due_at else None,
            "paused": promised.is_paused,
            "late": promised.is_late(clock.now()),
            "minutes_left": promised.minutes_left(clock.now()),
            "happenings": [happening.to_json() for happening in promised.changes],
            "calendar_version": promised.calendar.version,
            "days": explain(self._covered(promised, catalog), until=today()),
            "uncovered_since": uncovered.isoformat() if (uncovered := promised.uncovered_since) else None,
            "corrected": self.corrected(application, catalog),
        }

    def affected_due_dates(
        self,
        *,
        catalog: CatalogClient,
        by: Actor,
        call_id: str,
        agency_code: str | None = None,
        on: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[dict[str, Any]]:
        """Running applications whose date would differ under today's calendar: ``{items: [{application_id, …}]}``.

        ``on``: only those whose time holds this day (the ``date`` of a ``calendar_changed.v1``). Officers ask for their
        own agency. A page looks at ``limit`` applications, so it may have fewer items.
        """
        if not by.has("auditor") and not (agency_code and by.at(agency_code, *OFFICERS)):
            raise Forbidden("chỉ tra cứu được cơ quan của mình", "only your own agency")
        after = (key_of(cursor, str) or [""])[0]
        query = select(VIEW.c.application_id, VIEW.c.reference).where(
            VIEW.c.accepted_at.is_not(None), VIEW.c.ended_at.is_(None), not_a_party(by.account_id)
        )
        query = query.where(VIEW.c.agency_code == agency_code) if agency_code else query
        query = query.where(*_holding(date.fromisoformat(on))) if on else query
        with self.database.session() as session:
            rows = list(
                session.execute(query.where(VIEW.c.application_id > after).order_by(VIEW.c.application_id).limit(limit))
            )
        checked = [(row, self._restated(self.store.get(row.application_id), catalog)) for row in rows]
        items = [
            {"application_id": row.application_id, "reference": row.reference, **check}
            for row, check in checked
            if check and check["affected"]
        ]
        with self.database.session() as session:
            filters = {"agency_code": agency_code, "date": on, "cursor": cursor}
            ids = [item["application_id"] for item in items]
            record_listing(session, by, "affected_due_dates", filters, ids, call_id=call_id)
        return {"items": items, "next_cursor": cursor_of(rows[-1].application_id) if len(rows) == limit else None}

    def corrected(self, application: Application, catalog: CatalogClient) -> dict[str, Any] | None:
        """The recorded due date next to the one today's calendar gives; None while the catalogue does not answer."""
        try:
            return self._restated(application, catalog)
        except ServiceUnavailable:
            return None

    def _restated(self, application: Application, catalog: CatalogClient) -> dict[str, Any] | None:
        promised = application.clock
        if promised is None:
            return None
        calendar = self._calendar_of(promised, catalog)
        return dict(restate(promised, calendar).to_json())

    def _calendar_of(self, promised: Clock, catalog: CatalogClient) -> WorkingCalendar:
        """Today's calendar from acceptance to the last day that this clock knows of, or to today."""
        instants = [promised.last_due_at, *(change.at for change in promised.changes), clock.now()]
        last = max(at for at in instants if at is not None)
        years = office_day(last).year - office_day(promised.accepted_at).year
        return self.procedure_rules.calendar(promised.accepted_at, catalog, years=max(years, 1))

    def _covered(self, promised: Clock, catalog: CatalogClient) -> Clock:
        """The clock with today's calendar for the days that its events carry none of, if the catalogue answers."""
        try:
            return promised.completed_by(self._calendar_of(promised, catalog))
        except ServiceUnavailable:
            return promised

    def events(
        self,
        *,
        by: Actor,
        call_id: str,
        after: int = 0,
        limit: int = 50,
        application_id: str | None = None,
        kind: str | None = None,
    ) -> dict[str, Any]:
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

    def _opened(self, session: Session, application: StoredAggregate, until: datetime | None = None) -> dict[str, Any]:
        if isinstance(application, ImportedHistory):
            opened: dict[str, Any] = self._words_of(session, application).in_place(
                imported_history_as_json(application, until)
            )
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


def _holding(day: date) -> list[Any]:
    """That an application was taken in by the end of an office day and is not due before it begins."""
    begins = datetime.combine(day, time(), clock.OFFICE_ZONE)
    due = or_(VIEW.c.last_due_at >= begins, VIEW.c.promised_at >= begins)
    return [VIEW.c.accepted_at < begins + timedelta(days=1), due]
