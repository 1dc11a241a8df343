"""The units figures are about: the country, a province of the old 63 or the new 34, an agency with all below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

COUNTRY = "VN"
REFORM = date(2025, 7, 1)
OLD, NEW = 63, 34
UNDIVIDED = "34:"  # before the code of a new province whose agencies cannot be told apart by the old ones
COMMUNE_NAMES = ("ủy ban nhân dân xã", "ủy ban nhân dân phường", "ủy ban nhân dân đặc khu", "ủy ban nhân dân thị trấn")
MINISTRY_NAMES = ("bộ ", "ngân hàng nhà nước", "thanh tra chính phủ", "văn phòng chính phủ")


@dataclass(frozen=True)
class Agency:
    """``recorded_on``: the day its province was written down, which says what the code meant."""

    code: str
    name: str = ""
    parent_code: str | None = None
    province_code: str | None = None
    recorded_on: date = REFORM

    @property
    def kind(self) -> str:
        """``commune``, ``ministry`` or ``department``, by the name the law gives such bodies."""
        name = self.name.lower()
        if name.startswith(COMMUNE_NAMES):
            return "commune"
        return "ministry" if name.startswith(MINISTRY_NAMES) else "department"


@dataclass(frozen=True)
class Units:
    """The tree of agencies. ``merged``: code of an old province -> code of the one that does its part today."""

    agencies: Mapping[str, Agency]
    merged: Mapping[str, str] = field(default_factory=dict)
    province_names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for agency in self.agencies.values():
            if agency.parent_code:
                children.setdefault(agency.parent_code, []).append(agency.code)
        return children

    def agency(self, code: str) -> Agency:
        """An agency nobody announced is one without a province."""
        return self.agencies.get(code) or Agency(code)

    def province_of(self, agency_code: str, provinces: int) -> str | None:
        """The province an agency lies in, as one of the old 63 or of the new 34."""
        agency = self.agency(agency_code)
        code = agency.province_code
        if code is None:
            return None
        if agency.recorded_on < REFORM:
            return code if provinces == OLD else self.merged.get(code, code)
        return code if provinces == NEW or code not in self._enlarged else f"{UNDIVIDED}{code}"

    @cached_property
    def _enlarged(self) -> set[str]:
        return set(self.merged.values())

    def kind_of(self, unit: str) -> str:
        """``country``, ``province``, or the kind of the agency."""
        if unit == COUNTRY:
            return "country"
        return self.agencies[unit].kind if unit in self.agencies else "province"

    def is_known(self, unit: str, provinces: int) -> bool:
        return unit == COUNTRY or unit in self.agencies or unit in self.provinces(provinces)

    def provinces(self, provinces: int) -> list[str]:
        """Every province with an agency, in the order of codes."""
        codes = {self.province_of(code, provinces) for code in self.agencies}
        return sorted(code for code in codes if code is not None)

    def scope(self, unit: str, provinces: int, among: Iterable[str] = ()) -> set[str] | None:
        """The agencies whose applications count for a unit; ``None``: all there are."""
        if unit == COUNTRY:
            return None
        if unit in self.agencies:
            return self._below(unit)
        return {code for code in {*self.agencies, *among} if self.province_of(code, provinces) == unit}

    def parts(self, unit: str, provinces: int) -> list[str]:
        """The units next below one: provinces of the country, agencies that stand first in a province, children."""
        if unit == COUNTRY:
            return self.provinces(provinces)
        if unit in self.agencies:
            return sorted(self._children.get(unit, ()))
        own = self.scope(unit, provinces) or set()
        return sorted(code for code in own if self.agency(code).parent_code not in own)

    def part_of(self, unit: str, agency_code: str, provinces: int) -> str:
        """The unit next below ``unit`` that an agency of it belongs to: a province, an agency, or itself."""
        if unit == COUNTRY:
            return self.province_of(agency_code, provinces) or agency_code
        above = unit if unit in self.agencies else None
        code, passed = agency_code, set[str]()
        while (parent := self.agency(code).parent_code) and parent != above and code != unit and code not in passed:
            passed.add(code)
            code = parent
        return code

    def ranked(self, kind: str, provinces: int) -> list[str]:
        """The units that are compared with each other: provinces, ministries, departments or communes."""
        if kind == "province":
            return self.provinces(provinces)
        return sorted(code for code, agency in self.agencies.items() if agency.kind == kind)

    def name(self, unit: str) -> str:
        if unit in self.agencies:
            return self.agencies[unit].name
        return self.province_names.get(unit, unit)

    def _below(self, code: str) -> set[str]:
        members, waiting = set[str](), [code]
        while waiting:
            current = waiting.pop()
            if current not in members:
                members.add(current)
                waiting.extend(self._children.get(current, ()))
        return members
