"""The classic calls as senders of today make them: sessions, the old single code, look-up, lists."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.chassis import clock, migrations
from infra.chassis.settings import SettingMissing, Settings
from services.interchange.clients import AgencyList, NamedProcedure, ProcedureList
from services.interchange.mirroring.classic_calls import ClassicCalls
from services.interchange.mirroring.senders import senders_of
from tests.component.interchange.batches import NUMBER, dossier, progress

SENDER = {"source": "G09", "unit": "000.00.20.G09", "username": "mau", "password": "mật khẩu mẫu"}


class Lists:
    """Stands for catalog."""

    def procedure(self, **_about: Any) -> NamedProcedure:
        raise NotImplementedError

    def search(self, *, facets: bool = False, cursor: str | None = None, **_about: Any) -> ProcedureList:
        field = {"code": "ho-tich", "vi": "Hộ tịch"}
        if facets:
            return {
                "items": [],
                "next_cursor": None,
                "facets": {"field": [{"value": "ho-tich", "count": 2, "name": field}]},
            }
        code, following = ("1.001193", "2") if cursor is None else ("2.000635", None)
        return {"items": [{"code": code, "title": {"vi": "Thủ tục mẫu"}, "field": field}], "next_cursor": following}

    def agencies(self, **_about: Any) -> AgencyList:
        return {"items": [{"code": "H01.01", "name": {"vi": "Phường Mẫu"}}], "next_cursor": None}


class Caller:
    """A sender that has signed in."""

    def __init__(self, folder: Path) -> None:
        settings = Settings({"PORTAL_HOME": str(folder), "INTERCHANGE_SOURCES": json.dumps([SENDER])})
        migrations.upgrade(settings, "interchange")
        self.calls = ClassicCalls.from_settings(settings)
        self.session = self.calls.open_session("mau", "mật khẩu mẫu")["session"]

    def __call__(self, operation: str, unit: str | None = None, **arguments: Any) -> dict[str, Any]:
        return self.calls.classic_call(self.session, operation, unit, arguments, Lists())


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    return Caller(tmp_path)


def test_a_batch_is_answered_with_the_old_code_and_the_words_senders_read(caller: Caller) -> None:
    first = caller("DongBoHoSoMC", isUpdating="False", data=[dossier()])
    again = caller("DongBoHoSoMC", isUpdating="True", data=[dossier()])
    assert first["error_code"] == again["error_code"] == "0"
    assert "thành công" in first["message"] and "đã tồn tại" in again["message"]
    assert first["items"][0]["outcome"] == "accepted" and again["items"][0]["outcome"] == "unchanged"


def test_a_bad_record_turns_the_single_code_and_the_others_are_taken(caller: Caller) -> None:
    answer = caller("CapNhatTienDoHoSoMC", data=[progress("4"), {}])
    assert answer["error_code"] == "-1" and [item["outcome"] for item in answer["items"]] == ["held", "refused"]


def test_a_dossier_is_looked_up_with_its_history(caller: Caller) -> None:
    assert caller("TraCuuHoSo", mahoso=NUMBER)["error_code"] == "-1"
    caller("DongBoHoSoMC", data=[dossier()])
    caller("CapNhatTienDoHoSoMC", data=[progress("4")])
    [content] = caller("TraCuuHoSo", mahoso=NUMBER)["result"]
    assert content["TrangThaiHoSo"] == "4" and len(content["LichSu"]) == 2 and "ChuHoSo" not in content


def test_lists_are_whole_however_many_pages_they_have(caller: Caller) -> None:
    assert [row["MATTHC"] for row in caller("LayDanhSachTTHC")["result"]] == ["1.001193", "2.000635"]
    assert caller("LayDanhMucCoQuan")["result"] == [{"MADONVI": "H01.01", "TENDONVI": "Phường Mẫu"}]
    assert caller("LayDanhMucLinhVuc")["result"] == [{"MALINHVUC": "ho-tich", "TENLINHVUC": "Hộ tịch"}]


def test_what_is_no_call_is_said_in_the_old_codes(caller: Caller) -> None:
    assert caller("XoaHoSo")["error_code"] == "400"
    assert caller("DongBoHoSoMC", data=[])["error_code"] == "400"
    assert caller("DongBoHoSoMC", unit="000.00.99.H99", data=[dossier()])["error_code"] == "403"
    assert caller.calls.open_session("mau", "sai")["error_code"] == "401"


@pytest.mark.parametrize("session", ["", "x", "encrypted:gAAAA"])
def test_a_session_that_is_none_is_answered_with_sign_in_again(caller: Caller, session: str) -> None:
    caller.session = session
    assert caller("DongBoHoSoMC", data=[dossier()])["error_code"] == "401"


def test_a_session_ends_after_its_hour(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert caller("DongBoHoSoMC", data=[dossier()])["error_code"] == "401"


@pytest.mark.parametrize(
    "entries",
    ["{", "{}", "[1]", json.dumps([{**SENDER, "source": "a b"}]), json.dumps([{**SENDER, "password": ""}]),
     json.dumps([SENDER, SENDER])],
)  # fmt: skip
def test_a_list_of_senders_that_cannot_be_used_ends_the_process_by_its_name(entries: str) -> None:
    with pytest.raises(SettingMissing) as ended:
        senders_of(Settings({"INTERCHANGE_SOURCES": entries}))
    assert ended.value.name == "INTERCHANGE_SOURCES"
