"""How long the office has, read from a cell such as "7 Ngày làm việc", or found in the prose next to it.

A unit is kept as the record states it: calendar days never become working days. The national records know plain "Giờ"
only; they are counted in working hours, which the finding `hours_taken_as_working_hours` says each time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.chassis.json_types import Json
from services.catalog.importing.words import folded, says_nothing, squeezed

UNIT = r"(?:ngày\s+làm\s+việc|ngày|giờ\s+làm\s+việc|giờ|phút|tuần|tháng|năm)"
CELL = re.compile(rf"(\d{{1,4}}(?:[.,]\d{{1,2}})?)\s*({UNIT})", re.IGNORECASE)
BARE = re.compile(r"\d[\d.,\s]*")
# unit -> (unit kept, factor, divisor): a week is seven days and a year twelve months by definition, not by guess.
MEANING = {
    "ngay lam viec": ("working_days", 1, 1),
    "ngay": ("calendar_days", 1, 1),
    "tuan": ("calendar_days", 7, 1),
    "gio lam viec": ("working_hours", 1, 1),
    "gio": ("working_hours", 1, 1),
    "phut": ("working_hours", 1, 60),
    "thang": ("months", 1, 1),
    "nam": ("months", 12, 1),
}
UNIT_LABELS = {
    "working_days": "Ngày làm việc",
    "calendar_days": "Ngày",
    "working_hours": "Giờ làm việc",
    "months": "Tháng",
}
INTEGER_UNITS = ("calendar_days", "months")
IN_PROSE = re.compile(
    rf"(?<![\d/.,-])(?<!ngày )(?<!lúc )(?<!sau )(?<!trước )(\d{{1,3}})\s*(?:\([^()]{{1,30}}\)\s*)?({UNIT})"
    r"(?!\s*\d)(?!\s*/\s*tuần)(?!\w)",
    re.IGNORECASE,
)
FROM_RECEIPT = re.compile(
    r"(?:kể\s*từ|từ|sau)\s*(?:ngày|khi|thời điểm)[^.;]{0,60}?(?:nhận|nộp|tiếp nhận)", re.IGNORECASE
)
NO_TIME_SET = re.compile(r"không quy định(?: cụ thể)?(?: (?:về )?thời (?:hạn|gian))?(?! phí|,? lệ phí)", re.IGNORECASE)
NOTHING_DUE = re.compile(r"không phải trả kết quả", re.IGNORECASE)


@dataclass(frozen=True)
class Duration:
    """`amount` of `unit`: working_hours, working_days, calendar_days, months; or not_stated without an amount."""

    amount: int | float | None
    unit: str

    def to_json(self) -> Json:
        return {"amount": self.amount, "unit": self.unit}

    def as_text(self) -> str:
        """As a record would write it; reading that gives this duration again."""
        return "Không có thông tin" if self.amount is None else f"{self.amount:g} {UNIT_LABELS[self.unit]}"


NOT_STATED = Duration(None, "not_stated")


def read_duration(cell: str) -> tuple[Duration, tuple[str, ...]]:
    """A cell's duration and the kinds of findings it gives rise to; anything unclear is NOT_STATED with a kind."""
    text = squeezed(cell)
    if says_nothing(text):
        return NOT_STATED, ("duration_not_stated",)
    if NOTHING_DUE.match(text):
        return NOT_STATED, ("no_result_to_return",)
    match = CELL.fullmatch(text.rstrip(" .;"))
    if match:
        return _checked_duration(match.group(1), match.group(2))
    if BARE.fullmatch(text):
        return NOT_STATED, ("duration_without_unit",)
    return NOT_STATED, ("duration_not_understood",)


def _checked_duration(number: str, unit: str) -> tuple[Duration, tuple[str, ...]]:
    duration = _duration(number, unit)
    if not duration.amount:
        return NOT_STATED, ("duration_is_zero",)
    if duration.unit in INTEGER_UNITS and duration.amount != int(duration.amount):
        return NOT_STATED, ("duration_not_understood",)
    plain_hours = folded(unit) in ("gio", "phut")
    return duration, ("hours_taken_as_working_hours",) if plain_hours else ()


def _duration(number: str, unit: str) -> Duration:
    unit_key, factor, divisor = MEANING[folded(unit)]
    amount = float(number.replace(",", ".")) * factor / divisor
    return Duration(int(amount) if amount == int(amount) else round(amount, 4), unit_key)


def durations_in(prose: str) -> list[Duration]:
    """Every duration a description mentions, in order; dates and clock times are not durations."""
    return [_duration(match.group(1), match.group(2)) for match in IN_PROSE.finditer(squeezed(prose))]


def beside_text(stated: Duration, kinds: tuple[str, ...], prose: str) -> tuple[Duration, tuple[str, ...]]:
    """The promise in its column, weighed against the description next to it.

    The column wins when it speaks. Where it is silent, the description is taken only if it names exactly one time
    counted from receipt; several times are an editor's decision.
    """
    named = list(dict.fromkeys(duration for duration in durations_in(prose) if duration.amount))
    if stated.amount is None:
        return _from_prose(kinds, named, prose)
    if not named:
        silent = NO_TIME_SET.search(prose) is not None
        return stated, (*kinds, "duration_differs_from_text") if silent else kinds
    if stated in named:
        return stated, (*kinds, "other_durations_in_text") if len(named) > 1 else kinds
    if _covers(stated, named) or stated.amount == _added_up(durations_in(prose), stated.unit):
        return stated, (*kinds, "other_durations_in_text")
    return stated, (*kinds, "duration_differs_from_text")


def _from_prose(kinds: tuple[str, ...], named: list[Duration], prose: str) -> tuple[Duration, tuple[str, ...]]:
    if kinds != ("duration_not_stated",) or not named:
        return NOT_STATED, kinds
    if len(named) > 1:
        return NOT_STATED, ("several_durations_in_text",)
    if FROM_RECEIPT.search(squeezed(prose)):
        plain_hours = named[0].unit == "working_hours" and "giờ làm việc" not in prose.lower()
        return named[0], ("duration_from_text", *(("hours_taken_as_working_hours",) if plain_hours else ()))
    return NOT_STATED, ("duration_not_stated", "other_durations_in_text")


def _covers(stated: Duration, named: list[Duration]) -> bool:
    """Whether the text only names shorter steps, in the promise's own unit, on the way to it."""
    steps = [duration.amount or 0 for duration in named if duration.unit == stated.unit]
    return len(named) > 1 and len(steps) == len(named) and max(steps) < (stated.amount or 0)


def _added_up(named: list[Duration], unit: str) -> float:
    return sum(duration.amount or 0 for duration in named if duration.unit == unit)
