"""The doors of the catalogue."""

from __future__ import annotations

from typing import Any

from infra.chassis import auth, dependencies
from infra.chassis.doors import door
from infra.chassis.instants import day_of
from infra.chassis.messaging.handlers import handles
from infra.chassis.operations import Operations
from services.catalog.agencies import Agencies
from services.catalog.calendars import Calendars
from services.catalog.drafts import Drafts
from services.catalog.exports import Exports
from services.catalog.fees import Asked
from services.catalog.imports import Imports
from services.catalog.offerings import Offerings
from services.catalog.personal_data import PersonalData
from services.catalog.places import Places
from services.catalog.search import Query, Search
from services.catalog.usage_counts import Uses

EDITORS = {"catalog_editor"}
Json = dict[str, Any]


class CatalogService(Operations):
    """Procedures, their fees and deadlines, the calendar, provinces and agencies."""

    name = "catalog"
    caller = auth.Caller()
    offerings = dependencies.Provided(Offerings)
    desk = dependencies.Provided(Drafts)
    finder = dependencies.Provided(Search)
    calendars = dependencies.Provided(Calendars)
    places = dependencies.Provided(Places)
    offices = dependencies.Provided(Agencies)
    exporter = dependencies.Provided(Exports)
    importer = dependencies.Provided(Imports)
    uses = dependencies.Provided(Uses)
    erasures = dependencies.Provided(PersonalData)

    @door(public=True)
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
        narrowed = {"agency": agency_code, "field": field, "level": level, "audience": audience, "province": province}
        return self.finder.search(Query.of(text, at, narrowed), limit, cursor, facets)

    @door(public=True)
    def suggest(self, text: str, limit: int = 8) -> Json:
        return self.finder.suggest(text, limit)

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
        return self.offerings.publish(
            definition, effective_from, reason, by=self.caller.actor, command=self.caller.command
        )

    @door(roles=EDITORS | {"approver", "auditor"})
    def proposals(self, limit: int = 50, cursor: str | None = None) -> Json:
        return self.offerings.proposals(limit, cursor)

    @door(roles=EDITORS | {"approver"})
    def approve_publication(self, code: str, version: int, command_id: str, reason: str | None = None) -> Json:
        return self.offerings.approve(code, version, reason, by=self.caller.actor, command=self.caller.command)

    @door(roles=EDITORS | {"approver"})
    def decline_publication(self, code: str, version: int, reason: str, command_id: str) -> Json:
        return self.offerings.decline(code, version, reason, by=self.caller.actor, command=self.caller.command)

    @door(roles=EDITORS)
    def retire(self, code: str, effective_until: str, command_id: str, reason: str | None = None) -> Json:
        return self.offerings.retire(code, effective_until, reason, by=self.caller.actor, command=self.caller.command)

    @door(roles=EDITORS)
    def save_draft(
        self, definition: Json, command_id: str, expected_revision: int | None = None, reason: str | None = None
    ) -> Json:
        return self.desk.save(definition, expected_revision, reason, by=self.caller.actor, command=self.caller.command)

    @door(roles=EDITORS | {"approver", "auditor"})
    def drafts(self, limit: int = 50, cursor: str | None = None) -> Json:
        return self.desk.drafts(limit, cursor)

    @door(roles=EDITORS | {"approver", "auditor"})
    def draft(self, code: str) -> Json:
        return self.desk.draft(code)

    @door(roles=EDITORS)
    def publish_draft(
        self,
        code: str,
        effective_from: str,
        command_id: str,
        expected_revision: int | None = None,
        reason: str | None = None,
    ) -> Json:
        return self.desk.publish(
            code, effective_from, expected_revision, reason, by=self.caller.actor, command=self.caller.command
        )

    @door(roles=EDITORS)
    def discard_draft(self, code: str, reason: str, command_id: str, expected_revision: int | None = None) -> Json:
        return self.desk.discard(code, reason, expected_revision, by=self.caller.actor, command=self.caller.command)

    @door(roles=EDITORS | {"operator"})
    def import_procedures(
        self, records: list[Any], layout: str, effective_from: str, command_id: str, reason: str | None = None
    ) -> Json:
        return self.importer.take_in(
            records, layout, effective_from, reason, by=self.caller.actor, command=self.caller.command
        )

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
        asked = Asked(channel, day_of(at), choices or {}, quantity, exemptions or ())
        return self.offerings.quote(code, version, asked, by=self.caller.actor)

    @door(public=True)
    def due_date(self, code: str, channel: str, accepted_at: str, version: int | None = None) -> Json:
        return self.calendars.due_date(code, channel, accepted_at, version, by=self.caller.actor)

    @door(public=True)
    def calendar(self, year: int) -> Json:
        return self.calendars.calendar(year)

    @door(public=True)
    def calendar_changes(self, year: int) -> Json:
        return self.calendars.changes(year)

    @door(roles=EDITORS | {"operator"})
    def set_calendar_day(self, date: str, kind: str, reason: str, command_id: str) -> Json:
        return self.calendars.set_day(date, kind, reason, by=self.caller.actor, command=self.caller.command)

    @door(public=True)
    def provinces(self, at: str | None = None) -> Json:
        return self.places.provinces(at)

    @door(public=True)
    def wards(self, province_code: str, at: str | None = None) -> Json:
        return self.places.wards(province_code, at)

    @door(public=True)
    def agencies(
        self, at: str | None = None, province_code: str | None = None, limit: int = 500, cursor: str | None = None
    ) -> Json:
        return self.offices.agencies(at, province_code, limit, cursor)

    @door(public=True)
    def agency(self, code: str, at: str | None = None) -> Json:
        return self.offices.agency(code, at)

    @door(roles=EDITORS | {"approver", "auditor", "operator"})
    def agency_changes(self, code: str) -> Json:
        return self.offices.changes(code)

    @door(roles=EDITORS | {"operator"})
    def set_agency(self, agency: Json, valid_from: str, command_id: str, reason: str | None = None) -> Json:
        return self.offices.set_agency(agency, valid_from, reason, by=self.caller.actor, command=self.caller.command)

    @door(roles=EDITORS | {"operator"})
    def merge_agency(
        self, code: str, into: str, last_day: str, legal_basis: str, command_id: str, reason: str | None = None
    ) -> Json:
        return self.offices.merge_agency(
            code, into, last_day, legal_basis, reason, by=self.caller.actor, command=self.caller.command
        )

    @door(public=True)
    def export(
        self,
        format: str,
        at: str | None = None,
        limit: int = 200,
        cursor: str | None = None,
        history: bool = False,
    ) -> Json:
        return self.exporter.export(format, at, limit, cursor, history)

    @door(public=True)
    def levels(self, at: str | None = None) -> Json:
        return self.exporter.levels(at)

    @handles("applications", "application_submitted.v1")
    def count_use_of_procedure(self, event: Json) -> None:
        self.uses.count(event)

    @handles("identity", "agency_created.v1")
    def record_created_agency(self, event: Json) -> None:
        self.offices.heard_of(event)

    @door(public=True)
    def sample_procedures(self, agency_code: str) -> Json:
        return self.offerings.samples(agency_code)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: Json) -> None:
        self.erasures.note(event)
