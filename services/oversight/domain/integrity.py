"""What in a course of events should make somebody look twice: accuses nobody, changes no score, cites its events."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from services.oversight.domain.fact import SECOND, RecordedMove, micros

OFFICERS = frozenset({"intake_officer", "case_officer", "approver"})
DECISIONS = frozenset({"application_approved", "application_rejected"})
AT_ONCE = 60 * SECOND  # decided this soon after acceptance, nobody looked at anything
MANY = 20  # applications of one account at one agency within a day

NAMES = {
    "result_repeats_paper": ("Kết quả trùng với giấy tờ đã nộp", "The result is a paper that was handed in"),
    "finished_at_acceptance": ("Giải quyết xong ngay khi tiếp nhận", "Finished at the moment of acceptance"),
    "no_officer_step": ("Không có bước xử lý của cán bộ", "No step of an officer between acceptance and decision"),
    "due_moved_after_it_passed": ("Lùi hạn sau khi đã quá hạn", "The due date was moved after it had passed"),
    "reported_out_of_order": ("Thời điểm các trạng thái không theo thứ tự", "Statuses dated out of order"),
    "same_identity_on_many": ("Một tài khoản nộp rất nhiều hồ sơ", "One account on very many applications"),
    "reuse_without_earlier_paper": (
        "Đánh dấu tái sử dụng khi chưa có hồ sơ trước",
        "Marked as re-used without an earlier application",
    ),
}


class SequenceFinding(NamedTuple):
    """``event_ids``: what it is seen by."""

    kind: str
    event_ids: tuple[str, ...]

    def id_for(self, application_id: str) -> str:
        """The same finding has the same id, whenever and wherever it is made."""
        text = "\n".join((self.kind, application_id, *self.event_ids))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def findings_of(moves: Sequence[RecordedMove]) -> list[SequenceFinding]:
    """The findings that one application's own events show."""
    return [finding for rule in RULES for finding in rule(moves)]


def _result_repeats_paper(moves: Sequence[RecordedMove]) -> Iterator[SequenceFinding]:
    for move in moves:
        if move.facts.get("result_repeats_paper"):
            yield SequenceFinding("result_repeats_paper", (move.event_id,))


def _between(moves: Sequence[RecordedMove]) -> Iterator[tuple[RecordedMove, RecordedMove, Sequence[RecordedMove]]]:
    """Each acceptance with the decision after it and what lies between."""
    begun = None
    for place, move in enumerate(moves):
        if move.kind in {"application_accepted", "appeal_upheld"}:
            begun = place
        elif move.kind in DECISIONS and begun is not None:
            yield moves[begun], move, moves[begun + 1 : place]
            begun = None


def _finished_at_acceptance(moves: Sequence[RecordedMove]) -> Iterator[SequenceFinding]:
    for accepted, decided, _steps in _between(moves):
        if decided.at - accepted.at <= AT_ONCE:
            yield SequenceFinding("finished_at_acceptance", (accepted.event_id, decided.event_id))


def _no_officer_step(moves: Sequence[RecordedMove]) -> Iterator[SequenceFinding]:
    for accepted, decided, steps in _between(moves):
        if not any(step.role in OFFICERS for step in steps):
            yield SequenceFinding("no_officer_step", (accepted.event_id, decided.event_id))


def _due_moved_after_it_passed(moves: Sequence[RecordedMove]) -> Iterator[SequenceFinding]:
    for move in moves:
        previous = move.facts.get("previous_due_at") if move.kind == "deadline_extended" else None
        if previous is not None and micros(previous) < move.at:
            yield SequenceFinding("due_moved_after_it_passed", (move.event_id,))


def _reported_out_of_order(moves: Sequence[RecordedMove]) -> Iterator[SequenceFinding]:
    for earlier, later in pairwise(moves):
        if later.at < earlier.at:
            yield SequenceFinding("reported_out_of_order", (earlier.event_id, later.event_id))


RULES: tuple[Callable[[Sequence[RecordedMove]], Iterator[SequenceFinding]], ...] = (
    _result_repeats_paper,
    _finished_at_acceptance,
    _no_officer_step,
    _due_moved_after_it_passed,
    _reported_out_of_order,
)
