"""Fees and due dates of real procedures, worked out by hand from the short text of their channel tables.

Filed on Monday 1 June 2026 at 9:00. No public holiday falls between that day and 1 September 2026, so working days are
Monday to Friday: +1 is Tuesday 2 June, +5 Monday 8 June, +10 Monday 15 June.
"""

from datetime import UTC, date, datetime

import pytest

from infra.fees import FeeQuery, quote
from infra.working_time import OFFICE_ZONE, WorkingCalendar, due_at
from services.catalog.definitions import complete
from services.catalog.importing.parsing import parse_record
from services.catalog.shapes import Definition

FILED = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
HEADER = "Hình thức nộpThời gianPhí, lệ phíMô tả"
VND, USD, NONE = "VND", "USD", "Không có thông tin"
DONG, HALF = " Việt Nam Đồng", "Áp dụng mức phí: 250.000 đồng kể từ ngày 01/7/2025 đến hết ngày 31/12/2026"
AVIATION = "(Miễn phí từ ngày 07/4/2026 đến 30/6/2026 theo quy định tại Thông tư 40/2026/TT-BTC)"

# code, row, channel, due day (None: not stated), amount in minor units (None: not to be quoted), currency
PROCEDURES: list[tuple[str, str, str, str | None, int | None, str]] = [
    ("1.000802", f"Trực tuyến10 Ngày làm việc500,000{DONG}", "online", "2026-06-15", 500_000, VND),
    ("1.000931", "Trực tiếp5 Ngày làm việc10 USD(10 USD/người)", "counter", "2026-06-08", 1_000, USD),
    ("1.013840", f"Dịch vụ bưu chính5 Ngày làm việc1,000,000{DONG}(/hồ sơ)", "post", "2026-06-08", 1_000_000, VND),
    ("2.000913", f"Trực tiếp{NONE}30,000{DONG}(/giao dịch)", "counter", None, 30_000, VND),
    ("1.003971", "Trực tuyến5 Ngày làm việc1,000,000 VNĐ(1 lần)", "online", "2026-06-08", 1_000_000, VND),
    ("2.001427", "Trực tiếp25 Ngày làm việc6,000,000 VNĐ(đồng/lần)", "counter", "2026-07-06", 6_000_000, VND),
    ("1.001226", "Trực tiếp1 Ngày làm việc10 USD(10 USD/người.)", "counter", "2026-06-02", 1_000, USD),
    ("1.006442", "Trực tuyến120 VNĐ", "online", None, None, VND),
    ("1.007797", "Dịch vụ bưu chính20 Ngày200,000 VNĐ", "post", "2026-06-22", 200_000, VND),
    ("3.000391", f"Trực tiếp3 Ngày làm việc10,000{DONG}(10.000 đồng/khẩu-chiếc)", "counter", "2026-06-04", 10_000, VND),
    ("1.009091", "Trực tuyến1 Giờ500,000 VNĐ(Lệ phí: 500.000 đồng/phương tiện.)", "online", "2026-06-01", 500_000, VND),
    ("1.000771", "Trực tuyến5 Ngày làm việc10 USD(/lần)", "online", "2026-06-08", 1_000, USD),
    ("2.002015", "Trực tiếp125 VNĐ", "counter", None, None, VND),
    ("1.000756", f"Trực tiếp60 Ngày10,000,000{DONG}kể từ ngày nhận đủ hồ sơ.", "counter", "2026-07-31", 10**7, VND),
    ("1.003176", f"Trực tuyến4 Ngày làm việc300,000{DONG}", "online", "2026-06-05", 300_000, VND),
    ("3.000396", f"Trực tiếp7 Ngày làm việc10,000{DONG}(10.000 đồng/giấy)", "counter", "2026-06-10", 10_000, VND),
    ("1.000267", "Trực tiếp5 Ngày làm việc250,000 VNĐ(250,000 đồng/bản.)", "counter", "2026-06-08", 250_000, VND),
    ("2.000332", f"Trực tiếp5 Ngày làm việc200,000{DONG}(200.000đ/lần cấp.)", "counter", "2026-06-08", 200_000, VND),
    ("3.000349", "Trực tiếp5 Ngày làm việc135 VNĐ(Lệ phí: 135.000 đồng/lần.)", "counter", "2026-06-08", None, VND),
    ("1.000811", f"Trực tuyến21 Ngày1,200,000{DONG}(1.200.000đ/thẻ ABTC.)", "online", "2026-06-22", 1_200_000, VND),
    ("1.001010", "Trực tiếp6 Tháng100 USD(100 USD/thẻ.)", "counter", "2026-12-01", 10_000, USD),
    ("3.000169", f"Trực tuyến5 Ngày làm việc1,500,000{DONG}(150.000 đồng/1 giấy.)", "online", "2026-06-08", None, VND),
    ("1.008323", "Trực tuyến1Miễn phí", "online", None, 0, VND),
    ("1.013238", "Trực tiếp20 NgàyMiễn phí(Theo quy định của HĐND cấp tỉnh.)", "counter", "2026-06-22", None, VND),
    ("1.007721", "Dịch vụ bưu chính30 NgàyMiễn phí", "post", "2026-07-01", 0, VND),
    ("1.002759", "Trực tiếp45 NgàyMiễn phí", "counter", "2026-07-16", 0, VND),
    ("2.002267", "Trực tuyến20 Ngày làm việcMiễn phí", "online", "2026-06-29", 0, VND),
    ("1.008905", f"Trực tiếp3 Ngày làm việc500,000{DONG}({HALF})", "counter", "2026-06-04", 250_000, VND),
    ("1.004413", f"Trực tuyến4 Ngày200,000 VNĐ(đồng/lần/người {AVIATION})", "online", "2026-06-05", 0, VND),
    ("1.014801", f"Trực tiếp{NONE}Miễn phí05 ngày làm việc kể từ ngày nhận đủ hồ sơ", "counter", "2026-06-08", 0, VND),
    ("1.009665", "Trực tiếp3 Ngày làm việcMiễn phí(Không có)03 ngày làm việc", "counter", "2026-06-04", 0, VND),
]
names = [f"{code} {channel}" for code, _, channel, *_ in PROCEDURES]


def definition(code: str, row: str) -> Definition:
    record = {"ma_thu_tuc": code, "ten_thu_tuc": "Thủ tục", "linh_vuc": "Hộ tịch", "cach_thuc_thuc_hien": HEADER + row}
    return complete(parse_record(record, "portal")[0])


@pytest.mark.parametrize(("code", "row", "channel", "due", "amount", "currency"), PROCEDURES, ids=names)
def test_the_quote_is_the_one_worked_out_by_hand(
    code: str, row: str, channel: str, due: str | None, amount: int | None, currency: str
) -> None:
    quoted = quote(definition(code, row), FeeQuery(channel, date(2026, 6, 1)))
    if amount is None:
        assert (quoted["items"], len(quoted["not_stated"])) == ([], 1)
    else:
        assert (quoted["total"], quoted["not_stated"]) == ({"amount": amount, "currency": currency}, [])


@pytest.mark.parametrize(("code", "row", "channel", "due", "amount", "currency"), PROCEDURES, ids=names)
def test_the_due_day_is_the_one_worked_out_by_hand(
    code: str, row: str, channel: str, due: str | None, amount: int | None, currency: str
) -> None:
    promised = definition(code, row)["channels"][channel]["processing_time"]
    at = due_at(FILED, promised["amount"], promised["unit"], WorkingCalendar())
    assert (at.astimezone(OFFICE_ZONE).date().isoformat() if at else None) == due


def test_a_choice_by_place_is_asked_for_and_then_priced() -> None:
    record = {
        "thu_tuc_id": "1.013540",
        "metadata": {
            "mã_thủ_tục": "1.013540",
            "tên_thủ_tục": "Cấp giấy phép sử dụng vật liệu nổ",
            "lĩnh_vực": "Vật liệu nổ",
        },
        "content": {},
        "tables": {
            "hinh_thuc_nop": [
                {
                    "hinh_thuc": "Trực tiếp",
                    "thoi_han_giai_quyet": "5 Ngày làm việc",
                    "phi_le_phi": "Phí : 3.500.000 Đồng (Thẩm định cấp phép phục vụ tìm kiếm trên đất liền)\n"
                    "Phí : 5.000.000 Đồng (Thẩm định cấp phép phục vụ tìm kiếm trên biển)",
                }
            ]
        },
    }
    expected = complete(parse_record(record, "structured")[0])
    rule = expected["fees"][0]["rule"]
    at_sea = next(option["id"] for option in rule["options"] if option["name"]["vi"].endswith("trên biển"))
    quoted = quote(expected, FeeQuery("counter", date(2026, 6, 1), choices={rule["choice"]: at_sea}))
    assert quoted["total"] == {"amount": 5_000_000, "currency": "VND"}
