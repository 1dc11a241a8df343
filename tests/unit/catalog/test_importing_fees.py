"""What a fee cell and its description in parentheses amount to, and what they leave open."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.importing.fees.amounts import Amount, amounts_in
from services.catalog.importing.fees.reading import FeeReading, Rule
from services.catalog.importing.fees.stated_fee import read_fee
from services.catalog.importing.portal import stated_amount


def fee(cell: str, note: str = "", *, online: bool = True) -> FeeReading:
    return read_fee(stated_amount(cell), note, online=online)


def options(rule: Rule) -> list[tuple[str, int]]:
    return [(option["name"]["vi"], option["amount"]) for option in rule["options"]]


@pytest.mark.parametrize(
    ("text", "minor", "currency", "per"),
    [
        ("70,000 Việt Nam Đồng", 70_000, "VND", None),
        ("70.000 đồng", 70_000, "VND", None),
        ("1.200.000đ/thẻ ABTC.", 1_200_000, "VND", "thẻ ABTC"),
        ("01 triệu đồng/lần cấp", 1_000_000, "VND", None),
        ("1,5 triệu đồng", 1_500_000, "VND", None),
        ("10USD/giấy", 1_000, "USD", "giấy"),
        ("1.5 USD", 150, "USD", None),
        ("2.000.000 đồng/01 cơ sở/lần", 2_000_000, "VND", "cơ sở"),
        ("150.000 đồng/1 giấy.", 150_000, "VND", "giấy"),
        ("230.000/lần", 230_000, "VND", None),
        ("Lệ phí: 1,500,000 (tàu dưới 5.700 kg)", 1_500_000, "VND", None),
    ],
)
def test_both_separators_group_thousands_and_an_item_is_kept(
    text: str, minor: int, currency: str, per: str | None
) -> None:
    (amount,) = amounts_in(text)
    assert (amount.minor, amount.currency, amount.per) == (minor, currency, per)


def test_numbers_of_documents_and_dates_are_no_amounts() -> None:
    assert amounts_in("Thông tư số 47/2019/TT-BTC ngày 05/8/2019, điểm 1.2, tàu 5.700 kg") == []


def test_an_amount_alone_is_a_fixed_fee() -> None:
    assert fee("500,000 Việt Nam Đồng").rule == {"type": "fixed", "amount": 500_000}


@pytest.mark.parametrize("note", ["/hồ sơ", "đồng/lần", "1 lần", "500.000 đồng/hồ sơ.", "(500.000đ/lần cấp)"])
def test_a_fee_for_each_filing_is_a_fixed_fee(note: str) -> None:
    assert fee("500,000 VNĐ", note).rule == {"type": "fixed", "amount": 500_000}


@pytest.mark.parametrize("note", ["/trang", "2.000 đồng/trang", "đồng/trang"])
def test_a_fee_for_each_page_is_a_fee_per_item(note: str) -> None:
    assert fee("2,000 Việt Nam Đồng", note).rule == {"type": "per_item", "amount": 2_000, "item": "trang"}


def test_foreign_currency_is_kept_and_never_converted() -> None:
    reading = fee("10 USD", "10 USD/người")
    assert (reading.currency, reading.rule) == ("USD", {"type": "per_item", "amount": 1_000, "item": "người"})


@pytest.mark.parametrize(
    "note", ["", "Không", "Không có", "Chưa quy định.", "Không thu phí", "Miễn lệ phí (Thông tư số 47/2019/TT-BTC)."]
)
def test_free_means_free_when_the_description_agrees(note: str) -> None:
    assert fee("Miễn phí", note).rule == {"type": "free"}


@pytest.mark.parametrize(
    "note",
    [
        "Theo quy định của Hội đồng nhân dân cấp tỉnh.",
        "Thông tư số 94/2021/TT-BTC ngày 02/11/2021",
        "do Ủy ban nhân dân cấp tỉnh quy định.",
        "Miễn lệ phí. Phí cấp bản sao trích lục thực hiện theo quy định tại Thông tư số 281/2016/TT-BTC.",
    ],
)
def test_free_with_a_fee_that_another_document_sets_is_not_free(note: str) -> None:
    reading = fee("Miễn phí", note)
    assert (reading.rule["type"], reading.kinds) == ("not_stated", ("fee_set_elsewhere",))


def test_free_beside_an_amount_is_a_contradiction_with_a_proposal() -> None:
    reading = fee("Miễn phí", "50.000 đồng/giấy")
    assert (reading.rule["type"], reading.kinds) == ("not_stated", ("fee_free_but_text_names_amounts",))
    assert reading.proposal == {"type": "per_item", "amount": 50_000, "item": "giấy"}


def test_135_dong_described_as_135000_is_a_finding_and_no_fee() -> None:
    reading = fee("135 VNĐ", "Lệ phí cấp giấy phép lái xe: 135.000 đồng/lần.")
    assert (reading.rule["type"], reading.kinds) == ("not_stated", ("fee_amount_implausible",))
    assert reading.proposal == {"type": "fixed", "amount": 135_000}


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        ("1,500,000 Việt Nam Đồng", "150.000 đồng/1 giấy."),
        ("40,000 Việt Nam Đồng", "50.000đ/giấy thông hành"),
        ("50,000 Việt Nam Đồng", "0.000đ/giấy thông hành"),
        ("50,000 Việt Nam Đồng", "25.000.000đ/giấy (áp dụng đến hết ngày 31/12/2026 theo Thông tư số 64/2025/TT-BTC)"),
    ],
)
def test_an_amount_its_description_denies_is_no_fee(cell: str, note: str) -> None:
    reading = fee(cell, note)
    assert (reading.rule["type"], reading.kinds) == ("not_stated", ("fee_contradicts_text",))


def test_a_fee_the_record_does_not_state_is_not_free() -> None:
    reading = fee("Không có thông tin")
    assert (reading.rule["type"], reading.kinds) == ("not_stated", ("fee_not_stated",))


def test_amounts_that_exclude_each_other_are_a_choice() -> None:
    note = "- Dưới 5 tấn: 50.000 đồng/giấy; - Từ 5 tấn đến 15 tấn: 100.000 đồng/giấy; - Trên 15 tấn: 150.000 đồng/giấy."
    assert options(fee("50,000 VNĐ", note).rule) == [
        ("Dưới 5 tấn (mỗi giấy)", 50_000),
        ("Từ 5 tấn đến 15 tấn (mỗi giấy)", 100_000),
        ("Trên 15 tấn (mỗi giấy)", 150_000),
    ]


def test_an_exception_to_the_plain_amount_is_a_choice() -> None:
    note = "200.000đ/ hộ chiếu. Trường hợp cấp lại do bị mất: 400.000đ/hộ chiếu (Thông tư số 25/2021/TT-BTC)."
    reading = fee("200,000 Việt Nam Đồng", note)
    assert [amount for _, amount in options(reading.rule)] == [200_000, 400_000]
    assert options(reading.rule)[0][0].startswith("Các trường hợp khác")


def test_an_option_that_costs_nothing_stays_an_option() -> None:
    note = "+ Đối với trường hợp cấp đổi: 35.000.000 đồng + Đối với trường hợp cấp bổ sung: Không"
    assert [amount for _, amount in options(fee("35,000,000 VNĐ", note).rule)] == [35_000_000, 0]


@pytest.mark.parametrize(
    "note",
    [
        "Đồng (Sát hạch lý thuyết) Phí: 1700000 Đồng (Sát hạch thực hành)",
        "Lý thuyết: 150.000 đồng, thực hành: 70.000 đồng",
        "Nộp 150.000 đồng + (số tấn x 15.000 đồng/tấn); tối đa 700.000 đồng/lần",
        "Phí: 150.000 đồng; Lệ phí: 100.000 đồng",
        "150.000 đồng, mức tối thiểu 50.000 đồng",
    ],
)
def test_amounts_that_may_add_up_are_never_read_as_one(note: str) -> None:
    reading = fee("150,000 VNĐ", note)
    assert (reading.rule["type"], reading.kinds) == ("not_stated", ("fee_text_not_understood",))


def test_a_halved_fee_holds_on_its_days_only() -> None:
    note = (
        "áp dụng mức phí 400.000 đồng/hồ sơ kể từ ngày 01/7/2025 đến hết ngày 31/12/2026 theo Thông tư 64/2025/TT-BTC"
    )
    periods = fee("800,000 Việt Nam Đồng", note).periods
    assert [(period.rule["amount"], period.first, period.until) for period in periods] == [
        (800_000, None, date(2025, 6, 30)),
        (400_000, date(2025, 7, 1), date(2026, 12, 31)),
        (800_000, date(2027, 1, 1), None),
    ]


def test_a_waiver_for_a_time_is_free_on_its_days_only() -> None:
    note = "đồng/lần (Miễn phí từ ngày 07/4/2026 đến 30/6/2026 theo quy định tại Thông tư 40/2026/TT-BTC)"
    periods = fee("2,000,000 VNĐ", note).periods
    assert [period.rule["type"] for period in periods] == ["fixed", "free", "fixed"]
    assert (periods[1].first, periods[1].until) == (date(2026, 4, 7), date(2026, 6, 30))


def test_a_share_of_the_fee_is_worked_out_on_its_days() -> None:
    note = (
        "Từ ngày 01/07/2025 đến hết ngày 31/12/2026, mức lệ phí bằng 50% mức phí nêu trên theo Thông tư 64/2025/TT-BTC"
    )
    assert [period.rule["amount"] for period in fee("140,000,000 VNĐ", note).periods] == [
        140_000_000,
        70_000_000,
        140_000_000,
    ]


def test_a_temporary_amount_says_nothing_of_the_days_after_it() -> None:
    reading = fee(
        "25,000 VNĐ", "25.000đ/giấy thông hành (áp dụng đến hết ngày 31/12/2026 theo Thông tư số 64/2025/TT-BTC)"
    )
    assert [(period.rule["type"], period.until) for period in reading.periods] == [
        ("fixed", date(2026, 12, 31)),
        ("not_stated", None),
    ]
    assert reading.kinds == ("fee_outside_window_not_stated",)


def test_a_share_for_online_filings_does_not_touch_the_counter() -> None:
    note = (
        "Cấp lại: 70.000 đồng/thẻ. Kể từ ngày 01/01/2025 đến hết ngày 31/12/2025, mức thu lệ phí khi nộp trực tuyến "
        "bằng 50% mức thu lệ phí quy định. - Kể từ ngày 01/7/2025 đến hết ngày 31/12/2026 mức thu lệ phí cấp lại bằng "
        "50% mức thu nêu trên theo quy định tại Thông tư số 64/2025/TT-BTC."
    )
    assert [period.rule["amount"] for period in fee("70,000 VNĐ", note, online=False).periods] == [
        70_000,
        35_000,
        70_000,
    ]
    assert fee("70,000 VNĐ", note, online=True).rule["type"] == "not_stated"


def test_days_that_no_clause_explains_leave_the_fee_open() -> None:
    reading = fee(
        "2,500,000 VNĐ",
        "Phí : Đồng (Từ ngày 01/7/2025 đến hết ngày 31/12/2026 áp dụng theo Thông tư số 64/2025/TT-BTC)",
    )
    assert (reading.rule["type"], reading.kinds) == ("not_stated", ("fee_set_elsewhere",))


def test_an_amount_named_for_one_case_is_shown_to_an_editor() -> None:
    reading = fee("10,000,000 VNĐ", "Dưới 50 tỷ: 10 triệu đồng/ Giấy chứng nhận")
    assert (reading.rule["amount"], reading.kinds) == (10_000_000, ("fee_names_its_case",))


@pytest.mark.parametrize(
    "note",
    [
        "đ/lần (Sát hạch cấp lại giấy phép theo thời hạn, gia hạn (Miễn phí từ ngày 07/4/2026 đến 30/6/2026)",
        "Đồng (Đối với sân bay trực thăng) Miễn phí từ ngày 07/4/2026 đến 30/6/2026 theo Thông tư 40/2026/TT-BTC",
        "Đối với sân bay trực thăng, sân bay chuyên dùng",
    ],
)
def test_an_amount_for_one_case_is_shown_whatever_days_it_is_waived(note: str) -> None:
    assert "fee_names_its_case" in fee("400,000 VNĐ", note).kinds


def test_the_object_of_a_fee_is_no_case() -> None:
    assert fee("300,000 VNĐ", "Phí thẩm định đối với cơ sở an toàn dịch bệnh động vật").kinds == ()


def test_exempt_people_are_listed_and_the_fee_stays() -> None:
    reading = fee("400,000 VNĐ", "Mức thu: 400.000đ/trường hợp. Miễn lệ phí đối với trẻ khuyết tật; người có công.")
    assert reading.rule == {"type": "fixed", "amount": 400_000}
    assert reading.exempt == ("Miễn lệ phí đối với trẻ khuyết tật", "người có công")


def test_the_law_behind_a_fee_is_kept() -> None:
    assert fee("60,000 VNĐ", "/hồ sơ (Thông tư số 61/2023/TT-BTC)").law == "Thông tư số 61/2023/TT-BTC"


plausible = st.integers(1, 999_999).map(lambda thousands: thousands * 1_000)


@given(plausible, st.sampled_from([",", "."]))
def test_an_understood_amount_is_the_amount_written(amount: int, separator: str) -> None:
    text = f"{amount:,}".replace(",", separator)
    assert fee(f"{amount:,} VNĐ", f"{text} đồng/lần").rule == {"type": "fixed", "amount": amount}


words = st.sampled_from(
    ["Miễn phí", "(", ")", "đồng", "/lần", "/", "70.000", "50%", "Phí:", "Lệ phí", "từ ngày 01/01/2025",
     "đến hết ngày 31/12/2025", "- ", "; ", ". ", "Trường hợp", "đối với", "bằng", "mức thu", "áp dụng", "USD", "triệu",
     "\n", "ngày 99/99/2025", "Không"]
)  # fmt: skip


@given(
    st.one_of(st.none(), st.integers(0, 10**12).map(lambda minor: Amount(minor, "VND"))),
    st.one_of(st.text(max_size=200), st.lists(words, max_size=25).map(" ".join)),
)
def test_reading_fees_never_fails_and_never_invents_an_amount(stated: Amount | None, note: str) -> None:
    reading = read_fee(stated, note)
    assert reading.understood or reading.kinds
    if reading.understood and reading.rule["type"] in ("fixed", "per_item"):
        assert stated is not None
        assert reading.rule["amount"] == stated.minor


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        ("25 USD", "25 USD/người, loại có giá trị một lần"),
        ("50 USD", "nhiều lần"),
        ("50 USD", "50 USD, có giá trị nhiều lần"),
        ("150,000,000 Đồng", "cấp mới, gia hạn"),
        ("150,000,000 Đồng", "Phí cấp mới, gia hạn: 150.000.000 đồng"),
        ("50,000 Đồng", "Cấp lại: 50.000 đồng"),
        ("50,000 Đồng", "lần đầu"),
    ],
)
def test_a_fee_that_holds_for_one_case_only_is_a_finding(cell, note):
    assert "fee_names_its_case" in read_fee(stated_amount(cell), note).kinds
