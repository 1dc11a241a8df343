"""The provinces of Viet Nam with their days: what a code meant on any day, and which province does its part since.

The 34 provinces of today come from the package *vietnam-provinces*; the 63 before July 2025 and what became of them is
public law (Resolutions 175/2024/QH15 and 202/2025/QH15), in ``provinces.json``. A code may mean another province after
the reform (15: Yên Bái, then Lào Cai), so every question names a day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from infra.chassis.json_types import Json
from infra.chassis.text.vietnamese_text import folded_words

REFORM = date(2025, 7, 1)
ONE_DAY = timedelta(days=1)
KINDS = {
    "tỉnh": {"vi": "Tỉnh", "en": "Province"},
    "thành phố trung ương": {"vi": "Thành phố trực thuộc trung ương", "en": "Centrally governed city"},
    "xã": {"vi": "Xã", "en": "Commune"},
    "phường": {"vi": "Phường", "en": "Ward"},
    "đặc khu": {"vi": "Đặc khu", "en": "Special zone"},
}


def exists_on(unit: Mapping[str, object], day: date) -> bool:
    """Whether a province, ward or commune exists on a day."""
    return str(unit["valid_from"]) <= day.isoformat() and (
        unit["valid_until"] is None or day.isoformat() <= str(unit["valid_until"])
    )


def is_province(code: str, day: date) -> bool:
    """Whether a province had this code on the day."""
    return any(unit["code"] == code and exists_on(unit, day) for unit in provinces())


def was_ever_province(code: str) -> bool:
    """Whether a province has or had this code."""
    return any(unit["code"] == code for unit in provinces())


def province_code_on(code: str, recorded: date, day: date) -> str:
    """The code, on ``day``, of the province that ``code`` meant when it was recorded: itself, or its successor.

    A code that no province had any more when it was recorded means the last that had it.
    """
    units = [unit for unit in provinces() if unit["code"] == code and unit["valid_from"] <= recorded.isoformat()]
    while units:
        unit = units[-1]
        if unit["valid_until"] is None or day.isoformat() <= unit["valid_until"]:
            break
        code, ended = str(unit["merged_into"]), str(unit["valid_until"])
        units = [
            province
            for province in provinces()
            if province["code"] == code and (province["valid_until"] or "9") > ended
        ][:1]
    return code


@cache
def recoded(recorded: date, day: date) -> dict[str, str]:
    """Every code that, recorded on one day, is another on ``day``: ``{"17": "25", …}`` (Hòa Bình: Phú Thọ)."""
    codes = {str(unit["code"]) for unit in provinces()}
    now = {code: province_code_on(code, recorded, day) for code in sorted(codes)}
    return {code: new for code, new in now.items() if new != code}


@cache
def provinces() -> tuple[Json, ...]:
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


def _before(old: Json, successor: str, eve: str, law: Mapping[str, object]) -> Json:
    name = {"vi": old["vi"], "en": old.get("en") or ascii_name(old["vi"])}
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


def _current() -> list[Json]:
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
    for province in Province.iter_all():
        code, name = f"{province.code.value:02}", province.name.removeprefix("Thành phố ").removeprefix("Tỉnh ")
        units.append(
            {
                "code": code,
                "name": {"vi": name, "en": english.get(code) or ascii_name(name)},
                "kind": KINDS[province.division_type.value],
            }
        )
    return units


def ascii_name(name: str) -> str:
    """A Vietnamese name without its accents, as English texts write it."""
    return " ".join(word.capitalize() for word in folded_words(name).split())
