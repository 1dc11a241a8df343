"""Agencies as they stood on any day: recorded from a day on, renamed, moved, merged into others; never enums.

A procedure names agencies by code and never changes, while agencies merge: whatever asks for an agency asks for
everything it carries on as well. Nothing is renamed in place; the row of a day says what was true then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import agency_unknown
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page, cursor_of, key_of
from infra.chassis.instants import day_of
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.catalog.errors import AgencyChangesLater, AgencyUnknown
from services.catalog.models import Agency, AgencyChange
from services.catalog.places import check_province, province_asked_for
from services.catalog.successors import existing_on, province_on, successor_of

ONE_DAY = timedelta(days=1)
LAST_BUT_ONE = date.max - ONE_DAY
FAR = 50  # parents above parents


class AgencyPage(Page[Json]):
    """The agencies of one day, ``at``."""

    at: str


class AgencyRegister:
    """Keeps agencies with their days, parents and successors, and who recorded what and why."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> AgencyRegister:
        return cls(Database.at(settings.database_url("catalog")))

    def agencies(
        self, at: str | None = None, province_code: str | None = None, limit: int = 500, cursor: str | None = None
    ) -> AgencyPage:
        """The agencies of a day, by code; in a province of that day, whatever the province was called before.

        A province merged before the day means its successor; ``ProvinceNotFound`` for a code that none has had.
        """
        day = day_of(at)
        province_code = province_asked_for(province_code, day) if province_code else None
        after = key_of(cursor, str)
        query = existing_on(day).order_by(Agency.code).limit(limit + 1)
        query = query.where(Agency.code > after[0]) if after else query
        query = query.where(province_on(day) == province_code) if province_code else query
        with self.database.session() as session:
            items = [_agency_view(row) for row in session.scalars(query)]
        following = cursor_of(items[limit - 1]["code"]) if len(items) > limit else None
        return {"at": day.isoformat(), "items": items[:limit], "next_cursor": following}

    def agency(self, code: str, at: str | None = None) -> Json:
        """One agency through time: ``{"code", "at", "carried_on_by", "merged_from": [codes], "items": [periods]}``.

        ``carried_on_by`` is the agency that does its work on the day: itself, or its successor.
        """
        day = day_of(at)
        with self.database.session() as session:
            rows = _periods(session, code)
            if not rows:
                raise AgencyUnknown(code=code, day=day.isoformat())
            merged = select(Agency.code).where(Agency.merged_into == code, Agency.valid_until < day)
            return {
                "code": code,
                "at": day.isoformat(),
                "carried_on_by": successor_of(session, code, day),
                "merged_from": sorted(set(session.scalars(merged))),
                "items": [_agency_view(row) for row in rows],
            }

    def changes(self, code: str) -> Json:
        """The history of an agency: who recorded what, when and why. Refuses ``AgencyUnknown``."""
        with self.database.session() as session:
            query = select(AgencyChange).where(AgencyChange.code == code).order_by(AgencyChange.id)
            items = [_change_view(row) for row in session.scalars(query)]
        if not items:
            raise agency_unknown(code)
        return {"code": code, "items": items}

    def set_agency(
        self, agency: Json, valid_from: str, reason: str | None = None, *, by: Actor, command: Command
    ) -> Json:
        """Record an agency from a day on: what was known of the code before ends the day before; later days stay.

        The same first day again corrects that period. Refuses ``ProvinceNotFound`` for a code that no province had on
        that day, ``AgencyUnknown`` for a parent of which nothing is recorded, and ``InvalidRequest`` for an agency that
        would be above itself.
        """
        first_day = date.fromisoformat(valid_from)
        if agency.get("province_code"):
            check_province(agency["province_code"], first_day)

        def work(session: Session) -> Json:
            _check_parents(session, agency["code"], agency.get("parent_code"), first_day)
            row = _place_period(session, agency, first_day)
            _record_change(session, row, "recorded", by, reason)
            return _agency_view(row)

        return self.database.command(command, work)

    def merge_agency(
        self,
        code: str,
        into: str,
        last_day: str,
        legal_basis: str,
        reason: str | None = None,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """End an agency and say which one carries on its work.

        Refuses ``AgencyUnknown``, and ``AgencyChangesLater`` when something is recorded of it for a later day.
        """
        day = date.fromisoformat(last_day)

        def work(session: Session) -> Json:
            row = session.scalar(existing_on(day).where(Agency.code == code).with_for_update())
            next_day = min(day, LAST_BUT_ONE) + ONE_DAY
            if row is None or session.scalar(existing_on(next_day).where(Agency.code == into)) is None:
                raise AgencyUnknown(code=code if row is None else into, day=day.isoformat())
            if into == code:
                raise InvalidRequest.at("/into", "không phải một cơ quan khác", "not another agency")
            later = [period.valid_from for period in _periods(session, code) if period.valid_from > day]
            if later:
                raise AgencyChangesLater(code=code, valid_from=later[0].isoformat())
            row.valid_until, row.merged_into, row.legal_basis = day, into, legal_basis
            _record_change(session, row, "merged", by, reason or legal_basis)
            return _agency_view(row)

        return self.database.command(command, work)

    def record_created(self, event: CloudEvent) -> None:
        """An ``agency_created.v1`` of *identity*: known from that day on, unless an editor has recorded it already."""
        data = event["data"]
        with self.database.handle_once("record_created_agency", event) as session:
            if session is None or _periods(session, data["code"]):
                return
            first_day = datetime.fromisoformat(data["created_at"]).astimezone(clock.OFFICE_ZONE).date()
            row = _place_period(session, {**data, "name": {"vi": data["name"]}}, first_day)
            by = Actor(data["by"]["account_id"], "identity")
            _record_change(session, row, "created", by, None)


def _place_period(session: Session, agency: Json, first_day: date) -> Agency:
    """The period that begins on a day, between those there are."""
    code = agency["code"]
    rows = _periods(session, code)
    row = next((row for row in rows if row.valid_from == first_day), None)
    if row is None:
        row = Agency(code=code, valid_from=first_day)
        earlier = [row for row in rows if row.valid_from < first_day]
        later = [row for row in rows if row.valid_from > first_day]
        if earlier and (earlier[-1].valid_until is None or earlier[-1].valid_until >= first_day):
            # What ended the period before (a merger, a later change) now ends the new one.
            row.valid_until, row.merged_into = earlier[-1].valid_until, earlier[-1].merged_into
            earlier[-1].valid_until, earlier[-1].merged_into = first_day - ONE_DAY, None
        elif later:
            row.valid_until = later[0].valid_from - ONE_DAY
        session.add(row)
    row.name_vi, row.name_en = agency["name"]["vi"], agency["name"].get("en") or agency["name"]["vi"]
    row.parent_code, row.province_code = agency.get("parent_code"), agency.get("province_code")
    row.legal_basis = agency.get("legal_basis") or row.legal_basis
    session.flush()
    return row


def _check_parents(session: Session, code: str, parent: str | None, day: date) -> None:
    """The parent is recorded, if not on that day; an agency is not above itself, however far up."""
    if parent is not None and parent != code and not recorded_codes(session, [parent]):
        raise AgencyUnknown(code=parent, day=day.isoformat())
    for _ in range(FAR):
        if parent is None:
            return
        if parent == code:
            raise InvalidRequest.at(
                "/agency/parent_code", "cơ quan không thể là cấp trên của chính nó", "an agency cannot be above itself"
            )
        above = session.scalar(existing_on(day).where(Agency.code == parent))
        parent = above.parent_code if above else None


def recorded_codes(session: Session, codes: Iterable[str]) -> set[str]:
    """Those of these codes of which something is recorded, for whatever days."""
    return set(session.scalars(select(Agency.code).where(Agency.code.in_(set(codes))).distinct()))


def _periods(session: Session, code: str) -> list[Agency]:
    """Everything recorded of a code, by first day, held until the transaction ends."""
    query = select(Agency).where(Agency.code == code).order_by(Agency.valid_from)
    return list(session.scalars(query.with_for_update()))


def _agency_view(row: Agency) -> Json:
    return {
        "code": row.code,
        "name": {"vi": row.name_vi, "en": row.name_en},
        "parent_code": row.parent_code,
        "province_code": row.province_code,
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat() if row.valid_until else None,
        "merged_into": row.merged_into,
        "legal_basis": row.legal_basis,
    }


def _record_change(session: Session, row: Agency, act: str, by: Actor, reason: str | None) -> None:
    session.add(
        AgencyChange(
            code=row.code,
            act=act,
            at=clock.now(),
            by_account=by.account_id,
            by_name=by.name,
            reason=reason or row.legal_basis,
            facts=_agency_view(row),
        )
    )


def _change_view(row: AgencyChange) -> Json:
    return {
        "act": row.act,
        "at": row.at.isoformat(),
        "by": {"account_id": row.by_account, "name": row.by_name},
        "reason": row.reason,
        "facts": row.facts,
    }
