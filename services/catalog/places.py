"""Provinces, communes and agencies as they stood on any day; never enums, because they merge.

The 34 provinces and 3,321 communes come from the package *vietnam-provinces*; the 63 provinces before July 2025
and what became of them is public law (Resolutions 175/2024/QH15 and 202/2025/QH15), kept in ``provinces.json``.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.actors import Actor
from infra.chassis.commands import Command
from infra.chassis.database import Database
from infra.chassis.settings import Settings
from services.catalog.days import day_of
from services.catalog.errors import AgencyUnknown, ProvinceNotFound, WardsNotKnown
from services.catalog.folding import fold
from services.catalog.models import Agency

REFORM = date(2025, 7, 1)
ONE_DAY = timedelta(days=1)
KINDS = {
    "tỉnh": {"vi": "Tỉnh", "en": "Province"},
    "thành phố trung ương": {"vi": "Thành phố trực thuộc trung ương", "en": "Centrally governed city"},
    "xã": {"vi": "Xã", "en": "Commune"},
    "phường": {"vi": "Phường", "en": "Ward"},
    "đặc khu": {"vi": "Đặc khu", "en": "Special zone"},
}


class Places:
    """Administrative units and agencies with their dates."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Places:
        return cls(Database.at(settings.database_url("catalog")))

    def provinces(self, at: str | None = None) -> dict[str, Any]:
        """The provinces of a day, by code: ``{"at", "items": [{"code", "name", "kind", "valid_from", …}]}``."""
        day = day_of(at)
        return {"at": day.isoformat(), "items": [unit for unit in provinces() if _holds(unit, day)]}

    def wards(self, province_code: str, at: str | None = None) -> dict[str, Any]:
        """The communes, wards and special zones of a province; known since the reform of July 2025."""
        day = day_of(at)
        if not any(unit["code"] == province_code and _holds(unit, day) for unit in provinces()):
            raise ProvinceNotFound(code=province_code, day=day.isoformat())
        if day < REFORM:
            raise WardsNotKnown(since=REFORM.isoformat())
        return {"at": day.isoformat(), "province_code": province_code, "items": wards().get(province_code, [])}

    def agencies(self, at: str | None = None, province_code: str | None = None) -> dict[str, Any]:
        """The agencies known to the catalogue on a day."""
        day = day_of(at)
        with self.database.session() as session:
            rows = session.scalars(_agencies_on(day).order_by(Agency.code))
            return {
                "at": day.isoformat(),
                "items": [_agency(row) for row in rows if province_code in (None, row.province_code)],
            }

    def set_agency(self, agency: dict[str, Any], valid_from: str, *, by: Actor, command: Command) -> dict[str, Any]:
        """Record an agency from a day on; what was known of the code before ends the day before."""

        def work(session: Session) -> dict[str, Any]:
            row = Agency(
                code=agency["code"],
                valid_from=date.fromisoformat(valid_from),
                name_vi=agency["name"]["vi"],
                name_en=agency["name"].get("en") or agency["name"]["vi"],
                parent_code=agency.get("parent_code"),
                province_code=agency.get("province_code"),
                legal_basis=agency.get("legal_basis"),
            )
            _end_before(session, row.code, row.valid_from)
            session.merge(row)
            return _agency(row)

        return self.database.command(command, work)

    def merge_agency(
        self, code: str, into: str, last_day: str, legal_basis: str, *, by: Actor, command: Command
    ) -> dict[str, Any]:
        """End an agency and say which one carries on its work."""
        day = date.fromisoformat(last_day)

        def work(session: Session) -> dict[str, Any]:
            row = session.scalar(_agencies_on(day).where(Agency.code == code))
            if row is None or session.scalar(_agencies_on(day + ONE_DAY).where(Agency.code == into)) is None:
                raise AgencyUnknown(code=code if row is None else into, day=day.isoformat())
            row.valid_until, row.merged_into, row.legal_basis = day, into, legal_basis
            return _agency(row)

        return self.database.command(command, work)


@cache
def provinces() -> tuple[dict[str, Any], ...]:
    """Every province there was or is since the tables begin, each with its days, what it came from and went into."""
    law = json.loads((Path(__file__).parent / "provinces.json").read_text(encoding="utf-8"))
    came_from: dict[str, list[str]] = law["merged"]
    went_to = {old: new for new, olds in came_from.items() for old in olds}
    eve = (REFORM - ONE_DAY).isoformat()
    units = [_before(old, went_to.get(old["code"], old["code"]), eve, law) for old in law["before"]]
    for new in _current():
        olds = came_from.get(new["code"], [new["code"]])
        units.append(
            {
                **new,
                "valid_from": REFORM.isoformat(),
                "valid_until": None,
                "merged_from": olds,
                "merged_into": None,
                "legal_basis": law["basis"],
            }
        )
    return tuple(sorted(units, key=lambda unit: (unit["code"], unit["valid_from"])))


def _before(old: dict[str, Any], successor: str, eve: str, law: dict[str, Any]) -> dict[str, Any]:
    name = {"vi": old["vi"], "en": old.get("en") or _ascii(old["vi"])}
    city = old.get("city", False)
    return {
        "code": old["code"],
        "name": name,
        "kind": KINDS["thành phố trung ương" if city else "tỉnh"],
        "valid_from": old.get("from", law["begins"]),
        "valid_until": old.get("until", eve),
        "merged_from": [],
        "merged_into": old.get("into", successor),
        "legal_basis": old.get("basis", law["basis"]),
    }


def _current() -> list[dict[str, Any]]:
    from vietnam_provinces import Province

    english = {
        "01": "Hanoi",
        "79": "Ho Chi Minh City",
        "46": "Hue",
        "48": "Da Nang",
        "31": "Hai Phong",
        "92": "Can Tho",
    }
    units = []
    for one in Province.iter_all():
        code, name = f"{one.code.value:02}", one.name.removeprefix("Thành phố ").removeprefix("Tỉnh ")
        units.append(
            {
                "code": code,
                "name": {"vi": name, "en": english.get(code) or _ascii(name)},
                "kind": KINDS[one.division_type.value],
            }
        )
    return units


@cache
def wards() -> dict[str, list[dict[str, Any]]]:
    """The communes of every province of today, by province code."""
    from vietnam_provinces import Ward

    found: dict[str, list[dict[str, Any]]] = {}
    for one in Ward.iter_all():
        item = {
            "code": f"{one.code.value:05}",
            "name": {"vi": one.name, "en": _ascii(one.name)},
            "kind": KINDS[one.division_type.value],
            "valid_from": REFORM.isoformat(),
            "valid_until": None,
        }
        found.setdefault(f"{one.province_code.value:02}", []).append(item)
    return {code: sorted(items, key=lambda item: str(item["code"])) for code, items in found.items()}


def province_of(session: Session, agency_code: str, day: date) -> str | None:
    """The province an agency sat in on a day, if the catalogue knows the agency."""
    row = session.scalar(_agencies_on(day).where(Agency.code == agency_code))
    return row.province_code if row else None


def _agencies_on(day: date) -> Any:
    return select(Agency).where(Agency.valid_from <= day, (Agency.valid_until.is_(None)) | (Agency.valid_until >= day))


def _end_before(session: Session, code: str, day: date) -> None:
    for row in session.scalars(_agencies_on(day).where(Agency.code == code, Agency.valid_from < day)):
        row.valid_until = day - ONE_DAY


def _agency(row: Agency) -> dict[str, Any]:
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


def _holds(unit: dict[str, Any], day: date) -> bool:
    return str(unit["valid_from"]) <= day.isoformat() and (
        unit["valid_until"] is None or day.isoformat() <= str(unit["valid_until"])
    )


def _ascii(name: str) -> str:
    return " ".join(word.capitalize() for word in fold(name).split())
