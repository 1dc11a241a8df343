"""The sentences of a proof, in Vietnamese and English."""

from __future__ import annotations

from datetime import date, datetime

from infra.working_time.clock import Clock
from infra.working_time.counting import office_minute
from infra.working_time.promise import ClockChange
from infra.working_time.records import CountedDay

Note = dict[str, str]

UNIT_NAMES = {
    "working_hours": ("giờ làm việc", "working hours"),
    "working_days": ("ngày làm việc", "working days"),
    "calendar_days": ("ngày", "calendar days"),
    "months": ("tháng", "months"),
}
CAUSES = {
    "SupplementRequested": ("yêu cầu bổ sung hồ sơ", "a supplement was requested"),
    "Supplemented": ("hồ sơ đã được bổ sung", "the supplement was handed in"),
    "PaymentRequested": ("yêu cầu thực hiện nghĩa vụ tài chính", "a payment was requested"),
    "FeeSettled": ("đã hoàn thành nghĩa vụ tài chính", "the payment was settled"),
    "WithdrawalRequested": ("người nộp đề nghị rút hồ sơ", "the applicant asked to withdraw"),
    "WithdrawalDeclined": ("không chấp nhận đề nghị rút hồ sơ", "the withdrawal was declined"),
    "WithdrawnByApplicant": ("hồ sơ đã rút", "the application was withdrawn"),
    "DeadlineExtended": ("gia hạn", "the deadline was extended"),
    "Approved": ("đã duyệt kết quả", "the application was approved"),
    "Rejected": ("đã từ chối giải quyết", "the application was rejected"),
    "Stopped": ("dừng giải quyết", "handling was stopped"),
}


def day_note(
    clock: Clock,
    on: date,
    row: CountedDay,
    changes: list[ClockChange],
    pauses: list[ClockChange],
    day_number: tuple[int, int] | None = None,
) -> Note:
    """Everything worth saying about one day of a proof, most telling first."""
    marks = row["marks"]
    notes: list[Note] = []
    if "start" in marks:
        notes.append(_start_note(clock))
    elif on == office_minute(clock.accepted_at).date():
        notes.append(_accepted_while_closed_note(clock))
    notes += [_change_note(h) for h in changes]
    if "paused" in marks and not any(h.kind == "paused" for h in changes):
        notes += [_pause_note(p) for p in pauses[-1:]]
    notes += _calendar_notes(clock, on, marks, row["minutes"], day_number)
    if "due" in marks and clock.due_at is not None:
        notes.append(_note(f"Hạn trả kết quả: {_clock_time(clock.due_at)}", f"Due at {_clock_time(clock.due_at)}"))
    return {language: "; ".join(note[language] for note in notes) for language in ("vi", "en")}


def _calendar_notes(
    clock: Clock, on: date, marks: list[str], minutes: int, day_number: tuple[int, int] | None
) -> list[Note]:
    notes: list[Note] = []
    name = clock.calendar.name_of(on)
    if "holiday" in marks:
        vi, en = name.get("vi", "ngày nghỉ"), name.get("en", "a day off")
        notes.append(_note(f"Nghỉ: {vi}", f"Day off: {en}"))
    elif "weekend" in marks:
        notes.append(_note("Nghỉ cuối tuần", "Weekend"))
    elif "make_up" in marks:
        vi, en = name.get("vi", "ngày làm bù"), name.get("en", "make-up day")
        notes.append(_note(f"Ngày làm bù, có tính: {vi}", f"Make-up working day, counted: {en}"))
    if day_number is not None:
        number, of = day_number
        notes.append(_note(f"Ngày thứ {number}/{of}", f"Day {number} of {of}"))
    if "counted" in marks and ("weekend" in marks or "holiday" in marks):
        notes.append(_note("Vẫn tính vì thời hạn tính theo ngày thường", "Counted: the promise is in calendar days"))
    elif minutes:
        notes.append(_note(f"Tính {_duration(minutes, 'vi')}", f"{_duration(minutes, 'en')} counted"))
    if "uncovered" in marks:
        vi, en = f"Chưa có lịch nghỉ năm {on.year}", f"No calendar of {on.year} is known yet"
        if clock.calendar.years is None or on.year in clock.calendar.years:
            vi, en = "Chưa có lịch nghỉ của ngày này", "No calendar of this day was at hand"
        notes.append(_note(vi, en))
    return notes


def _start_note(clock: Clock) -> Note:
    at, promise = _clock_time(clock.started_at), clock.promise
    if promise.unit not in UNIT_NAMES or promise.amount is None:
        return _note(f"Tiếp nhận lúc {at}, không quy định thời hạn", f"Accepted at {at}, no time limit is stated")
    vi, en = UNIT_NAMES[promise.unit]
    return _note(
        f"Bắt đầu tính từ {at}, thời hạn {promise.amount} {vi}",
        f"Counting starts at {at}, {promise.amount} {en} promised",
    )


def _accepted_while_closed_note(clock: Clock) -> Note:
    at = _clock_time(office_minute(clock.accepted_at))
    return _note(
        f"Tiếp nhận lúc {at}, ngoài giờ làm việc: tính từ đầu giờ làm việc tiếp theo",
        f"Accepted at {at}, outside office hours: counts from the next opening",
    )


def _change_note(change: ClockChange) -> Note:
    at, (vi, en) = _clock_time(change.at), CAUSES.get(change.cause, (change.cause, change.cause))
    if change.kind == "paused":
        return _note(f"Tạm dừng từ {at}: {vi}", f"Paused at {at}: {en}")
    if change.kind == "resumed":
        return _note(f"Tính tiếp từ {at}: {vi}", f"Counting on from {at}: {en}")
    if change.kind == "extended":
        old, new = _day_time(change.previous_due_at), _day_time(change.due_at)
        return _note(f"Gia hạn từ {old} đến {new}", f"Extended from {old} to {new}")
    return _note(f"Kết thúc lúc {at}: {vi}", f"Ended at {at}: {en}")


def _pause_note(pause: ClockChange) -> Note:
    vi, en = CAUSES.get(pause.cause, (pause.cause, pause.cause))
    return _note(f"Tạm dừng: {vi}", f"Paused: {en}")


def _duration(minutes: int, language: str) -> str:
    hours, rest = divmod(minutes, 60)
    hour, minute = ("giờ", "phút") if language == "vi" else ("h", "min")
    return " ".join(f"{n} {word}" for n, word in ((hours, hour), (rest, minute)) if n)


def _clock_time(at: datetime) -> str:
    return office_minute(at).strftime("%H:%M")


def _day_time(at: datetime | None) -> str:
    return "—" if at is None else office_minute(at).strftime("%H:%M %d/%m/%Y")


def _note(vi: str, en: str) -> Note:
    return {"vi": vi, "en": en}
