"""The agencies and procedures of the country as identity and catalog announce them, as they were known at a cut-off."""

from __future__ import annotations

from datetime import date
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.instants import office_day, recorded_instant
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database, insert_into
from infra.chassis.text.provinces import ONE_DAY, REFORM, provinces, recoded
from services.oversight.domain.fact import micros
from services.oversight.domain.measures import OfferedProcedure
from services.oversight.domain.periods import FigureWindow
from services.oversight.domain.units import Agency, Units
from services.oversight.models import ApplicationFact, KnownAgency, KnownProcedure


class Country:
    """Who serves and what is offered."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Country:
        return cls(Database.at(settings.database_url("oversight")))

    def agency_created(self, event: CloudEvent) -> None:
        """``agency_created.v1``: remember name, place in the tree and province, with the day it was recorded."""
        data = event["data"]
        with self.database.handle_once("agency_created", event) as session:
            if session is not None:
                keep_agency(session, data)

    def procedure_published(self, event: CloudEvent) -> None:
        """``procedure_published.v1``: remember the version. What is known of its end is kept."""
        data = event["data"]
        with self.database.handle_once("procedure_published", event) as session:
            if session is not None:
                keep_procedure(session, data, micros(event["time"]))

    def procedure_retired(self, event: CloudEvent) -> None:
        """``procedure_retired.v1``: the version ends; until then nobody knew."""
        data = event["data"]
        end = {"ends_on": date.fromisoformat(data["effective_until"]), "end_known_at": micros(event["time"])}
        with self.database.handle_once("procedure_retired", event) as session:
            if session is not None:
                row = _stated(data) | {"at": micros(event["time"])} | end
                insert = insert_into(session, KnownProcedure).values(row)
                session.execute(insert.on_conflict_do_update(index_elements=["code", "version"], set_=end))

    def knows_procedure(self, code: str) -> bool:
        """Whether catalog has announced a procedure, or an application has been made under its code."""
        with self.database.session() as session:
            announced = select(KnownProcedure.code).where(KnownProcedure.code == code).limit(1)
            filed = select(ApplicationFact.application_id).where(ApplicationFact.procedure_code == code).limit(1)
            return session.scalar(announced) is not None or session.scalar(filed) is not None

    def units(self, window: FigureWindow | None = None) -> Units:
        """The tree of agencies, of those that were known at the cut-off."""
        query = select(KnownAgency).order_by(KnownAgency.code)
        if window is not None:
            query = query.where(KnownAgency.at <= window.cut_off.at)
        with self.database.session() as session:
            agencies = {row.code: _agency(row) for row in session.scalars(query)}
        return Units(agencies, _merged(), _province_names())

    def procedures(self, window: FigureWindow) -> dict[str, OfferedProcedure]:
        """The procedures in force on some day of the window, each in its latest version of then."""
        known_at = window.cut_off.at
        query = (
            select(KnownProcedure)
            .where(KnownProcedure.at <= known_at, KnownProcedure.effective_from <= window.period.last)
            .order_by(KnownProcedure.code, KnownProcedure.version)
        )
        with self.database.session() as session:
            rows = [row for row in session.scalars(query) if _in_force(row, window.period.first, known_at)]
            return {row.code: _procedure(row) for row in rows}


def keep_agency(session: Session, data: Json) -> None:
    created_at = recorded_instant(data["created_at"])
    session.merge(
        KnownAgency(
            code=data["code"],
            name=data["name"],
            parent_code=data["parent_code"],
            province_code=data["province_code"],
            recorded_on=office_day(created_at),
            at=micros(created_at),
        )
    )


def keep_procedure(session: Session, data: Json, at: int) -> None:
    row = _stated(data) | {"at": at, "ends_on": None, "end_known_at": None}
    session.execute(insert_into(session, KnownProcedure).on_conflict_do_nothing().values(row))


def _in_force(row: KnownProcedure, first: date, known_at: int) -> bool:
    end = row.ends_on if row.end_known_at is not None and row.end_known_at <= known_at else row.effective_until
    return end is None or end >= first


def _stated(data: Json) -> Json:
    names = ("code", "version", "title", "field", "level", "agency_codes")
    until = data["effective_until"]
    return {name: data[name] for name in names} | {
        "has_fees": data.get("has_fees"),
        "full_content": data.get("full_content"),
        "effective_from": date.fromisoformat(data["effective_from"]),
        "effective_until": None if until is None else date.fromisoformat(until),
    }


def _agency(row: KnownAgency) -> Agency:
    return Agency(row.code, row.name, row.parent_code, row.province_code, row.recorded_on)


def _procedure(row: KnownProcedure) -> OfferedProcedure:
    return OfferedProcedure(row.code, row.field, row.level, tuple(row.agency_codes), row.has_fees, row.full_content)


@cache
def _merged() -> dict[str, str]:
    """Every province before the reform -> the one that does its part since."""
    moved = recoded(REFORM - ONE_DAY, REFORM)
    eve = (REFORM - ONE_DAY).isoformat()
    codes = [str(unit["code"]) for unit in provinces() if unit["valid_from"] <= eve == unit["valid_until"]]
    successors = {code: moved.get(code, code) for code in codes}
    enlarged = {new for old, new in successors.items() if old != new}
    return {old: new for old, new in successors.items() if new in enlarged}


@cache
def _province_names() -> dict[str, str]:
    """Code of a province -> its name of today; of one that is no more, its last."""
    ordered = sorted(provinces(), key=lambda unit: str(unit["valid_from"]))
    return {str(unit["code"]): str(unit["name"]["vi"]) for unit in ordered}
