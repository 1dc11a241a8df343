"""What people type finds what they mean: the queries on the real titles, and the narrowing of results."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from infra.chassis.refusals import InvalidRequest
from services.catalog.models import Procedure, SearchEntry
from services.catalog.search import Query
from services.catalog.usage_counts import UsageCounts
from tests.component.catalog.queries import BEST
from tests.component.catalog.use_cases import BY, Catalogue, catalogue, command
from tests.support.cloud_events import event_of
from tests.unit.catalog.builders import offer, real_offers


@pytest.fixture(scope="module")
def real() -> Catalogue:
    book = catalogue()
    book.imports.import_records(real_offers(), "definition", "2025-01-01", by=BY, command=command())
    return book


def search_page(
    book: Catalogue, text: str = "", limit: int = 50, cursor: str | None = None, at: str | None = None, **narrowed
):
    return book.search.search(Query.of(text, at, narrowed), limit, cursor)


def codes(*arguments, **named) -> list[str]:
    return [item["code"] for item in search_page(*arguments, **named)["items"]]


def test_there_are_sixty_queries_and_more():
    assert len({query for query, _ in BEST}) >= 60


@pytest.mark.parametrize(("text", "best"), BEST, ids=[query for query, _ in BEST])
def test_the_best_match_comes_first(real, text, best):
    assert codes(real, text)[0] in ({best} if isinstance(best, str) else best)


def test_pages_together_hold_every_match_once(real):
    complete = codes(real, "cấp", limit=500)
    paged, cursor = [], None
    while True:
        page = search_page(real, "cấp", limit=7, cursor=cursor)
        paged += [item["code"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == complete
    assert len(complete) == len(set(complete)) > 50


WATER = (
    "Cấp lại giấy xác nhận nộp tiền khai thác tài nguyên nước đối với công trình khai thác nước phục vụ "
    "sinh hoạt, sản xuất và nước dùng cho mục đích khác"
)


@pytest.fixture(scope="module")
def far_apart() -> Catalogue:
    """What people mean, and a long title that holds the words they type only far apart."""
    book = catalogue()
    titles = {
        "1.1": WATER,
        "1.2": "Thủ tục đăng ký khai sinh",
        "1.3": "Thủ tục đăng ký khai sinh lưu động",
        "1.4": "Cấp lại thẻ căn cước",
        "1.5": "Cấp thị thực cho người nước ngoài",
        "1.6": "Cấp điện tử hóa hồ sơ của người nhận thị thực",
        "1.7": "Cấp hộ chiếu phổ thông",
        "1.8": "Cấp lại tem trong trường hợp hộ chiếu bị mất",
        "2.1": "Gia hạn thời hạn nộp hồ sơ đề nghị hỗ trợ lãi suất",
        "2.2": "Đăng ký thay đổi thông tin đăng ký thuế đối với người nộp thuế",
        "2.0": "Gia hạn đăng ký thuế",
        "3.0": "Gia hạn giấy phép hoạt động",
        "2.3": "Cấp thẻ bảo hiểm y tế",
        "2.4": "Cấp giấy phép lái xe",
        "2.5": "Đổi giấy phép lái xe quân sự do Bộ Quốc phòng cấp",
        "2.6": "Đăng ký xe lần đầu",
        "2.7": "Chứng nhận chất lượng xe cơ giới, xe máy chuyên dùng theo đăng kiểm kỳ",
        "2.8": "Chứng thực bản sao từ bản chính",
        "2.9": "Cấp lại Giấy phép khảo nghiệm thuốc thú y trong trường hợp sai sót",
    }
    for code, title in titles.items():
        book.offerings.publish(offer(code, title), "2026-01-01", by=BY, command=command())
    return book


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("giay khai sinh", "1.2"),
        ("giấy khai sinh", "1.2"),
        ("giay khai snih", "1.2"),
        ("giay kai sinh", "1.2"),
        ("khai sinh", "1.2"),
        ("lam lai can cuoc bi mat", "1.4"),
        ("làm lại căn cước bị mất", "1.4"),
        ("evisa", "1.5"),
        ("e-visa", "1.5"),
        ("visa điện tử", "1.5"),
        ("xin visa", "1.5"),
        ("lam ho chieu", "1.7"),
        ("giay nuoc sinh hoat", "1.1"),
        ("dang ky xe may", "2.6"),
        ("sao y", "2.8"),
        ("sao y ban chinh", "2.8"),
    ],
)
def test_a_title_that_only_happens_to_hold_the_words_does_not_silence_what_is_meant(far_apart, typed, best):
    assert codes(far_apart, typed, at="2026-02-01")[0] == best


@pytest.mark.parametrize(
    ("typed", "other"),
    [("giay phep lai xe quoc te", "2.4"), ("gia han ho chieu", "1.7")],
)
def test_what_a_more_generous_reading_finds_stands_beside_an_accidental_hit(far_apart, typed, other):
    assert other in codes(far_apart, typed, at="2026-02-01")


def test_words_are_neighbours_in_a_text_only_where_they_follow_one_another(far_apart):
    """Words that a text repeats stay where they are: nothing else becomes a neighbour for it."""
    assert search_page(far_apart, "tin thuế người", at="2026-02-01")["reading"] != "words"


def test_pages_neither_repeat_nor_skip_what_stays_while_the_catalogue_changes():
    book = catalogue()
    for number in range(10, 20):
        book.offerings.publish(offer(f"1.{number}", "Cấp giấy mẫu"), "2026-01-01", by=BY, command=command())
    first = search_page(book, "giấy mẫu", limit=4, at="2026-02-01")
    book.offerings.retire("1.11", "2026-01-31", by=BY, command=command())
    book.offerings.publish(offer("1.09", "Cấp giấy mẫu"), "2026-01-01", by=BY, command=command())
    second = search_page(book, "giấy mẫu", limit=50, cursor=first["next_cursor"], at="2026-02-01")
    pages = [item["code"] for reply in (first, second) for item in reply["items"]]
    assert pages == [f"1.{number}" for number in range(10, 20)]


def test_no_text_lists_everything(real):
    assert len(codes(real, limit=500)) == len(real_offers())


@pytest.mark.parametrize("text", ["护照", "паспорт", "?!", "…", "☺", "—"])
def test_text_in_another_script_or_of_signs_only_finds_nothing(real, text):
    assert search_page(real, text)["items"] == []
    assert search_page(real, text, limit=1)["reading"] == "nothing"
    assert real.search.suggest(text)["items"] == []


@pytest.mark.parametrize("text", [" ", "\u200b", "\u3000\ufeff"])
def test_text_nobody_sees_is_no_text(real, text):
    assert len(codes(real, text, limit=500)) == len(real_offers())


@pytest.mark.parametrize("typed", ["đoi giay mau", "Ðổi giấy mẫu", "doi giay mau"])
@pytest.mark.parametrize("title", ["Ðổi giấy mẫu", "Đổi giấy mẫu", "Đô\u0309i giấy mẫu", "Đổi\u200b giấy mẫu"])
def test_a_title_is_found_whichever_sign_its_letters_were_typed_with(title, typed):
    book = catalogue()
    book.offerings.publish(offer("1.1", title), "2026-01-01", by=BY, command=command())
    assert search_page(book, typed, at="2026-02-01")["items"][0]["code"] == "1.1"
    assert search_page(book, typed, at="2026-02-01")["reading"] == "words"


def test_a_cursor_of_somewhere_else_is_refused(real):
    for cursor in ("%%%", "bm90IGEgbnVtYmVy", "LTU="):
        with pytest.raises(InvalidRequest):
            search_page(real, "cấp", cursor=cursor)


def test_suggestions_follow_what_is_being_typed(real):
    titles = [item["title"]["vi"] for item in real.search.suggest("đăng ký kế")["items"]]
    assert titles[0] == "Thủ tục đăng ký kết hôn"
    assert real.search.suggest("3.00034")["items"][0]["code"] == "3.000346"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_search(real, text):
    assert isinstance(codes(real, text), list)


@pytest.mark.parametrize("text", ['"', "*", "a AND b", "NOT x", "col:x", "'; --", "(", "NEAR(a b)", "%", "_", "\\"])
def test_signs_of_query_languages_are_only_text(real, text):
    assert isinstance(codes(real, text), list)


@pytest.fixture(scope="module")
def book() -> Catalogue:
    book = catalogue()
    agency = {"code": "H01.01", "name": {"vi": "Phường Mẫu"}, "province_code": "01"}
    book.agencies.set_agency(agency, "2025-07-01", by=BY, command=command())
    online = {"online": {"processing_time": {"amount": 1, "unit": "working_days"}}}
    authority = {"level": "commune", "name": {"vi": "Phường Khác"}, "agency_codes": ["H79.01"]}
    for definition in (
        offer("1.1", "Đăng ký một", level=4, channels=online),
        offer("1.2", "Đăng ký hai", audience=["enterprise"]),
        offer("1.3", "Đăng ký ba", authority=authority, field={"code": "khac", "vi": "Lĩnh vực khác", "en": "Other"}),
    ):
        book.offerings.publish(definition, "2026-01-01", by=BY, command=command())
    return book


class TestNarrowing:
    @pytest.mark.parametrize(
        ("narrowed", "expected"),
        [
            ({"level": 4}, {"1.1"}),
            ({"audience": "enterprise"}, {"1.2"}),
            ({"agency": "H79.01"}, {"1.3"}),
            ({"field": "khac"}, {"1.3"}),
            ({"province": "01"}, {"1.1", "1.2"}),
            ({"province": "01", "audience": "citizen"}, {"1.1"}),
            ({"field": "nothing"}, set()),
        ],
    )
    def test_results_are_narrowed_by_facets(self, book, narrowed, expected):
        assert set(codes(book, "đăng ký", at="2026-02-01", **narrowed)) == expected

    def test_facets_count_what_was_found(self, book):
        reply = book.search.search(Query.of("đăng ký", "2026-02-01", {}), facets=True)
        assert reply["total"] == 3
        assert {entry["value"]: entry["count"] for entry in reply["facets"]["level"]} == {"2": 2, "4": 1}
        assert reply["facets"]["field"][1]["name"] == {"vi": "Lĩnh vực khác", "en": "Other"}

    def test_only_versions_in_force_on_the_day_are_found(self, book):
        assert codes(book, "đăng ký", at="2025-12-31") == []

    def test_a_retired_procedure_is_found_on_its_days_only(self):
        book = catalogue()
        book.offerings.publish(offer("1.1", "Tên cũ"), "2026-01-01", by=BY, command=command())
        book.offerings.publish(offer("1.1", "Tên mới"), "2026-03-01", by=BY, command=command())
        book.offerings.retire("1.1", "2026-12-31", by=BY, command=command())
        assert codes(book, "tên cũ", at="2026-02-01") == ["1.1"]
        assert search_page(book, "tên", at="2026-06-01")["items"][0]["title"]["vi"] == "Tên mới"
        assert codes(book, "tên", at="2027-01-01") == []


def test_what_is_used_most_comes_first_among_equals():
    book = catalogue()
    for code in ("1.1", "1.2"):
        book.offerings.publish(offer(code, "Cấp giấy mẫu"), "2026-01-01", by=BY, command=command())
    assert codes(book, "giấy mẫu", at="2026-02-01") == ["1.1", "1.2"]
    uses = UsageCounts(book.database)
    for number in (1, 1, 1):
        uses.count(event_of(f"applications:{number}", {"procedure_code": "1.2"}))
    assert codes(book, "giấy mẫu", at="2026-02-01") == ["1.2", "1.1"]


def test_a_submission_told_twice_is_one_use():
    book = catalogue()
    book.offerings.publish(offer("1.1"), "2026-01-01", by=BY, command=command())
    for number in (1, 1, 2):
        UsageCounts(book.database).count(event_of(f"applications:{number}", {"procedure_code": "1.1"}))
    with book.database.session() as session:
        assert session.get_one(Procedure, "1.1").uses == 2


def test_a_new_version_keeps_the_uses_of_its_procedure():
    book = catalogue()
    for day, title in (("2026-01-01", "Cấp giấy mẫu"), ("2026-03-01", "Cấp giấy mẫu mới")):
        book.offerings.publish(offer("1.1", title), day, by=BY, command=command())
        UsageCounts(book.database).count(event_of(f"applications:{title}", {"procedure_code": "1.1"}))
    with book.database.session() as session:
        rows = session.scalars(select(SearchEntry.uses).order_by(SearchEntry.version))
        assert list(rows) == [2, 2]
