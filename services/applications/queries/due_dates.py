"""Why an application is due when it is due, and whose date a calendar corrected since would move.

Both are counted anew from the clock that the application's events carry.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import agency_unknown
from infra.chassis.cursors import Page, cursor_of, key_of
from infra.chassis.instants import office_day, today
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.working_time import Clock, WorkingCalendar, explain, restate
from services.applications.access import OFFICERS, reading_as, record_listing, record_read
from services.applications.agency_seats import is_heard_of
from services.applications.domain.application import Application
from services.applications.errors import Forbidden, ServiceUnavailable
from services.applications.event_store.store import Store
from services.applications.models import application_view
from services.applications.own_case import not_a_party
from services.applications.procedure_rules import ProcedureRules

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient, IdentityClient

VIEW = application_view


class DueDateExplainer:
    """Explains due dates day by day, and compares them with what today's calendar gives."""

    def __init__(self, store: Store, procedure_rules: ProcedureRules) -> None:
        self.store, self.procedure_rules, self.database = store, procedure_rules, store.database

    @classmethod
    def from_settings(cls, settings: Settings) -> DueDateExplainer:
        store = Store.from_settings(settings)
        return cls(store, ProcedureRules(store.database))

    def explain_due_date(
        self, application_id: str, *, catalog: CatalogClient, identity: IdentityClient, by: Actor, call_id: str
    ) -> Json:
        """The due date and its proof, day by day; and what a calendar corrected since would have made of it."""
        application_id = self.store.key_of(application_id)
        application = self.store.get(application_id)

        def read(relation: str) -> Json:
            with self.database.session() as session:
                purpose = "giải trình ngày hẹn / explaining the due date"
                record_read(session, application, by, relation, purpose, call_id=call_id)
            return self._explained(application, catalog)

        return reading_as(application, by, identity, read)

    def _explained(self, application: Application, catalog: CatalogClient) -> Json:
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
            "corrected": self._corrected(application, catalog),
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
    ) -> Page[Json]:
        """Running applications whose date would differ under today's calendar: ``{items: [{application_id, …}]}``.

        ``on``: only those whose time holds this day (the ``date`` of a ``calendar_changed.v1``). Officers ask for their
        own agency. A page looks at ``limit`` applications, so it may have fewer items. Refuses ``AgencyUnknown``.
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
            if agency_code and not rows and not by.at(agency_code, *OFFICERS) and not is_heard_of(session, agency_code):
                raise agency_unknown(agency_code)
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

    def _corrected(self, application: Application, catalog: CatalogClient) -> Json | None:
        """The recorded due date next to the one today's calendar gives; None while the catalogue does not answer."""
        try:
            return self._restated(application, catalog)
        except ServiceUnavailable:
            return None

    def _restated(self, application: Application, catalog: CatalogClient) -> Json | None:
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


def _holding(day: date) -> list[ColumnElement[bool]]:
    """That an application was taken in by the end of an office day and is not due before it begins."""
    begins = datetime.combine(day, time(), clock.OFFICE_ZONE)
    due = or_(VIEW.c.last_due_at >= begins, VIEW.c.promised_at >= begins)
    return [VIEW.c.accepted_at < begins + timedelta(days=1), due]
