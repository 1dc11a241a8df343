"""What is said of a record to whoever sent it: findings and reasons by their codes, in two languages.

A code may name a field: ``missing/MaTTHC``.
"""

from __future__ import annotations

from collections.abc import Iterable

WORDS = {
    "missing": ("thiếu trường {field}", "the field {field} is missing"),
    "time_missing": ("không nêu thời điểm ({field}); dùng thời điểm nhận", "no time is stated ({field})"),
    "time_unreadable": ("không đọc được thời điểm {field}", "the time {field} cannot be read"),
    "unknown_status": ("mã trạng thái không thuộc 1–10; giữ nguyên gốc", "a status outside 1–10; kept as it came"),
    "in_the_future": ("thời điểm nêu nằm trong tương lai", "a stated time lies in the future"),
    "status_after_end": ("có trạng thái sau khi hồ sơ đã kết thúc", "a status comes after the end"),
    "skipped": ("chưa từng báo trạng thái {field}", "status {field} was never reported"),
    "end_before_start": ("kết thúc trước khi tiếp nhận ({field})", "it ends before it begins ({field})"),
    "due_before_start": ("hẹn trả trước khi tiếp nhận", "it is due before it was accepted"),
    "accepted_before_filed": ("tiếp nhận trước khi nộp", "it was accepted before it was filed"),
    "waits_for_dossier": ("chưa có hồ sơ; giữ lại đến khi hồ sơ tới", "its dossier has not come; held until it does"),
    "not_an_object": ("bản ghi không phải đối tượng JSON", "the record is no JSON object"),
    "no_number": ("thiếu MaHoSo, hoặc dài quá 120 ký tự", "MaHoSo is missing or longer than 120 characters"),
    "not_storable": ("có ký tự hoặc số không lưu được", "a character or number that cannot be stored"),
    "too_large": ("bản ghi lớn hơn 256 KiB", "the record is larger than 256 KiB"),
    "foreign_unit": ("hồ sơ của đơn vị khác", "it is another unit's"),
}  # fmt: skip


def described(codes: Iterable[str]) -> list[dict[str, str]]:
    """Findings as callers get them, in the order of their codes."""
    return [described_one(code) for code in sorted(codes)]


def described_one(code: str) -> dict[str, str]:
    name, _, about = code.partition("/")
    vi, en = WORDS[name]
    words = {"code": name, "vi": vi.format(field=about), "en": en.format(field=about)}
    return {**words, "field": about} if about else words
