"""How long the office has, as official records write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.importing.durations import NOT_STATED, Duration, beside_text, durations_in, read_duration


@pytest.mark.parametrize(
    ("cell", "amount", "unit"),
    [
        ("7 Ngày làm việc", 7, "working_days"),
        ("07 Ngày làm việc", 7, "working_days"),
        ("21 Ngày", 21, "calendar_days"),
        ("8 Giờ làm việc", 8, "working_hours"),
        ("6 Tháng", 6, "months"),
        ("2 Tuần", 14, "calendar_days"),
        ("1 Năm", 12, "months"),
        ("1,5 Ngày làm việc", 1.5, "working_days"),
        ("  3  ngày  làm  việc.", 3, "working_days"),
    ],
)
def test_a_time_keeps_the_unit_it_is_stated_in(cell: str, amount: float, unit: str) -> None:
    assert read_duration(cell) == (Duration(amount, unit), ())


@pytest.mark.parametrize(("cell", "amount"), [("24 Giờ", 24), ("0.5 Giờ", 0.5), ("30 Phút", 0.5)])
def test_plain_hours_are_working_hours_and_say_so(cell: str, amount: float) -> None:
    assert read_duration(cell) == (Duration(amount, "working_hours"), ("hours_taken_as_working_hours",))


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("", "duration_not_stated"),
        ("Không có thông tin", "duration_not_stated"),
        ("Không quy định", "duration_not_stated"),
        ("1", "duration_without_unit"),
        ("1100", "duration_without_unit"),
        ("0 Giờ", "duration_is_zero"),
        ("1,5 Tháng", "duration_not_understood"),
        ("1.000 Ngày", "duration_not_understood"),
        ("Trước khi tàu rời cảng", "duration_not_understood"),
        ("Không phải trả kết quả cho người nộp", "no_result_to_return"),
    ],
)
def test_what_is_no_clear_time_is_a_finding_and_never_a_number(cell: str, kind: str) -> None:
    assert read_duration(cell) == (NOT_STATED, (kind,))


def test_dates_clock_times_and_document_numbers_are_no_durations() -> None:
    prose = "Theo Nghị định 12/2025/NĐ-CP ngày 31 tháng 12 năm 2025, nộp sau 15 giờ thì trong 03 (ba) ngày làm việc"
    assert durations_in(prose) == [Duration(3, "working_days")]


def test_a_promise_that_its_description_repeats_is_certain() -> None:
    promise = Duration(5, "working_days")
    assert beside_text(promise, (), "05 ngày làm việc kể từ ngày nhận đủ hồ sơ") == (promise, ())


def test_a_promise_that_its_description_contradicts_is_reported() -> None:
    promise = Duration(15, "calendar_days")
    output = "15 ngày làm việc kể từ ngày nhận hồ sơ"
    assert beside_text(promise, (), output) == (promise, ("duration_differs_from_text",))


def test_steps_that_add_up_to_the_promise_do_not_contradict_it() -> None:
    promise = Duration(8, "working_days")
    prose = "Thẩm định trong 05 ngày làm việc; ký trong 03 ngày làm việc"
    assert beside_text(promise, (), prose) == (promise, ("other_durations_in_text",))


def test_a_description_that_sets_no_time_contradicts_a_stated_one() -> None:
    promise = Duration(1, "calendar_days")
    assert beside_text(promise, (), "không quy định cụ thể")[1] == ("duration_differs_from_text",)
    assert beside_text(promise, (), "Không quy định phí, lệ phí")[1] == ()


def test_a_silent_column_takes_the_one_time_its_description_counts_from_receipt() -> None:
    silent = read_duration("Không có thông tin")
    result = beside_text(*silent, "15 ngày kể từ ngày nhận được hồ sơ hợp lệ")
    assert result == (Duration(15, "calendar_days"), ("duration_from_text",))


def test_a_silent_column_beside_several_times_stays_silent() -> None:
    silent = read_duration("Không có thông tin")
    prose = "Cấp mới: 08 ngày làm việc kể từ ngày nhận hồ sơ; cấp lại: 05 ngày làm việc"
    assert beside_text(*silent, prose) == (NOT_STATED, ("several_durations_in_text",))


def test_a_number_without_a_unit_gets_none_from_its_description() -> None:
    bare = read_duration("5")
    assert beside_text(*bare, "05 ngày làm việc kể từ ngày nhận hồ sơ") == (NOT_STATED, ("duration_without_unit",))


units = st.sampled_from(["working_days", "calendar_days", "working_hours", "months"])


@given(amount=st.integers(1, 9999), unit=units)
def test_an_understood_time_written_again_reads_the_same(amount: int, unit: str) -> None:
    assert read_duration(Duration(amount, unit).as_text())[0] == Duration(amount, unit)


@given(st.text(max_size=200), st.text(max_size=200))
def test_reading_times_never_fails_on_any_text(cell: str, prose: str) -> None:
    duration, kinds = beside_text(*read_duration(cell), prose)
    assert (duration.amount is None) == (duration.unit == "not_stated")
    assert duration.amount is not None or kinds
