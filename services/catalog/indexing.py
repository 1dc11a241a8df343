"""Writing the search index: what a published version is found by, kept in the transaction that publishes it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from services.catalog.folding import LONGEST, accented, fold, plain_title, spoken
from services.catalog.models import Field, Procedure, SearchEntry, SearchFacet, SearchWord
from services.catalog.places import province_of


def add(
    session: Session, definition: dict[str, Any], version: int, effective_from: date, effective_until: date | None
) -> None:
    """Make a version findable."""
    entry = SearchEntry(
        code=definition["code"],
        version=version,
        effective_from=effective_from,
        effective_until=effective_until,
        level=definition["level"],
        summary=summary(definition),
        uses=session.get_one(Procedure, definition["code"]).uses,
        **texts(definition),
    )
    session.add(entry)
    session.flush()
    provinces = _provinces(session, definition, effective_from)
    session.add_all(
        SearchFacet(entry_id=entry.id, kind=kind, value=value) for kind, value in facets(definition) + provinces
    )
    _learn(session, entry.words.split())
    _name_field(session, definition["field"])
    if session.get_bind().dialect.name == "sqlite":  # PostgreSQL derives its column from ``words`` by itself
        session.execute(
            text("INSERT INTO search_text(rowid, words) VALUES (:id, :words)"),
            {"id": entry.id, "words": entry.words.strip()},
        )


def end(session: Session, code: str, version: int, effective_until: date | None) -> None:
    """Move the last day of an entry with the last day of its version."""
    session.execute(
        update(SearchEntry)
        .where(SearchEntry.code == code, SearchEntry.version == version)
        .values(effective_until=effective_until)
    )


def texts(definition: dict[str, Any]) -> dict[str, Any]:
    """The folded texts of an entry. Spaces around let ``LIKE '% word %'`` mean a whole word."""
    titles = definition["title"]
    title = plain_title(spoken(fold(titles["vi"])))
    field = definition["field"]
    also = " ".join(
        spoken(fold(one)) for one in (titles["vi"], titles.get("en") or "", field["vi"], field.get("en") or "")
    )
    words = dict.fromkeys(word[:LONGEST] for word in f"{title} {also} {fold(titles['vi'])}".split())
    return {
        "title": f" {title} ",
        "accented": f" {accented(titles['vi'])} ",
        "words": f" {' '.join(words)} ",
        "length": len(title.split()),
    }


def summary(definition: dict[str, Any]) -> dict[str, Any]:
    """What a result list shows of a procedure."""
    return {
        "title": definition["title"],
        "field": definition["field"],
        "level": definition["level"],
        "audience": definition["audience"],
        "authority": definition["authority"],
        "agency_levels": definition["agency_levels"],
        "channels": sorted(definition["channels"]),
    }


def facets(definition: dict[str, Any]) -> list[tuple[str, str]]:
    """``(kind, value)`` for everything in the definition that a result list can be narrowed by."""
    agencies = definition["authority"].get("agency_codes") or []
    found = [("field", definition["field"]["code"]), ("level", str(definition["level"]))]
    found += [("audience", one) for one in definition["audience"]] + [("agency", one) for one in agencies]
    return list(dict.fromkeys(found))


def _provinces(session: Session, definition: dict[str, Any], day: date) -> list[tuple[str, str]]:
    """The provinces the definition names, and those its agencies sit in, as far as the catalogue knows them."""
    authority = definition["authority"]
    seated = (province_of(session, code, day) for code in authority.get("agency_codes") or [])
    named = [*(authority.get("province_codes") or []), *(code for code in seated if code)]
    return [("province", code) for code in dict.fromkeys(named)]


def insert(session: Session, table: Any) -> Any:
    """An INSERT that can say ON CONFLICT, for the database at hand."""
    return (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table)


def _learn(session: Session, words: list[str]) -> None:
    new = insert(session, SearchWord)
    counted = new.on_conflict_do_update(index_elements=["word"], set_={"entries": SearchWord.entries + 1})
    # In order, so that two publishers lock the rows of common words one after the other and not crosswise.
    session.execute(counted, [{"word": word, "entries": 1} for word in sorted(words)])


def _name_field(session: Session, field: dict[str, str]) -> None:
    names = {"name_vi": field["vi"], "name_en": field.get("en") or field["vi"]}
    new = insert(session, Field).values(code=field["code"], **names)
    session.execute(new.on_conflict_do_update(index_elements=["code"], set_=names))
