"""Administrative units as they stood on any day; never enums, because they merge.

The provinces are those of ``infra/chassis/provinces``; communes are known since the reform of July 2025.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from infra.chassis.instants import day_of
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.text.provinces import (
    KINDS,
    REFORM,
    ascii_name,
    exists_on,
    is_province,
    province_code_on,
    provinces,
)
from services.catalog.errors import ProvinceNotFound, WardsNotKnown


class Places:
    """Administrative units with their dates."""

    @classmethod
    def from_settings(cls, _settings: Settings) -> Places:
        return cls()

    def provinces(self, at: str | None = None) -> Json:
        """The provinces of a day, by code: ``{"at", "items": [{"code", "name", "kind", "valid_from", …}]}``."""
        day = day_of(at)
        return {"at": day.isoformat(), "items": [unit for unit in provinces() if exists_on(unit, day)]}

    def wards(self, province_code: str, at: str | None = None) -> Json:
        """The communes, wards and special zones of a province; known since the reform of July 2025."""
        day = day_of(at)
        check_province(province_code, day)
        if day < REFORM:
            raise WardsNotKnown(since=REFORM.isoformat())
        return {"at": day.isoformat(), "province_code": province_code, "items": wards().get(province_code, [])}


def check_province(code: str, day: date) -> None:
    """Refuses ``ProvinceNotFound`` when no province had the code on the day."""
    if not is_province(code, day):
        raise ProvinceNotFound(code=code, day=day.isoformat())


def province_asked_for(code: str, day: date) -> str:
    """The province, on the day, that a question means: one of that day, or the successor of one merged before it.

    Refuses ``ProvinceNotFound``.
    """
    if is_province(code, day):
        return code
    since = province_code_on(code, day, day)
    check_province(since, day)
    return since


@cache
def wards() -> dict[str, list[Json]]:
    """The communes of every province of today, by province code."""
    from vietnam_provinces import Ward

    by_province: dict[str, list[Json]] = {}
    for ward in Ward.iter_all():
        item = {
            "code": f"{ward.code.value:05}",
            "name": {"vi": ward.name, "en": ascii_name(ward.name)},
            "kind": KINDS[ward.division_type.value],
            "valid_from": REFORM.isoformat(),
            "valid_until": None,
        }
        by_province.setdefault(f"{ward.province_code.value:02}", []).append(item)
    return {code: sorted(items, key=lambda item: str(item["code"])) for code, items in by_province.items()}
