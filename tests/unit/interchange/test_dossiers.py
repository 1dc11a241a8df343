"""A dossier is a function of the set of its statements: order, doubling and cutting change nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.interchange.domain.classic import NotKept, merged, statement_of, time_of
from services.interchange.domain.dossiers import (
    DOSSIER,
    PROGRESS,
    DossierStatement,
    Received,
    dossier_of,
    official_status,
)

NOW = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
NUMBER = "G09.20-20260609-0092637"
DOSSIER_RECORD = {
    "MaHoSo": NUMBER,
    "MaTTHC": "1.001193",
    "TenTTHC": "Đăng ký khai sinh",
    "MaLinhVuc": "G09-HT01",
    "TenLinhVuc": "Hộ tịch",
    "LoaiDoiTuong": "1",
    "ChuHoSo": "Nguyễn Thị Mẫu",
    "SoDienThoai": "0900000000",
    "NgayTiepNhan": "20260609083000",
    "NgayHenTra": "20260616170000",
    "TrangThaiHoSo": "2",
    "DonViXuLy": "000.00.20.G09",
}


def step(status: Any, at: str, **other: Any) -> dict[str, Any]:
    record = {"MaHoSo": NUMBER, "NguoiXuLy": "Cán bộ Mẫu", "NoiDungXuLy": "x", "TrangThai": status}
    return {**record, "ThoiDiemXuLy": at, **other}


def received(*records: tuple[str, dict[str, Any]]) -> list[Received]:
    result = []
    for version, (kind, record) in enumerate(records, 1):
        statement = statement_of(kind, record)
        assert isinstance(statement, DossierStatement)
        result.append(Received(statement, f"{hash(statement.text):x}", version, NOW))
    return result


def test_a_dossier_states_its_status_and_the_facts_of_the_case_and_nobody_s_name() -> None:
    dossier = dossier_of(received((DOSSIER, DOSSIER_RECORD)))
    assert (dossier.has_content, dossier.official, dossier.findings) == (True, 2, set())
    assert "Mẫu" not in str(dossier.facts) and dossier.facts["MaTTHC"] == "1.001193"


def test_a_late_report_changes_the_present_state_only_if_it_is_the_newest() -> None:
    history = [
        (DOSSIER, DOSSIER_RECORD),
        (PROGRESS, step("9", "20260612100000")),
        (PROGRESS, step("4", "20260610100000")),
    ]
    dossier = dossier_of(received(*history))
    assert dossier.official == 9 and dossier.status_at == datetime(2026, 6, 12, 3, 0, tzinfo=UTC)


def test_what_is_empty_in_a_later_version_erases_nothing() -> None:
    later = {
        **DOSSIER_RECORD,
        "TenTTHC": "",
        "NgayHenTra": None,
        "ThoiDiemCapNhat": "20260611080000",
        "DanhSachLePhi": [],
    }
    dossier = dossier_of(received((DOSSIER, DOSSIER_RECORD), (DOSSIER, later)))
    assert dossier.facts["TenTTHC"] == "Đăng ký khai sinh" and dossier.facts["NgayHenTra"] == "20260616170000"
    assert merged([DOSSIER_RECORD, later])["TenTTHC"] == "Đăng ký khai sinh"


def test_of_two_contents_of_one_time_the_later_one_to_come_corrects() -> None:
    corrected = {**DOSSIER_RECORD, "TenTTHC": "Đăng ký lại khai sinh"}
    dossier = dossier_of(received((DOSSIER, DOSSIER_RECORD), (DOSSIER, corrected)))
    assert dossier.facts["TenTTHC"] == "Đăng ký lại khai sinh"


@pytest.mark.parametrize(
    ("records", "finding"),
    [
        ([(DOSSIER, {**DOSSIER_RECORD, "TrangThaiHoSo": "Đang xử lý"})], "unknown_status"),
        ([(DOSSIER, {**DOSSIER_RECORD, "NgayTra": "20260101000000"})], None),
        ([(DOSSIER, {**DOSSIER_RECORD, "MaTTHC": " "})], "missing/MaTTHC"),
        ([(DOSSIER, {**DOSSIER_RECORD, "NgayHenTra": "hôm qua"})], "time_unreadable/NgayHenTra"),
        ([(PROGRESS, step("4", ""))], "time_missing/ThoiDiemXuLy"),
        ([(PROGRESS, step("4", "20991231000000"))], "in_the_future"),
        ([(PROGRESS, step("9", "20260601000000")), (PROGRESS, step("4", "20260602000000"))], "status_after_end"),
        ([(PROGRESS, step("9", "20260601000000"))], "skipped/2"),
    ],
)
def test_what_cannot_have_happened_is_a_finding_and_no_refusal(records: Any, finding: str | None) -> None:
    dossier = dossier_of(received(*records))
    assert finding is None or finding in dossier.findings


def test_a_raw_value_that_is_no_code_is_kept_beside_the_last_official_one() -> None:
    dossier = dossier_of(received((DOSSIER, DOSSIER_RECORD), (PROGRESS, step("Chờ ký", "20260611080000"))))
    assert (dossier.status, dossier.official) == ("Chờ ký", 2)


@pytest.mark.parametrize("raw", ["0", "11", "-1", "x", "", "²", "٣", "1.0", "001"])
def test_a_status_outside_the_ten_is_no_official_one(raw: str) -> None:
    assert official_status(raw) is None


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ([], "not_an_object"),
        (None, "not_an_object"),
        ({}, "no_number"),
        ({"MaHoSo": "  "}, "no_number"),
        ({"MaHoSo": "x" * 121}, "no_number"),
        ({"MaHoSo": 7}, "no_number"),
        ({"MaHoSo": "x", "a": "\x00"}, "not_storable"),
        ({"MaHoSo": "\ud800"}, "not_storable"),
        ({"MaHoSo": "x", "a": float("nan")}, "not_storable"),
        ({"MaHoSo": "x", "a": "y" * 262_144}, "too_large"),
    ],
)
def test_only_what_cannot_be_kept_is_refused(record: Any, reason: str) -> None:
    refused = statement_of(DOSSIER, record)
    assert isinstance(refused, NotKept) and refused.reason == reason


@pytest.mark.parametrize("text", ["20260609083000", "202606090830", "2026-06-09T08:30:00+07:00", "2026-06-09T08:30:00"])
def test_a_time_is_read_as_vietnam_s_however_it_is_written(text: str) -> None:
    assert time_of(text) == datetime(2026, 6, 9, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "0", "20261309083000", "99999999999999", "00010101000000", "2026", "x" * 5000])
def test_what_is_no_time_is_none(text: str) -> None:
    assert time_of(text) is None


AT = st.integers(min_value=0, max_value=40).map(lambda hour: f"{NOW - timedelta(hours=hour):%Y%m%d%H%M%S}")
STEPS = st.builds(step, st.sampled_from(["2", "4", "5", "9", "10", "99", "", "Chờ ký", 4, None]), AT)
VERSIONS = st.builds(
    lambda at, name: {**DOSSIER_RECORD, "ThoiDiemCapNhat": at, "TenTTHC": name}, AT, st.text(max_size=3)
)
VERSION_LISTS = st.lists(VERSIONS, max_size=5, unique_by=lambda record: record["ThoiDiemCapNhat"])


@given(VERSION_LISTS, st.lists(STEPS, max_size=8), st.randoms(use_true_random=False))
def test_the_state_is_that_of_the_ordered_run_however_a_history_is_shuffled(
    versions: Any, steps: Any, chance: Any
) -> None:
    history = [*((DOSSIER, record) for record in versions), *((PROGRESS, record) for record in steps)]
    shuffled = [*history, *history[: len(history) // 2]]
    chance.shuffle(shuffled)
    states = []
    for run in (history, shuffled):
        statements = [item for item in run if isinstance(statement_of(*item), DossierStatement)]
        states.append(dossier_of({item.digest: item for item in reversed(received(*statements))}.values()))
    assert states[0] == states[1]
