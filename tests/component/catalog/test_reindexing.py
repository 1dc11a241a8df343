"""Search entries that an older release wrote, in its own folding, are found after the upgrade."""

from __future__ import annotations

from sqlalchemy import text

from services.catalog.models import SearchEntry, SearchWord
from services.catalog.reindexing import Reindexing
from services.catalog.search import Query
from tests.component.catalog.use_cases import BY, catalogue, command
from tests.unit.catalog.builders import offer

TITLE = "Cấp giấy phép Ðường thủy"  # U+00D0, as many keyboards have it
OLD = " cap giay phep thuy "  # a word with a letter of another script was left out


def test_a_title_indexed_in_an_older_folding_is_found_again():
    book = catalogue()
    definition = offer("1.000001")
    definition["title"] = {"vi": TITLE, "en": None}
    book.imports.import_records([definition], "definition", "2025-01-01", by=BY, command=command())
    with book.database.session() as session:
        entry = session.query(SearchEntry).one()
        indexed = {"id": entry.id, "words": entry.words.strip()}
        session.execute(
            text("INSERT INTO search_text(search_text, rowid, words) VALUES ('delete', :id, :words)"), indexed
        )
        session.execute(text("INSERT INTO search_text(rowid, words) VALUES (:id, :words)"), indexed | {"words": OLD})
        entry.words = entry.title = OLD
        session.query(SearchWord).delete()
        session.add_all(SearchWord(word=word, entries=1) for word in OLD.split())
    assert not book.search.search(Query.of("duong", None, {}))["items"]
    reindexing = Reindexing(book.database)
    assert reindexing.step() == 1 and reindexing.step() == 0
    assert [item["code"] for item in book.search.search(Query.of("duong", None, {}))["items"]] == ["1.000001"]
    with book.database.session() as session:
        counted = {word.word: word.entries for word in session.query(SearchWord)}
        entry = session.query(SearchEntry).one()
    assert counted["thuy"] == counted["duong"] == 1 and "duong" in entry.words
