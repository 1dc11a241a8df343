"""The index in memory answers as a straight search of the tables does, and never with what the tables no longer say."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

from infra.chassis.text.vietnamese_text import folded_words
from services.catalog.models import SearchEntry
from services.catalog.reindexing import Reindexing
from services.catalog.search import Query, SearchEngine
from services.catalog.usage_counts import UsageCounts
from tests.component.catalog.queries import BEST
from tests.component.catalog.use_cases import BY, Catalogue, catalogue, command
from tests.support import straight_search
from tests.support.cloud_events import event_of
from tests.unit.catalog.builders import TITLES, offer, real_offers

SYLLABLES = "cấp cấp cấp lại lại đổi giấy giấy phép lái xe đăng ký khai sinh kết hôn thẻ căn cước đất thuế hộ chiếu"
WORDS = SYLLABLES.split(" ")
DAYS = ("2025-12-31", "2026-02-01", "2026-04-01", "2027-01-01")
RECORDED: dict[str, list[Any]] = json.loads((Path(__file__).parent / "recorded_answers.json").read_text("utf-8"))


def generated(draw: random.Random) -> list[dict[str, Any]]:
    """Definitions of few words, so that many titles are alike: with levels, fields, audiences and places."""
    definitions = []
    for number in range(50):
        title = " ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 9)))
        field = draw.choice(("ho-tich", "dat-dai", "giao-thong"))
        definitions.append(
            offer(
                f"{draw.randint(1, 3)}.{number:06}",
                f"Thủ tục {title}" if draw.random() < 0.3 else title,
                level=draw.choice((2, 2, 1)),
                field={"code": field, "vi": f"Lĩnh vực {field}"},
                audience=draw.choice((["citizen"], ["enterprise"], ["citizen", "enterprise"])),
                authority={
                    "level": "commune",
                    "name": {"vi": "Phường Mẫu"},
                    "agency_codes": draw.sample(["H01.01", "H01.02", "H79.01"], draw.randint(1, 2)),
                },
            )
        )
    return definitions


def typed(draw: random.Random) -> str:
    """A query: words in any order, with and without marks, begun, with slips, unknown ones; a code; nothing."""
    words = [draw.choice(WORDS) for _ in range(draw.randint(1, 5))]
    if draw.random() < 0.5:
        words = [folded for word in words if (folded := folded_words(word))]
    if draw.random() < 0.3:
        words.append(draw.choice(("xin", "zzz", "sinhh", "gaiy", "01")))
    text = " ".join(words)
    kind = draw.random()
    if kind < 0.2:
        return text[: draw.randint(1, len(text))]
    if kind < 0.3:
        return draw.choice(("", " ", "?!", "1.", "1.00000", "00001", "0000", "2.000012", "visa", "bằng lái"))
    return text


def query_drawn(draw: random.Random) -> Query:
    narrowed: dict[str, object] = {}
    for kind, values in (
        ("level", (1, 2)), ("field", ("ho-tich", "khac")), ("audience", ("citizen",)), ("agency", ("H01.01", "H79.01")),
    ):  # fmt: skip
        if draw.random() < 0.15:
            narrowed[kind] = draw.choice(values)
    return Query.of(typed(draw), draw.choice(DAYS), narrowed)


def agrees(book: Catalogue, engines: list[SearchEngine], draw: random.Random, number: int) -> None:
    """Every engine gives the same bytes as the straight search, page by page."""
    with book.database.session() as session:
        tables = straight_search.Tables.read(session)
    for _ in range(number):
        query, limit, cursor, facets = query_drawn(draw), draw.choice((1, 3, 10, 50)), None, draw.random() < 0.15
        for _page in range(3):
            expected = straight_search.search(tables, query, limit, cursor, facets)
            for engine in engines:
                answer = engine.search(query, limit, cursor, facets)
                assert json.dumps(answer) == json.dumps(expected), query
            if (cursor := expected["next_cursor"]) is None:
                break


def changes(book: Catalogue, draw: random.Random) -> Iterator[None]:
    """What happens to a catalogue, one thing at a time."""
    codes = sorted({str(row["code"]) for row in book.search.search(Query.of("", DAYS[1], {}), 500)["items"]})
    uses = UsageCounts(book.database)
    for number in range(8):
        code = draw.choice(codes)
        uses.count(event_of(f"applications:{number}", {"procedure_code": code}))
    yield
    book.offerings.publish(offer(draw.choice(codes), "Cấp giấy phép mới"), "2026-03-01", by=BY, command=command())
    book.offerings.publish(offer("3.900000", "Đăng ký kết hôn"), "2026-01-01", by=BY, command=command())
    yield
    book.offerings.retire("3.900000", "2026-03-31", by=BY, command=command())
    yield
    with book.database.session() as session:  # as an older release folded it; the words of it are counted as they were
        session.execute(update(SearchEntry).where(SearchEntry.code == codes[0]).values(title=" cap ", accented=" x "))
    yield
    Reindexing(book.database).step()
    yield


@pytest.mark.parametrize("seed", [1, 2])
def test_every_answer_is_that_of_a_straight_search_also_after_every_change(seed):
    draw, book = random.Random(seed), catalogue()
    definitions = generated(draw)
    book.imports.import_records(definitions, "definition", "2026-01-01", by=BY, command=command())
    engines = [book.search, SearchEngine(book.database)]  # two processes of one installation
    agrees(book, engines, draw, 80)
    for _ in changes(book, draw):
        agrees(book, [*engines, SearchEngine(book.database)], draw, 15)


@pytest.fixture(scope="module")
def real() -> Catalogue:
    book = catalogue()
    book.imports.import_records(real_offers(), "definition", "2025-01-01", by=BY, command=command())
    return book


def test_the_real_titles_are_found_as_the_databases_found_them(real):
    """Recorded from the search that 0.2 did in SQL, on SQLite and PostgreSQL alike.

    But for one, which found nothing then: "khai sinh bưu chính", two things of which no title holds more than one.
    """
    assert {text for text, _ in BEST} < set(RECORDED)
    for text, recorded in RECORDED.items():
        assert recorded_answer(real.search, text) == recorded, text


def recorded_answer(search: Any, text: str) -> list[Any]:
    """The reading, the first five with the cursor behind them, and the hash of fifty with facets."""
    query = Query.of(text, "2026-01-01", {})
    first, with_facets = search.search(query, 5), search.search(query, 50, facets=True)
    digest = hashlib.sha256(json.dumps(with_facets).encode()).hexdigest()
    return [first["reading"], [item["code"] for item in first["items"]], first["next_cursor"], digest[:16]]


def test_an_answer_asks_the_database_one_thing_once_its_entries_have_been_shown(real):
    statements: list[str] = []
    query = Query.of("doi giay phep lai xe", "2026-01-01", {"field": "khac"})
    real.search.search(query, 20, facets=True)
    event.listen(real.database.engine, "before_cursor_execute", lambda *about: statements.append(about[2]))
    real.search.search(query, 20, facets=True)
    assert [text for text in statements if text != "BEGIN IMMEDIATE" and "FROM search_version" not in text] == []
    assert len(statements) <= 2


def test_suggestions_are_the_first_of_a_search_for_what_is_begun(real):
    title = TITLES[7][1]
    assert real.search.suggest(title)["items"][0]["title"]["vi"] == title
