"""What a result list can be narrowed by, and how many of the found carry each value.

Field, level and audience are what the definition says. An agency stands for all whose work it does on the day, a
province for the agencies that sit in it on the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import CTE, CompoundSelect, Select, and_, distinct, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.catalog.models import Agency, Field, SearchEntry, SearchFacet
from services.catalog.successors import province_on, responsibilities_of, successor_of, successor_table

KINDS = ("field", "agency", "level", "audience", "province")
OWN = ("field", "level", "audience")
TOTAL = "total"
AGENCY_LEVEL = "agency_level"  # in the index only: the level of a procedure at one agency, where it has its own
LEVELS = ("1", "2", "3", "4")


def agency_level(code: str, level: object) -> str:
    """How the level at which one agency offers a procedure is written in the index."""
    return f"{code}:{level}"


@dataclass(frozen=True)
class Filters:
    """What a result list is narrowed by: a value for each of ``KINDS`` that was named."""

    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Filters:
        """The filters of a call, where a kind that was not named has None."""
        return cls({kind: str(value) for kind, value in values.items() if value is not None})

    def on(self, session: Session, day: date) -> Filters:
        """The same with the successor, on a day, in place of a merged agency."""
        if "agency" not in self.values:
            return self
        return Filters({**self.values, "agency": successor_of(session, self.values["agency"], day)})

    def entry_ids(self, day: date) -> list[Select[Any]]:
        """For each value the ids of the entries that carry it. With an agency, a level is that agency's own."""
        at_agency = {"level", "agency"} <= self.values.keys()
        plain = [pair for pair in sorted(self.values.items()) if not (at_agency and pair[0] == "level")]
        ids = [_ids_with(kind, value, day) for kind, value in plain]
        return [*ids, _at_level(self.values["level"], self.values["agency"], day)] if at_agency else ids


def _at_level(level: str, agency: str, day: date) -> Select[Any]:
    """The ids of what an agency offers at a level: its own where it has one, else that of the procedure."""
    own = select(SearchFacet.entry_id).where(SearchFacet.kind == AGENCY_LEVEL)
    codes = responsibilities_of(agency, day)
    its = {level: SearchFacet.value.in_(select(codes.c.code + agency_level("", level))) for level in LEVELS}
    general = select(SearchFacet.entry_id).where(SearchFacet.kind == "level", SearchFacet.value == level)
    otherwise = general.where(SearchFacet.entry_id.not_in(own.where(or_(*its.values()))))
    return select(union_all(own.where(its[level]), otherwise).subquery().c.entry_id)


def _ids_with(kind: str, value: str, day: date) -> Select[Any]:
    """The ids of the entries that carry a value (of an agency: see :meth:`Filters.on`)."""
    if kind == "province":
        audience = _provinces(day)
        return select(audience.c.entry_id).where(audience.c.value == value)
    of_kind = select(SearchFacet.entry_id).where(SearchFacet.kind == kind)
    if kind == "agency":
        return of_kind.where(SearchFacet.value.in_(select(responsibilities_of(value, day).c.code)))
    return of_kind.where(SearchFacet.value == value)


def facet_counts(session: Session, matches: Select[Any], day: date) -> Json:
    """``{"facets": {kind: [{"value", "count", "name"}]}, "total"}``, most frequent first; each entry counts once."""
    hits = matches.cte()
    grouped: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    total = 0
    for kind, value, number in session.execute(_counts(hits, day)):
        if kind == TOTAL:
            total = number
        else:
            grouped[kind].append({"value": value, "count": number, "name": None})
    names = session.scalars(select(Field).where(Field.code.in_([facet["value"] for facet in grouped["field"]])))
    names_of_fields = {field.code: {"vi": field.name_vi, "en": field.name_en} for field in names}
    for facet in grouped["field"]:
        facet["name"] = names_of_fields.get(facet["value"])
    for values in grouped.values():
        values.sort(key=lambda facet: (-facet["count"], facet["value"]))
    return {"facets": grouped, "total": total}


def _counts(hits: CTE, day: date) -> CompoundSelect[Any]:
    """``(kind, value, number)`` of everything, in one statement that looks for the hits once."""
    own = select(SearchFacet.kind, SearchFacet.value, func.count()).join(hits, hits.c.id == SearchFacet.entry_id)
    parts = [own.where(SearchFacet.kind.in_(OWN)).group_by(SearchFacet.kind, SearchFacet.value)]
    for kind, places in (("agency", _agencies(day)), ("province", _provinces(day))):
        number = func.count(distinct(places.c.entry_id))
        counted = select(literal(kind), places.c.value, number).join(hits, hits.c.id == places.c.entry_id)
        parts.append(counted.group_by(places.c.value))
    return union_all(*parts, select(literal(TOTAL), literal(""), func.count()).select_from(hits))


def _agencies(day: date) -> CTE:
    """``(entry_id, value)``: who offers what on the day, under the code of who does the work now."""
    now = successor_table(day)
    offered = select(SearchFacet.entry_id, func.coalesce(now.c.successor, SearchFacet.value).label("value"))
    return offered.outerjoin(now, now.c.code == SearchFacet.value).where(SearchFacet.kind == "agency").cte()


def _provinces(day: date) -> CTE:
    """``(entry_id, value)``: in which provinces what is offered: named by the definition, or its offices sit there."""
    now = successor_table(day)
    seated = (
        select(SearchFacet.entry_id, province_on(day).label("value"))
        .join(now, now.c.code == SearchFacet.value)
        .join(Agency, and_(Agency.code == now.c.successor, Agency.valid_from <= day))
        .where(SearchFacet.kind == "agency", Agency.province_code.is_not(None))
        .where((Agency.valid_until.is_(None)) | (Agency.valid_until >= day))
    )
    own = province_on(day, SearchFacet.value, SearchEntry.effective_from).label("value")
    named = select(SearchFacet.entry_id, own).join(SearchEntry, SearchEntry.id == SearchFacet.entry_id)
    named = named.where(SearchFacet.kind == "province")
    return union_all(seated, named).cte()
