"""Tables of the catalogue: procedures and their versions, the search index, the calendar, agencies, the history."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Boolean, Date, ForeignKey, Index, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import plumbing
from infra.chassis.storage.database import BigKey, UtcDateTime
from services.catalog.shapes import Definition


class CatalogModel(DeclarativeBase):
    """All tables of this service share one ``MetaData``."""

    metadata = MetaData()


class Procedure(CatalogModel):
    """One official code. Its row is locked while a version is added, so numbers and dates never cross."""

    __tablename__ = "procedure"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    versions: Mapped[int] = mapped_column(Integer, default=0)
    uses: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProcedureVersion(CatalogModel):
    """One version. ``definition`` never changes once ``state`` is ``published``; only its last day may be set.

    ``state``: draft, awaiting_approval, published, declined. ``effective_until`` is the last day in force.
    """

    __tablename__ = "procedure_version"

    code: Mapped[str] = mapped_column(ForeignKey("procedure.code"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    effective_from: Mapped[date] = mapped_column(Date)
    effective_until: Mapped[date | None] = mapped_column(Date)
    retired: Mapped[bool] = mapped_column(Boolean, default=False)
    definition: Mapped[Definition] = mapped_column(JSON)
    fingerprint: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    findings: Mapped[list[Json]] = mapped_column(JSON, default=list)


Index("procedure_version_days", ProcedureVersion.code, ProcedureVersion.effective_from)


class ProcedureDraft(CatalogModel):
    """What editors are still writing: one per code, perhaps unfinished. ``fingerprint``: of its full shape, if any.

    ``based_on`` is the version that was the latest when the draft was begun (0: none).
    """

    __tablename__ = "procedure_draft"

    code: Mapped[str] = mapped_column(ForeignKey("procedure.code"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer)
    based_on: Mapped[int] = mapped_column(Integer)
    definition: Mapped[Json] = mapped_column(JSON)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by: Mapped[str] = mapped_column(String(80))
    saved_by_name: Mapped[str] = mapped_column(String(200))


class ProcedureChange(CatalogModel):
    """History of the catalogue: what was done to which version, by whom and why. Rows are only ever added."""

    __tablename__ = "procedure_change"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int | None] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_account: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[Json] = mapped_column(JSON, default=dict)


Index("procedure_change_code", ProcedureChange.code, ProcedureChange.id)


class Field(CatalogModel):
    """A field of administration (lĩnh vực) as the latest published procedure of that code names it."""

    __tablename__ = "field"

    code: Mapped[str] = mapped_column(String(80), primary_key=True)
    name_vi: Mapped[str] = mapped_column(String(300))
    name_en: Mapped[str] = mapped_column(String(300))


class SearchEntry(CatalogModel):
    """What a published version is found by. Texts are lower case with single spaces, and a space at both ends."""

    __tablename__ = "search_entry"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(Integer)
    effective_from: Mapped[date] = mapped_column(Date)
    effective_until: Mapped[date | None] = mapped_column(Date)
    title: Mapped[str] = mapped_column(Text)
    accented: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    length: Mapped[int] = mapped_column(Integer)
    uses: Mapped[int] = mapped_column(Integer, default=0)
    level: Mapped[int] = mapped_column(Integer)
    summary: Mapped[Json] = mapped_column(JSON)
    changed: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


Index("search_entry_version", SearchEntry.code, SearchEntry.version, unique=True)
Index("search_entry_changed", SearchEntry.changed)


class SearchVersion(CatalogModel):
    """One row, counted up by triggers: with every change of entries (which note it in ``changed``), and of agencies.

    Its lock lasts until the change is committed, so whoever reads a number sees every entry changed up to it.
    """

    __tablename__ = "search_version"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    entries: Mapped[int] = mapped_column(BigInteger)
    agencies: Mapped[int] = mapped_column(BigInteger)


class SearchFacet(CatalogModel):
    """What a result list can be narrowed by. ``kind``: field, agency, level, audience, province, agency_level."""

    __tablename__ = "search_facet"

    entry_id: Mapped[int] = mapped_column(ForeignKey("search_entry.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    value: Mapped[str] = mapped_column(String(80), primary_key=True)


Index("search_facet_value", SearchFacet.kind, SearchFacet.value, SearchFacet.entry_id)


class SearchWord(CatalogModel):
    """The vocabulary of all titles: how many entries hold a word; what a mistyped word is compared with."""

    __tablename__ = "search_word"

    word: Mapped[str] = mapped_column(String(60), primary_key=True)
    entries: Mapped[int] = mapped_column(Integer)


class CalendarDay(CatalogModel):
    """A change an editor made to the working calendar. The latest row of a day holds; the others are its history."""

    __tablename__ = "calendar_day"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    known_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_account: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(200))


Index("calendar_day_day", CalendarDay.day, CalendarDay.id)


class Agency(CatalogModel):
    """An agency between two dates. A merger ends one row and names the next; nothing is ever renamed in place."""

    __tablename__ = "agency"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    valid_until: Mapped[date | None] = mapped_column(Date)
    name_vi: Mapped[str] = mapped_column(String(300))
    name_en: Mapped[str] = mapped_column(String(300))
    parent_code: Mapped[str | None] = mapped_column(String(40))
    province_code: Mapped[str | None] = mapped_column(String(10))
    merged_into: Mapped[str | None] = mapped_column(String(40))
    legal_basis: Mapped[str | None] = mapped_column(Text)


Index("agency_merged_into", Agency.merged_into)
Index("agency_province", Agency.province_code)


class AgencyChange(CatalogModel):
    """History of the agencies: what was recorded of which, by whom and why. Rows are only ever added."""

    __tablename__ = "agency_change"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(String(40))
    act: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_account: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[Json] = mapped_column(JSON, default=dict)


Index("agency_change_code", AgencyChange.code, AgencyChange.id)


plumbing(CatalogModel.metadata)
