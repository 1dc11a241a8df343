"""Provinces and communes as they stood on any day; never enums, because they merge.

The 34 provinces and 3,321 communes come from the package *vietnam-provinces*; the 63 provinces before July 2025
and what became of them is public law (Resolutions 175/2024/QH15 and 202/2025/QH15), kept in ``provinces.json``.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from infra.chassis.instants import day_of
from infra.chassis.settings import Settings
from infra.chassis.vietnamese_text import folded_words
from services.catalog.errors import ProvinceNotFound, WardsNotKnown

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
    """Administrative units with their dates."""

    @classmethod
    def from_settings(cls, _settings: Settings) -> Places:
        return cls()

    def provinces(self, at: str | None = None) -> dict[str, Any]:
        """The provinces of a day, by code: ``{"at", "items": [{"code", "name", "kind", "valid_from", …}]}``."""
        day = day_of(at)
        return {"at": day.isoformat(), "items": [unit for unit in provinces() if _holds(unit, day)]}

    def wards(self, province_code: str, at: str | None = None) -> dict[str, Any]:
        """The communes, wards and special zones of a province; known since the reform of July 2025."""
        day = day_of(at)
        check_province(province_code, day)
        if day < REFORM:
            raise WardsNotKnown(since=REFORM.isoformat())
        return {"at": day.isoformat(), "province_code": province_code, "items": wards().get(province_code, [])}


def check_province(code: str, day: date) -> None:
    """Refuses ``ProvinceNotFound`` when no province had the code on the day."""
    if not any(unit["code"] == code and _holds(unit, day) for unit in provinces()):
        raise ProvinceNotFound(code=code, day=day.isoformat())


@cache
def conversion() -> dict[str, str]:
    """What the code of each province of the eve of the reform is since: ``{"17": "25", …}`` (Hòa Bình: Phú Thọ)."""
    eve = REFORM - ONE_DAY
    return {str(unit["code"]): str(unit["merged_into"]) for unit in provinces() if _holds(unit, eve)}


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


def _holds(unit: dict[str, Any], day: date) -> bool:
    return str(unit["valid_from"]) <= day.isoformat() and (
        unit["valid_until"] is None or day.isoformat() <= str(unit["valid_until"])
    )


def _ascii(name: str) -> str:
    return " ".join(word.capitalize() for word in folded_words(name).split())
