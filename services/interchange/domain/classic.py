"""A record in the classic field names, read as it comes: what it says, and what is odd about it.

Nothing that can be kept is refused. Times are ``yyyyMMddHHmmss`` in Vietnam; senders also write them in ISO 8601.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from services.interchange.domain.dossiers import DOSSIER, PROGRESS, DossierStatement

VIETNAM = timezone(timedelta(hours=7))
NUMBER = 120  # characters of MaHoSo
LARGEST = 262_144  # bytes of one record
DIGITS = re.compile(r"\d{14}|\d{12}|\d{8}", re.ASCII)
PARTS = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))  # yyyyMMddHHmmss
IDENTITY = re.compile(r"\d{9}|\d{12}", re.ASCII)
NOT_STORED = re.compile(
    "[\ud800-\udfff]|(?<!\\\\)(?:\\\\\\\\)*\\\\u0000"
)  # half a surrogate pair; NUL, which JSON escapes

# Of a dossier's record: what is about the case and about nobody.
FACTS = (
    "MaTTHC", "TenTTHC", "MaLinhVuc", "TenLinhVuc", "LoaiDoiTuong", "NgayTiepNhan", "NgayHenTra", "NgayTra",
    "NgayKetThucXuLy", "NgayTuChoi", "NgayNopHoSo", "ThoiDiemCapNhat", "TrangThaiHoSo", "DonViXuLy", "HinhThuc",
    "KenhThucHien", "NoiNopHoSo", "HoSoCoThanhPhanSoHoa", "TaiKhoanDuocXacThucVoiVNeID", "DuocThanhToanTrucTuyen",
    "MaHoSoKhac",
)  # fmt: skip
PROGRESS_FACTS = ("ThoiDiemXuLy", "TrangThai", "NgayBatDau", "NgayKetThucTheoQuyDinh")
REQUIRED = ("MaTTHC", "MaLinhVuc", "LoaiDoiTuong", "NgayTiepNhan", "TrangThaiHoSo", "DonViXuLy")
STATED = ("NgayNopHoSo", "NgayTiepNhan", "NgayTuChoi", "NgayKetThucXuLy", "NgayTra")
TIMES = {*STATED, "ThoiDiemCapNhat", "NgayHenTra", *PROGRESS_FACTS} - {"TrangThai"}
RESULT, PAPERS, SUPPLEMENTS = "DanhSachGiayToKetQua", "TaiLieuNop", "DanhSachHoSoBoSung"


@dataclass(frozen=True)
class NotKept:
    """A record of which nothing can be kept, and why (``reason``: a code of :mod:`findings`)."""

    number: str | None
    reason: str


def statement_of(kind: str, record: object) -> DossierStatement | NotKept:
    """What a record states of a dossier."""
    if not isinstance(record, dict):
        return NotKept(None, "not_an_object")
    number = record.get("MaHoSo")
    if not isinstance(number, str) or not (number := number.strip()) or len(number) > NUMBER:
        return NotKept(None, "no_number")
    try:
        text = canonical_record(record)
    except (ValueError, RecursionError):
        return NotKept(number, "not_storable")
    if len(text) > LARGEST:
        return NotKept(number, "too_large")
    if NOT_STORED.search(text):
        return NotKept(number if not NOT_STORED.search(number) else None, "not_storable")
    return (_dossier if kind == DOSSIER else _progress)(number, record, text)


def statement_as_stored(kind: str, text: str) -> DossierStatement:
    """What a record states that was taken before: read, and not judged again."""
    record = json.loads(text)
    return (_dossier if kind == DOSSIER else _progress)(record["MaHoSo"].strip(), record, text)


def canonical_record(record: Mapping[str, object]) -> str:
    """The same text for the same content, however a sender orders its members."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _dossier(number: str, record: Mapping[str, object], text: str) -> DossierStatement:
    facts: dict[str, object] = {name: _plain(record[name]) for name in FACTS if not _empty(record.get(name))}
    facts |= _counted(record)
    odd = {f"missing/{name}" for name in REQUIRED if name not in facts}
    times, unread = read_times(facts)
    odd |= {f"time_unreadable/{name}" for name in unread}
    stated = times.get("ThoiDiemCapNhat") or max((times[name] for name in STATED if name in times), default=None)
    if stated is None:
        odd.add("time_missing/ThoiDiemCapNhat")
    return DossierStatement(
        DOSSIER, number, text, stated, str(facts.get("TrangThaiHoSo", "")), facts, frozenset(odd), people_in(record)
    )


def _progress(number: str, record: Mapping[str, object], text: str) -> DossierStatement:
    facts = {name: _plain(record[name]) for name in PROGRESS_FACTS if not _empty(record.get(name))}
    times, unread = read_times(facts)
    odd = {f"time_unreadable/{name}" for name in unread}
    odd |= {f"missing/{name}" for name in ("TrangThai", "NguoiXuLy", "NoiDungXuLy") if _empty(record.get(name))}
    if "ThoiDiemXuLy" not in times:
        odd.add("time_missing/ThoiDiemXuLy")
    return DossierStatement(
        PROGRESS, number, text, times.get("ThoiDiemXuLy"), str(facts.get("TrangThai", "")), facts, frozenset(odd)
    )


def _counted(record: Mapping[str, object]) -> dict[str, object]:
    """What lists of papers and fees say without saying what is in them."""
    papers, results = _rows(record, PAPERS), _rows(record, RESULT)
    registers = [str(row.get("MaCSDL")) for row in _rows(record, "DSKetNoiCSDL") if row.get("MaCSDL")]
    counted: dict[str, object] = {
        "papers": len(papers),
        "reused": sum(1 for row in papers if _ticked(row, "DuocTaiSuDung") or _ticked(row, "DuocSoHoa")),
        "from_store": sum(1 for row in papers if _ticked(row, "DuocLayTuKhoDMQG")),
        "results": sum(1 for row in results if row.get("DuongDanTepTinKetQua")),
        "supplements": len(_rows(record, SUPPLEMENTS)),
        "fees": sum(_amount(row.get("Gia")) for row in _rows(record, "DanhSachLePhi")),
        "registers": sorted(set(registers))[:20],
    }
    return {name: value for name, value in counted.items() if value}


def _rows(record: Mapping[str, object], name: str) -> list[dict[str, object]]:
    rows = record.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _amount(value: object) -> int:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else 0


def _ticked(row: Mapping[str, object], name: str) -> bool:
    return str(row.get(name, "")).lower() in {"1", "true"}


def _plain(value: object) -> str:
    """A value of one word as text; senders write numbers and texts alike."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.strip()[:2000]


def _empty(value: object) -> bool:
    return value is None or value == "" or value == [] or value == {} or (isinstance(value, str) and not value.strip())


def read_times(facts: Mapping[str, object]) -> tuple[dict[str, datetime], list[str]]:
    """The times among facts, and the names of those that nobody can read."""
    times, unread = {}, []
    for name in TIMES & facts.keys():
        at = time_of(str(facts[name]))
        if at is None:
            unread.append(name)
        else:
            times[name] = at
    return times, sorted(unread)


def time_of(text: str) -> datetime | None:
    """A time as senders write it; None for what is none."""
    try:
        if DIGITS.fullmatch(text):
            parts = [int(text[start:end]) for start, end in PARTS[: len(text) // 2 - 1]]
            at = datetime(*parts, tzinfo=VIETNAM)  # type: ignore[arg-type,misc]  # ten times as fast as strptime
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=VIETNAM)
        return at.astimezone(UTC) if 1900 < at.year < 2200 else None
    except (ValueError, OverflowError):
        return None


def people_in(record: Mapping[str, object]) -> tuple[str, ...]:
    """The identity numbers of those whose dossier it is."""
    numbers = (str(row.get("SoDinhDanh", "")).strip() for row in _rows(record, "DinhDanhCHS"))
    return tuple(sorted({number for number in numbers if IDENTITY.fullmatch(number)}))


def without_people(record: Mapping[str, object]) -> str:
    """What of a record is about the case and about nobody."""
    left = {"MaHoSo", *FACTS, *PROGRESS_FACTS}
    return canonical_record({name: value for name, value in record.items() if name in left})


def merged(records: list[Mapping[str, object]]) -> dict[str, object]:
    """The content of a dossier from its versions in their order: what is empty in a later one erases nothing."""
    content: dict[str, object] = {}
    for record in records:
        content |= {name: value for name, value in record.items() if not _empty(value) or name not in content}
    return content
