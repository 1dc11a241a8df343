"""An own application in the classic field names: what a target is told when its official status changes.

Facts of the case and nobody's name: who handles a case elsewhere asks its agency for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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


def facts_with(facts: Mapping[str, object], event: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the application after one more event, whichever order they come in."""
    added = {"MaHoSo": event["reference"], "MaTTHC": event["procedure_code"], "DonViXuLy": event["agency_code"]}
    moment = MOMENTS.get(event["official_status"])
    if moment and moment not in facts:
        added[moment] = classic_time(event["at"])
    if event.get("due_at") and event["version"] > facts.get("due_version", 0):
        added |= {"NgayHenTra": classic_time(event["due_at"]), "due_version": event["version"]}
    if channel := CHANNELS.get(event.get("channel", "")):
        added["KenhThucHien"] = channel
    return {**facts, **added}


def records_of(facts: Mapping[str, object], event: Mapping[str, Any]) -> dict[str, Any]:
    """The dossier as it goes out after an event, and the step that the event is."""
    status, at = str(event["official_status"]), classic_time(event["at"])
    known_facts = {name: value for name, value in facts.items() if name != "due_version"}
    dossier = {"LoaiDoiTuong": "1", "HinhThuc": "0", **known_facts, "TrangThaiHoSo": status, "ThoiDiemCapNhat": at}
    step = {
        "MaHoSo": event["reference"],
        "NguoiXuLy": (event.get("by") or {}).get("role") or "system",
        "PhongBanXuLy": event["agency_code"],
        "NoiDungXuLy": STATUS_NAMES[event["official_status"]],
        "ThoiDiemXuLy": at,
        "TrangThai": status,
    }
    return {"dossier": dossier, "progress": step}
