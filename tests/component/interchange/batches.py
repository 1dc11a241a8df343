"""Made-up records in the classic shape, and what a store holds of them."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from infra.chassis.storage.database import Database
from services.interchange.mirroring.tables import MirroredDossier

NUMBER = "G09.20-20260609-0092637"
BEGIN = datetime(2026, 3, 2, 8, 0)
NOT_STATE = {"dossier_id", "salt", "version", "position", "updated_at"}


def dossier(number: str = NUMBER, **other: Any) -> dict[str, Any]:
    return {
        "MaHoSo": number, "MaTTHC": "1.001193", "TenTTHC": "Đăng ký khai sinh", "MaLinhVuc": "G09-HT01",
        "TenLinhVuc": "Hộ tịch", "LoaiDoiTuong": "1", "ChuHoSo": "Nguyễn Thị Mẫu", "SoDienThoai": "0900000000",
        "NgayTiepNhan": "20260302080000", "NgayHenTra": "20260316170000", "TrangThaiHoSo": "2",
        "DonViXuLy": "000.00.20.G09", "DanhSachLePhi": [], "KenhThucHien": "2", **other,
    }  # fmt: skip


def progress(status: str, at: str = "20260303080000", number: str = NUMBER, **other: Any) -> dict[str, Any]:
    step = {"MaHoSo": number, "NguoiXuLy": "Trần Văn Mẫu", "NoiDungXuLy": "Đang thẩm định", "TrangThai": status}
    return {**step, "ThoiDiemXuLy": at, **other}


def generated(count: int, chance: random.Random) -> list[tuple[str, dict[str, Any]]]:
    """So many dossiers, each with some versions and steps at times of their own, in the order of their times."""
    records: list[tuple[str, dict[str, Any]]] = []
    for place in range(count):
        number, minute = f"G09.20-202603-{place:07d}", 0
        for version in range(chance.randint(1, 3)):
            minute += chance.randint(1, 500)
            records.append(("dossier", dossier(number, ThoiDiemCapNhat=_at(minute), GhiChu=f"bản {version}")))
        for status in chance.sample(["4", "5", "4", "9", "10", "99", "Chờ ký"], chance.randint(0, 5)):
            minute += chance.randint(1, 500)
            records.append(("progress", progress(status, _at(minute), number)))
    return records


def _at(minute: int) -> str:
    return f"{BEGIN + timedelta(minutes=minute):%Y%m%d%H%M%S}"


def states(database: Database) -> dict[str, dict[str, Any]]:
    """By number, everything about a dossier that its statements decide."""
    columns = [
        column for column in MirroredDossier.__table__.columns if column.name not in NOT_STATE | {"source", "number"}
    ]
    query = select(MirroredDossier.number, *columns)
    with database.session() as session:
        return {
            row["number"]: {name: value for name, value in row.items() if name != "number"}
            for row in session.execute(query).mappings()
        }


def file_with(path: Path, records: list[tuple[str, Any]], *lines: bytes, append: bool = False) -> Path:
    with path.open("ab" if append else "wb") as file:
        for _, record in records:
            file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        for line in lines:
            file.write(line + b"\n")
    return path
