"""The catalogue handed on: to installations (json), to spreadsheets (csv), as linked data (cpsv-ap); and its levels."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from infra.chassis.cursors import cursor_of, key_of
from infra.chassis.instants import day_of
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.text.provinces import province_code_on
from infra.chassis.text.spreadsheet import csv_page
from services.catalog import opendata, versions
from services.catalog.models import Agency, ProcedureVersion, SearchEntry
from services.catalog.successors import existing_on, province_on, successor_table

MEDIA = {"json": "application/json", "csv": "text/csv; charset=utf-8", "cpsv-ap": "application/ld+json"}
COLUMNS = (
    "code",
    "version",
    "effective_from",
    "effective_until",
    "title_vi",
    "title_en",
    "field",
    "level",
    "authority",
    "channels",
    "fees",
    "legal_basis",
)
LEVELS = (1, 2, 3, 4)
BASE = "urn:portal:catalog"


class Exports:
    """Pages of the catalogue in force on a day, by code."""

    def __init__(self, database: Database, base: str = BASE) -> None:
        self.database = database
        self.base = base

    @classmethod
    def from_settings(cls, settings: Settings) -> Exports:
        return cls(Database.at(settings.database_url("catalog")), settings.get("PORTAL_URL", BASE).rstrip("/"))

    def export(
        self, form: str, at: str | None = None, limit: int = 200, cursor: str | None = None, history: bool = False
    ) -> Json:
        """A page: ``{"format", "media_type", "count", "content", "next_cursor"}``; csv has its header on the first.

        What is in force on the day; with ``history`` (json only) every published version, the oldest first.
        """
        if history and form != "json":
            raise InvalidRequest.at("/history", "chỉ có ở định dạng json", "in the format json only")
        with self.database.session() as session:
            every = _every_version(session, cursor, limit + 1) if history else None
            rows = _in_force(session, day_of(at), cursor, limit + 1) if every is None else every
        page = rows[:limit]
        content = {"json": _json, "csv": _csv, "cpsv-ap": self._linked}[form](page, first=not cursor)
        last = page[-1] if len(rows) > limit else None
        following = last and (cursor_of(last.code, last.version) if history else cursor_of(last.code))
        return {
            "format": form,
            "media_type": MEDIA[form],
            "count": len(page),
            "content": content,
            "next_cursor": following,
        }

    def _linked(self, rows: list[ProcedureVersion], first: bool) -> str:
        return json.dumps(opendata.document([(row.definition, self.base) for row in rows]), ensure_ascii=False)

    def levels(self, at: str | None = None) -> Json:
        """The share of procedures at each level, in all, by agency and by province, in per cent with two decimals.

        Every procedure counts once in all, once for each agency (a merged one's for its successor) and once for each
        province, there at the highest level that an office in it offers.
        """
        day = day_of(at)
        with self.database.session() as session:
            until = SearchEntry.effective_until
            in_force = select(SearchEntry.summary, SearchEntry.effective_from).where(
                SearchEntry.effective_from <= day, or_(until.is_(None), until >= day)
            )
            rows = session.execute(in_force).all()
            places = _Places.on(session, day)
        agencies: dict[str, Counter[int]] = defaultdict(Counter)
        provinces: dict[str, Counter[int]] = defaultdict(Counter)
        for row in rows:
            agencies_of, provinces_of = places.levels(row.summary, row.effective_from)
            for code, level in agencies_of.items():
                agencies[code][level] += 1
            for code, level in provinces_of.items():
                provinces[code][level] += 1
        return {
            "at": day.isoformat(),
            **_shares(Counter(row.summary["level"] for row in rows)),
            "by_agency": [{"agency_code": code, **_shares(counted)} for code, counted in sorted(agencies.items())],
            "by_province": [{"province_code": code, **_shares(counted)} for code, counted in sorted(provinces.items())],
        }


def _in_force(session: Session, day: date, cursor: str | None, limit: int) -> list[ProcedureVersion]:
    until = ProcedureVersion.effective_until
    query = select(ProcedureVersion).where(
        ProcedureVersion.state == versions.PUBLISHED,
        ProcedureVersion.effective_from <= day,
        or_(until.is_(None), until >= day),
    )
    after = key_of(cursor, str)
    query = query.where(ProcedureVersion.code > after[0]) if after else query
    return list(session.scalars(query.order_by(ProcedureVersion.code).limit(limit)))


def _every_version(session: Session, cursor: str | None, limit: int) -> list[ProcedureVersion]:
    order = (ProcedureVersion.code, ProcedureVersion.version)
    query = select(ProcedureVersion).where(ProcedureVersion.state == versions.PUBLISHED)
    after = key_of(cursor, str, int)
    query = query.where(tuple_(*order) > tuple_(*after)) if after else query
    return list(session.scalars(query.order_by(*order).limit(limit)))


def _json(rows: list[ProcedureVersion], first: bool) -> str:
    """What ``import_procedures`` with layout ``definition`` reads back to the same content."""
    records = [
        {
            "definition": row.definition,
            "version": row.version,
            "effective_from": row.effective_from.isoformat(),
            "effective_until": row.effective_until.isoformat() if row.effective_until else None,
            "fingerprint": row.fingerprint,
        }
        for row in rows
    ]
    return json.dumps(records, ensure_ascii=False)


def _csv(rows: list[ProcedureVersion], first: bool) -> str:
    return csv_page((_cells(row) for row in rows), heading=COLUMNS if first else None)


def _cells(row: ProcedureVersion) -> list[str]:
    definition = row.definition
    channels = "; ".join(
        f"{name}: {_time(offer['processing_time'])}" for name, offer in sorted(definition["channels"].items())
    )
    fees = "; ".join(f"{fee['name']['vi']} ({', '.join(fee['channels'])}): {_rule(fee)}" for fee in definition["fees"])
    return [
        definition["code"],
        str(row.version),
        row.effective_from.isoformat(),
        row.effective_until.isoformat() if row.effective_until else "",
        definition["title"]["vi"],
        definition["title"].get("en") or "",
        definition["field"]["vi"],
        str(definition["level"]),
        definition["authority"]["name"]["vi"],
        channels,
        fees,
        "; ".join(law["number"] or law.get("title") or "" for law in definition["legal_basis"]),
    ]


def _rule(fee: Mapping[str, object]) -> str:
    return f"{json.dumps(fee['rule'], ensure_ascii=False)} {fee['currency']}"


def _time(time: Mapping[str, object]) -> str:
    return "not stated" if time["amount"] is None else f"{time['amount']} {time['unit']}"


@dataclass(frozen=True)
class _Places:
    """Who does whose work on a day (code to successor), and in which province each agency sits."""

    day: date
    successors: dict[str, str]
    seats: dict[str, str]

    @classmethod
    def on(cls, session: Session, day: date) -> _Places:
        now = successor_table(day)
        seats = (
            existing_on(day)
            .with_only_columns(Agency.code, province_on(day).label("seat"))
            .where(Agency.province_code.is_not(None))
        )
        return cls(
            day,
            {row.code: row.successor for row in session.execute(select(now.c.code, now.c.successor))},
            {row.code: row.seat for row in session.execute(seats)},
        )

    def levels(self, summary: Json, recorded: date) -> tuple[dict[str, int], dict[str, int]]:
        """The level each agency, and each province, offers a procedure at."""
        authority: Json = summary["authority"]
        own: dict[str, int] = summary.get("agency_levels", {})
        level: int = summary["level"]
        by_agency: dict[str, int] = {}
        for code in authority.get("agency_codes") or []:
            heir = self.successors.get(code, code)
            by_agency[heir] = max(by_agency.get(heir, 0), own.get(code, level))
        by_province = dict.fromkeys(
            (province_code_on(code, recorded, self.day) for code in authority.get("province_codes") or []),
            level,
        )
        for code, offered in by_agency.items():
            if home := self.seats.get(code):
                by_province[home] = max(by_province.get(home, 0), offered)
        return by_agency, by_province


def _shares(counted: Counter[int]) -> Json:
    total = sum(counted.values())
    levels = [
        {"level": level, "count": counted[level], "share": round(100 * counted[level] / total, 2) if total else 0.0}
        for level in LEVELS
    ]
    return {"total": total, "levels": levels}
