"""The doors of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from infra.chassis import dependencies
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.instants import day_of
from infra.chassis.json_types import Json
from infra.chassis.messaging.handlers import handles
from infra.chassis.running.operations import Operations
from infra.fees import FeeQuery
from services.catalog.agencies import AgencyRegister
from services.catalog.calendars import Calendars, YearCalendar
from services.catalog.drafts import DraftEditor
from services.catalog.exports import Exports
from services.catalog.imports import Imports
from services.catalog.offerings import Offerings
from services.catalog.personal_data import PersonalData
from services.catalog.places import Places
from services.catalog.search import Query, SearchEngine
from services.catalog.usage_counts import UsageCounts

EDITORS = {"catalog_editor"}


class CatalogService(Operations):
    """Procedures, their fees and deadlines, the calendar, provinces and agencies."""

    name = "catalog"
    offerings = dependencies.Provided(Offerings)
    draft_editor = dependencies.Provided(DraftEditor)
    search_engine = dependencies.Provided(SearchEngine)
    calendars = dependencies.Provided(Calendars)
    places = dependencies.Provided(Places)
    agency_register = dependencies.Provided(AgencyRegister)
    exports = dependencies.Provided(Exports)
    imports = dependencies.Provided(Imports)
    usage_counts = dependencies.Provided(UsageCounts)
    personal_data = dependencies.Provided(PersonalData)

    @door(public=True, costly=True)
    def search(
        self,
        text: str = "",
        agency_code: str | None = None,
        field: str | None = None,
        level: int | None = None,
        audience: str | None = None,
        province: str | None = None,
        at: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
        facets: bool = False,
    ) -> Json:
        filters = {"agency": agency_code, "field": field, "level": level, "audience": audience, "province": province}
        return self.search_engine.search(Query.of(text, at, filters), limit, cursor, facets)

    @door(public=True, costly=True)
    def suggest(self, text: str, limit: int = 8) -> Json:
        return self.search_engine.suggest(text, limit)

    @door(public=True)
    def procedure(self, code: str, version: int | None = None, at: str | None = None) -> Json:
        return self.offerings.procedure(code, version, at, by=self.caller.actor)

    @door(public=True)
    def versions(self, code: str) -> Json:
        return self.offerings.versions(code, by=self.caller.actor)

    @door(public=True)
    def compare(self, code: str, from_version: int, to_version: int) -> Json:
        return self.offerings.compare(code, from_version, to_version, by=self.caller.actor)

    @door(roles=EDITORS | {"approver", "auditor", "operator"})
    def changes(self, code: str) -> Json:
        return self.offerings.changes(code)

    @door(roles=EDITORS)
    def publish(self, definition: Json, effective_from: str, command_id: str, reason: str | None = None) -> Json:
        return self.offerings.publish(definition, effective_from, reason, **self.caller.acting)

    @door(roles=EDITORS | {"approver", "auditor"})
    def proposals(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.offerings.proposals(limit, cursor)

    @door(roles=EDITORS | {"approver"})
    def approve_publication(self, code: str, version: int, command_id: str, reason: str | None = None) -> Json:
        return self.offerings.approve(code, version, reason, **self.caller.acting)

    @door(roles=EDITORS | {"approver"})
    def decline_publication(self, code: str, version: int, reason: str, command_id: str) -> Json:
        return self.offerings.decline(code, version, reason, **self.caller.acting)

    @door(roles=EDITORS)
    def retire(self, code: str, effective_until: str, command_id: str, reason: str | None = None) -> Json:
        return self.offerings.retire(code, effective_until, reason, **self.caller.acting)

    @door(roles=EDITORS)
    def save_draft(
        self, definition: Json, command_id: str, expected_revision: int | None = None, reason: str | None = None
    ) -> Json:
        return self.draft_editor.save(definition, expected_revision, reason, **self.caller.acting)

    @door(roles=EDITORS | {"approver", "auditor"})
    def drafts(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.draft_editor.drafts(limit, cursor)

    @door(roles=EDITORS | {"approver", "auditor"})
    def draft(self, code: str) -> Json:
        return self.draft_editor.draft(code)

    @door(roles=EDITORS)
    def publish_draft(
        self,
        code: str,
        effective_from: str,
        command_id: str,
        expected_revision: int | None = None,
        reason: str | None = None,
    ) -> Json:
        return self.draft_editor.publish(code, effective_from, expected_revision, reason, **self.caller.acting)

    @door(roles=EDITORS)
    def discard_draft(self, code: str, reason: str, command_id: str, expected_revision: int | None = None) -> Json:
        return self.draft_editor.discard(code, reason, expected_revision, **self.caller.acting)

    @door(roles=EDITORS | {"operator"})
    def import_procedures(
        self, records: Sequence[object], layout: str, effective_from: str, command_id: str, reason: str | None = None
    ) -> Json:
        return self.imports.import_records(records, layout, effective_from, reason, **self.caller.acting)

    @door(public=True)
    def quote(
        self,
        code: str,
        channel: str,
        version: int | None = None,
        at: str | None = None,
        choices: dict[str, str] | None = None,
        quantity: int = 1,
        exemptions: list[str] | None = None,
    ) -> Json:
        query = FeeQuery(channel, day_of(at), choices or {}, quantity, exemptions or ())
        return self.offerings.quote(code, version, query, by=self.caller.actor)

    @door(public=True)
    def due_date(self, code: str, channel: str, accepted_at: str, version: int | None = None) -> Json:
        return self.calendars.due_date(code, channel, accepted_at, version, by=self.caller.actor)

    @door(public=True)
    def calendar(self, year: int) -> YearCalendar:
        return self.calendars.calendar(year)

    @door(public=True)
    def calendar_changes(self, year: int) -> Json:
        return self.calendars.changes(year)

    @door(roles=EDITORS | {"operator"})
    def set_calendar_day(self, date: str, kind: str, reason: str, command_id: str) -> Json:
        return self.calendars.set_day(date, kind, reason, **self.caller.acting)

    @door(public=True)
    def provinces(self, at: str | None = None) -> Json:
        return self.places.provinces(at)

    @door(public=True)
    def wards(self, province_code: str, at: str | None = None) -> Json:
        return self.places.wards(province_code, at)

    @door(public=True)
    def agencies(
        self, at: str | None = None, province_code: str | None = None, limit: int = 500, cursor: str | None = None
    ) -> Page[Json]:
        return self.agency_register.agencies(at, province_code, limit, cursor)

    @door(public=True)
    def agency(self, code: str, at: str | None = None) -> Json:
        return self.agency_register.agency(code, at)

    @door(roles=EDITORS | {"approver", "auditor", "operator"})
    def agency_changes(self, code: str) -> Json:
        return self.agency_register.changes(code)

    @door(roles=EDITORS | {"operator"})
    def set_agency(self, agency: Json, valid_from: str, command_id: str, reason: str | None = None) -> Json:
        return self.agency_register.set_agency(agency, valid_from, reason, **self.caller.acting)

    @door(roles=EDITORS | {"operator"})
    def merge_agency(
        self, code: str, into: str, last_day: str, legal_basis: str, command_id: str, reason: str | None = None
    ) -> Json:
        return self.agency_register.merge_agency(code, into, last_day, legal_basis, reason, **self.caller.acting)

    @door(public=True, costly=True)
    def export(
        self,
        format: str,
        at: str | None = None,
        limit: int = 200,
        cursor: str | None = None,
        history: bool = False,
    ) -> Json:
        return self.exports.export(format, at, limit, cursor, history)

    @door(public=True)
    def levels(self, at: str | None = None) -> Json:
        return self.exports.levels(at)

    @handles("applications", "application_submitted.v1")
    def count_use_of_procedure(self, event: CloudEvent) -> None:
        self.usage_counts.count(event)

    @handles("identity", "agency_created.v1")
    def record_created_agency(self, event: CloudEvent) -> None:
        self.agency_register.record_created(event)

    @door(public=True)
    def sample_procedures(self, agency_code: str) -> Json:
        return self.offerings.samples(agency_code)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: CloudEvent) -> None:
        self.personal_data.note(event)
