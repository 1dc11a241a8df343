"""Datasets for everybody (Decree 47/2020): one stable name per period, checksums, no cell that shows people."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from infra.chassis.instants import day_of
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.text.spreadsheet import csv_page
from infra.chassis.trust.signatures import canonical_json
from services.oversight.domain.feedback import STATUSES
from services.oversight.domain.forms import COLUMNS, TOTAL, Form, FormPlaces
from services.oversight.domain.index import rounded
from services.oversight.domain.periods import FigurePeriod, FigureWindow
from services.oversight.errors import DatasetNotFound
from services.oversight.figure_requests import period_named, rules_of, window_of
from services.oversight.rankings import Ranker

SMALL = 5  # a count below it, of something per commune and field, is not shown
SUPPRESSED = "<5"
PROVINCES = 34
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
Rows = list[Json]


class DatasetDescription(NamedTuple):
    """What a catalogue says of a dataset."""

    title: tuple[str, str]
    description: tuple[str, str]
    periodic: bool


DATASETS: dict[str, DatasetDescription] = {
    "agencies": DatasetDescription(
        ("Cơ quan giải quyết thủ tục hành chính", "Agencies"),
        ("Mã, tên, cơ quan cấp trên và tỉnh", "Code, name, agency above and province"), periodic=False,
    ),
    "procedures": DatasetDescription(
        ("Thủ tục hành chính", "Procedures"),
        ("Mã, lĩnh vực và mức độ dịch vụ", "Code, field and service level"), periodic=False,
    ),
    "service-levels": DatasetDescription(
        ("Tỷ lệ dịch vụ theo mức độ", "Share of services per level"),
        ("Số thủ tục ở từng mức độ", "Procedures at each level"), periodic=False,
    ),
    "statistics": DatasetDescription(
        ("Tình hình tiếp nhận, giải quyết thủ tục hành chính (II.06)", "Handling of applications (form II.06)"),
        ("Theo cơ quan và lĩnh vực; ô nhỏ hơn 5 được ẩn", "By agency and field; cells below 5 are suppressed"),
        periodic=True,
    ),
    "index": DatasetDescription(
        ("Chỉ số phục vụ người dân, doanh nghiệp (QĐ 766)", "Index of Decision 766"),
        ("Theo tỉnh và chỉ tiêu, có tử số và mẫu số", "By province and row, with numerators and denominators"),
        periodic=True,
    ),
    "feedback": DatasetDescription(
        ("Phản ánh, kiến nghị", "Feedback"), ("Số phản ánh theo loại và trạng thái", "Counts by kind and status"),
        periodic=True,
    ),
}  # fmt: skip


class OpenData:
    """Makes the datasets."""

    def __init__(self, ranker: Ranker) -> None:
        self.ranker = ranker

    @classmethod
    def from_settings(cls, settings: Settings) -> OpenData:
        return cls(Ranker.from_settings(settings))

    def datasets(self) -> Json:
        """What there is: name, title, description, whether there is one per period."""
        return {
            "licence": LICENCE,
            "items": [
                {
                    "name": name,
                    "title": dict(zip(("vi", "en"), about.title, strict=True)),
                    "description": dict(zip(("vi", "en"), about.description, strict=True)),
                    "periodic": about.periodic,
                    "formats": ["csv", "json"],
                }
                for name, about in DATASETS.items()
            ],
        }

    def dataset(self, name: str, period: str | None) -> Json:
        """One dataset: rows, the same as CSV, and the SHA-256 of both files."""
        about = DATASETS.get(name)
        if about is None or about.periodic != (period is not None):
            raise DatasetNotFound(name=name, period=period or "–")
        make: Callable[[FigureWindow], Rows] = getattr(self, f"_{name.replace('-', '_')}")
        rows = make(_whole_window() if period is None else window_of(period_named(period), None))
        content = csv_of(rows)
        return {
            "name": name,
            "period": period,
            "rows": rows,
            "csv": content,
            "csv_sha256": hashlib.sha256(content.encode()).hexdigest(),
            "json_sha256": hashlib.sha256(canonical_json(rows)).hexdigest(),
        }

    def service_levels(self, at: str | None) -> Json:
        """How many procedures are offered at each level on a day."""
        day = day_of(at)
        window = FigureWindow(FigurePeriod.between(day, day), _whole_window().cut_off)
        rows = self._service_levels(window)
        return {"at": day.isoformat(), "procedures": sum(row["procedures"] for row in rows), "levels": rows}

    def _agencies(self, window: FigureWindow) -> Rows:
        units = self.ranker.country.units(window)
        return [
            {
                "code": agency.code,
                "name": agency.name,
                "parent_code": agency.parent_code,
                "province_code": units.province_of(agency.code, PROVINCES),
                "kind": agency.kind,
            }
            for agency in units.agencies.values()
        ]

    def _procedures(self, window: FigureWindow) -> Rows:
        procedures = self.ranker.country.procedures(window)
        return [
            {"code": item.code, "field": item.field, "level": item.level, "has_fees": item.has_fees}
            for item in procedures.values()
        ]

    def _service_levels(self, window: FigureWindow) -> Rows:
        levels = [item.level for item in self.ranker.country.procedures(window).values()]
        return [
            {
                "level": level,
                "procedures": levels.count(level),
                "share": round(levels.count(level) / len(levels), 6) if levels else None,
            }
            for level in (1, 2, 3, 4)
        ]

    def _statistics(self, window: FigureWindow) -> Rows:
        units, procedures = self.ranker.country.units(window), self.ranker.country.procedures(window)
        places = FormPlaces(
            lambda code: units.agency(code).kind, {code: item.field for code, item in procedures.items()}
        )
        forms: dict[str, Form] = {}
        for fact in self.ranker.facts.facts(window):
            forms.setdefault(fact.agency_code, Form(window, places)).add(fact)
        return [
            {"agency_code": code, "field": row["field"], **{name: shown_count(row[name]) for name in COLUMNS}}
            for code in sorted(forms)
            for row in forms[code].rows()
            if row["level"] != TOTAL and row["field"] != TOTAL
        ]

    def _index(self, window: FigureWindow) -> Rows:
        units, rules = self.ranker.country.units(window), rules_of(None, window.period)
        provinces = units.ranked("province", PROVINCES)
        indexes = self.ranker.indexes(window, rules, units, provinces, PROVINCES) if provinces else {}
        names = ("number", "code", "group", "numerator", "denominator", "ratio", "score", "max", "quality")
        return [
            {"province_code": code, "rules": rules.code, **{name: row[name] for name in names}}
            for code, index in indexes.items()
            for row in [*index.to_json()["rows"], _total_row(rounded(index.total, 4))]
        ]

    def _feedback(self, window: FigureWindow) -> Rows:
        counts: dict[tuple[str, str], int] = {}
        for row, ticket in self.ranker.feedback.tickets(window):
            if window.since <= row.given_at:
                counts[row.kind, ticket.status] = counts.get((row.kind, ticket.status), 0) + 1
        return [
            {"kind": kind, "status": status, "tickets": shown_count(counts.get((kind, status), 0))}
            for kind in ("regulation", "conduct")
            for status in STATUSES
        ]


def shown_count(count: int) -> int | str:
    """A count as everybody may see it."""
    return SUPPRESSED if 0 < count < SMALL else count


def csv_of(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as a file for spreadsheets."""
    heading = list(rows[0]) if rows else []
    return csv_page([["" if cell is None else cell for cell in row.values()] for row in rows], heading)


def _total_row(score: float | None) -> Json:
    empty = dict.fromkeys(("numerator", "denominator", "ratio"))
    return {"number": "", "code": "TOTAL", "group": "", **empty, "score": score, "max": 100, "quality": ""}


def _whole_window() -> FigureWindow:
    day = day_of(None)
    return window_of(FigurePeriod.between(day, day), None)
