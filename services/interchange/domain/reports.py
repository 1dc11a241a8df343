"""An own application in the classic field names: what a target is told when its official status changes.

Facts of the case and nobody's name: who handles a case elsewhere asks its agency for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NotRequired, TypedDict

from services.interchange.domain.classic import VIETNAM

CHANNELS = {"counter": "1", "online": "2", "post": "3"}
STATUS_NAMES = {
    1: "Mới đăng ký", 2: "Được tiếp nhận", 3: "Không được tiếp nhận", 4: "Đang xử lý", 5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu thực hiện nghĩa vụ tài chính", 7: "Công dân yêu cầu rút hồ sơ", 8: "Dừng xử lý", 9: "Đã xử lý xong",
    10: "Đã trả kết quả",
}  # fmt: skip
MOMENTS = {1: "NgayNopHoSo", 2: "NgayTiepNhan", 3: "NgayTuChoi", 9: "NgayKetThucXuLy", 10: "NgayTra"}


def classic_time(instant: str) -> str:
    """An instant of an event as ``yyyyMMddHHmmss`` in Vietnam."""
    return f"{datetime.fromisoformat(instant).astimezone(VIETNAM):%Y%m%d%H%M%S}"


class _Author(TypedDict):
    role: str | None


class ReportedEvent(TypedDict):
    """An event of *applications*; what is reported of it."""

    reference: str
    procedure_code: str
    agency_code: str
    official_status: int
    version: int
    at: str
    due_at: NotRequired[str | None]
    channel: NotRequired[str]
    by: NotRequired[_Author | None]


def facts_with(facts: Mapping[str, object], event: ReportedEvent) -> dict[str, object]:
    """What is known of the application after one more event, whichever order they come in."""
    added: dict[str, object] = {
        "MaHoSo": event["reference"],
        "MaTTHC": event["procedure_code"],
        "DonViXuLy": event["agency_code"],
    }
    moment = MOMENTS.get(event["official_status"])
    if moment and moment not in facts:
        added[moment] = classic_time(event["at"])
    due_at, due_version = event.get("due_at"), facts.get("due_version", 0)
    if due_at and isinstance(due_version, int) and event["version"] > due_version:
        added |= {"NgayHenTra": classic_time(due_at), "due_version": event["version"]}
    if channel := CHANNELS.get(event.get("channel", "")):
        added["KenhThucHien"] = channel
    return {**facts, **added}


def records_of(facts: Mapping[str, object], event: ReportedEvent) -> dict[str, object]:
    """The dossier as it goes out after an event, and the step that the event is."""
    status, at = str(event["official_status"]), classic_time(event["at"])
    known_facts = {name: value for name, value in facts.items() if name != "due_version"}
    dossier = {"LoaiDoiTuong": "1", "HinhThuc": "0", **known_facts, "TrangThaiHoSo": status, "ThoiDiemCapNhat": at}
    step = {
        "MaHoSo": event["reference"],
        "NguoiXuLy": (by["role"] if (by := event.get("by")) else None) or "system",
        "PhongBanXuLy": event["agency_code"],
        "NoiDungXuLy": STATUS_NAMES[event["official_status"]],
        "ThoiDiemXuLy": at,
        "TrangThai": status,
    }
    return {"dossier": dossier, "progress": step}
