"""Writing the search index: what a published version is found by, written in the transaction that publishes it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.storage.database import insert_into
from infra.chassis.text.vietnamese_text import accented_words, folded_words
from services.catalog.facets import AGENCY_LEVEL, agency_level
from services.catalog.folding import LONGEST, plain_title, with_legal_terms
from services.catalog.models import Field, Procedure, ProcedureVersion, SearchEntry, SearchFacet, SearchWord
from services.catalog.shapes import Definition

# A batch of fifty procedures has a thousand of these rows: as arrays they are one message to PostgreSQL.
FACETS_AT_ONCE = """
    INSERT INTO search_facet (entry_id, kind, value)
    SELECT * FROM unnest(CAST(:entry_id AS bigint[]), CAST(:kind AS text[]), CAST(:value AS text[]))
"""
WORDS_AT_ONCE = """
    INSERT INTO search_word AS known (word, entries)
    SELECT * FROM unnest(CAST(:words AS text[]), CAST(:numbers AS integer[]))
    ON CONFLICT (word) DO UPDATE SET entries = known.entries + excluded.entries
"""
ASIDE = re.compile(r"\([^()]*\)")  # "(thực hiện tại cấp tỉnh)": in many titles, typed by nobody


def add_entries(session: Session, rows: Sequence[ProcedureVersion]) -> None:
    """Make versions findable, many at a time."""
    if not rows:
        return
    uses = {code: session.get_one(Procedure, code).uses for code in {row.code for row in rows}}
    entries = [_entry(row, uses[row.code]) for row in rows]
    session.add_all(entries)
    session.flush()
    values = [
        {"entry_id": entry.id, "kind": kind, "value": value}
        for entry, row in zip(entries, rows, strict=True)
        for kind, value in facets(row.definition)
    ]
    _insert_facets(session, values)
    count_words(session, Counter(word for entry in entries for word in set(entry.words.split())))
    _name_fields(session, {row.definition["field"]["code"]: row.definition["field"] for row in rows})
    if session.get_bind().dialect.name == "sqlite":  # PostgreSQL derives its column from ``words`` by itself
        texts_of = [{"id": entry.id, "words": entry.words.strip()} for entry in entries]
        session.execute(text("INSERT INTO search_text(rowid, words) VALUES (:id, :words)"), texts_of)


def _entry(row: ProcedureVersion, uses: int) -> SearchEntry:
    return SearchEntry(
        code=row.code,
        version=row.version,
        effective_from=row.effective_from,
        effective_until=row.effective_until,
        level=row.definition["level"],
        summary=summary(row.definition),
        uses=uses,
        **texts(row.definition),
    )


def end_entry(session: Session, code: str, version: int, effective_until: date | None) -> None:
    """Move the last day of an entry with the last day of its version."""
    session.execute(
        update(SearchEntry)
        .where(SearchEntry.code == code, SearchEntry.version == version)
        .values(effective_until=effective_until)
    )


def texts(definition: Definition) -> Json:
    """The folded texts of an entry. Spaces around let ``LIKE '% word %'`` mean a whole word."""
    titles = definition["title"]
    title = plain_title(with_legal_terms(folded_words(titles["vi"])))
    field = definition["field"]
    names = (titles["vi"], titles.get("en") or "", field["vi"], field.get("en") or "")
    also = [with_legal_terms(folded_words(name)) for name in names]
    phrases = dict.fromkeys([title, *also, folded_words(titles["vi"])])
    words = [word[:LONGEST] for word in " ".join(phrases).split()]  # repeated, so that only neighbours are neighbours
    return {
        "title": f" {title} ",
        "accented": f" {accented_words(titles['vi'])} ",
        "words": f" {' '.join(words)} ",
        "length": len(plain_title(folded_words(ASIDE.sub(" ", titles["vi"]))).split()),
    }


def summary(definition: Definition) -> Json:
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


def facets(definition: Definition) -> list[tuple[str, str]]:
    """``(kind, value)`` for everything in the definition that a result list can be narrowed by.

    Agencies and provinces as the definition names them; who has taken over from whom, and who sits where, changes with
    the day and is looked up by the search.
    """
    agencies = definition["authority"].get("agency_codes") or []
    facets = [("field", definition["field"]["code"]), ("level", str(definition["level"]))]
    facets += [("audience", audience) for audience in definition["audience"]] + [
        ("agency", agency) for agency in agencies
    ]
    facets += [("province", code) for code in definition["authority"].get("province_codes") or []]
    facets += [(AGENCY_LEVEL, agency_level(code, level)) for code, level in definition["agency_levels"].items()]
    return list(dict.fromkeys(facets))


def _insert_facets(session: Session, values: Sequence[Mapping[str, object]]) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(insert(SearchFacet), values)
    else:
        columns = {name: [value[name] for value in values] for name in ("entry_id", "kind", "value")}
        session.execute(text(FACETS_AT_ONCE), columns)


def count_words(session: Session, counted: Counter[str]) -> None:
    """Add to how many entries hold each word."""
    # In order, so that two publishers lock the rows of common words one after the other and not crosswise.
    learnt = sorted(counted.items())
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text(WORDS_AT_ONCE), {"words": [word for word, _ in learnt], "numbers": [n for _, n in learnt]})
        return
    new = insert_into(session, SearchWord)
    more = new.on_conflict_do_update(
        index_elements=["word"], set_={"entries": SearchWord.entries + new.excluded.entries}
    )
    session.execute(more, [{"word": word, "entries": number} for word, number in learnt])


def _name_fields(session: Session, fields: dict[str, Json]) -> None:
    new = insert_into(session, Field)
    names = {"name_vi": new.excluded.name_vi, "name_en": new.excluded.name_en}
    rows = [
        {"code": code, "name_vi": field["vi"], "name_en": field.get("en") or field["vi"]}
        for code, field in sorted(fields.items())
    ]
    session.execute(new.on_conflict_do_update(index_elements=["code"], set_=names), rows)
