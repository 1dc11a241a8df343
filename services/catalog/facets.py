"""What a result list can be narrowed by, and how many of the found carry each value.

Field, level and audience are what the definition says. An agency stands for all whose work it does on the day, a
province for the agencies that sit in it on the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import CTE, CompoundSelect, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.catalog.models import Agency, Field, SearchEntry, SearchFacet
from services.catalog.postings import Postings
from services.catalog.successors import province_on, responsibilities_of, successor_of, successor_table

KINDS = ("field", "agency", "level", "audience", "province")
OWN = ("field", "level", "audience")
AGENCY_LEVEL = "agency_level"  # in the index only: the level of a procedure at one agency, where it has its own
LEVELS = ("1", "2", "3", "4")
FIELD_NAMES = (Field.code, Field.name_vi, Field.name_en)


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

    def entry_ids(self, day: date) -> list[Select[object]]:
        """For each value the ids of the entries that carry it. With an agency, a level is that agency's own."""
        at_agency = {"level", "agency"} <= self.values.keys()
        plain = [pair for pair in sorted(self.values.items()) if not (at_agency and pair[0] == "level")]
        ids = [_ids_with(kind, value, day) for kind, value in plain]
        return [*ids, _at_level(self.values["level"], self.values["agency"], day)] if at_agency else ids


def _at_level(level: str, agency: str, day: date) -> Select[object]:
    """The ids of what an agency offers at a level: its own where it has one, else that of the procedure."""
    own = select(SearchFacet.entry_id).where(SearchFacet.kind == AGENCY_LEVEL)
    codes = responsibilities_of(agency, day)
    its = {level: SearchFacet.value.in_(select(codes.c.code + agency_level("", level))) for level in LEVELS}
    general = select(SearchFacet.entry_id).where(SearchFacet.kind == "level", SearchFacet.value == level)
    otherwise = general.where(SearchFacet.entry_id.not_in(own.where(or_(*its.values()))))
    return select(union_all(own.where(its[level]), otherwise).subquery().c.entry_id)


def _ids_with(kind: str, value: str, day: date) -> Select[object]:
    """The ids of the entries that carry a value (of an agency: see :meth:`Filters.on`)."""
    if kind == "province":
        audience = _provinces(day)
        return select(audience.c.entry_id).where(audience.c.value == value)
    of_kind = select(SearchFacet.entry_id).where(SearchFacet.kind == kind)
    if kind == "agency":
        return of_kind.where(SearchFacet.value.in_(select(responsibilities_of(value, day).c.code)))
    return of_kind.where(SearchFacet.value == value)


@dataclass
class FacetIndex:
    """The entries in force or not that carry each value on a day, and how the fields are called."""

    slots: dict[str, Postings]
    names_of_fields: dict[str, dict[str, str]]

    @classmethod
    def read(cls, session: Session, day: date, slots: Mapping[int, int]) -> FacetIndex:
        """From the database; ``slots`` by the entries' ids."""
        postings_by_kind = {kind: Postings() for kind in KINDS}
        for kind, value, entry_id in session.execute(_carried(day)):
            if entry_id in slots:
                postings_by_kind[kind].add(value, slots[entry_id])
        names = {row.code: {"vi": row.name_vi, "en": row.name_en} for row in session.execute(select(*FIELD_NAMES))}
        return cls(postings_by_kind, names)

    def counts(self, hits: int) -> Json:
        """``{"facets": {kind: [{"value", "count", "name"}]}, "total"}``, most frequent first; an entry counts once."""
        grouped: dict[str, list[Json]] = {}
        for kind, postings in self.slots.items():
            names = self.names_of_fields if kind == "field" else {}
            counted = sorted(postings.counts(hits).items(), key=lambda pair: (-pair[1], pair[0]))
            grouped[kind] = [{"value": value, "count": number, "name": names.get(value)} for value, number in counted]
        return {"facets": grouped, "total": hits.bit_count()}


def _carried(day: date) -> CompoundSelect[str, str, int]:
    """``(kind, value, entry_id)`` of everything that an entry carries on a day."""
    own = select(SearchFacet.kind, SearchFacet.value, SearchFacet.entry_id).where(SearchFacet.kind.in_(OWN))
    agencies, provinces = _agencies(day), _provinces(day)
    return union_all(
        own,
        select(literal("agency"), agencies.c.value, agencies.c.entry_id).distinct(),
        select(literal("province"), provinces.c.value, provinces.c.entry_id).distinct(),
    )


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
