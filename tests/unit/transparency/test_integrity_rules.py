"""Alarms cite what they are based on, and an ordinary history raises none."""

from typing import Any

import pytest

from services.applications.verification.integrity_rules import NOTES, findings_in

APPLICATION = "0a0b0c0d-0000-4000-8000-000000000001"
DUE = "2026-03-05T10:00:00+00:00"


def history(*steps: tuple[str, str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    """(time of 2 March or a whole instant, kind, account:role, facts) per event."""
    rows = []
    for version, (at, kind, who, facts) in enumerate(steps, 1):
        account, _, role = who.partition(":")
        rows.append(
            {
                "application_id": APPLICATION,
                "version": version,
                "position": 100 + version,
                "kind": kind,
                "at": at if "T" in at else f"2026-03-02T{at}:00+00:00",
                "by": {"account_id": account, "role": role},
                "facts": facts,
            }
        )
    return rows


START = ("01:00", "Started", "c:citizen", {"applicant_id": "c"})
PAPER = ("01:10", "Attached", "c:citizen", {"attachment_id": "p-1"})
ACCEPTED = ("02:00", "Accepted", "i:intake_officer", {"due_at": DUE})
SUPPLEMENT = (
    "03:00",
    "SupplementRequested",
    "i:intake_officer",
    {"clock": {"happenings": [{"kind": "paused", "due_at": None}]}},
)
PROPOSED = ("05:00", "OutcomeProposed", "k:case_officer", {"outcome": "approved"})


def kinds(*steps: Any) -> list[tuple[str, tuple[int, ...]]]:
    return [(alarm.kind, alarm.versions) for alarm in findings_in(history(*steps))]


def test_an_ordinary_history_raises_none() -> None:
    assert kinds(START, PAPER, ACCEPTED, SUPPLEMENT, PROPOSED, ("06:00", "Approved", "a:approver", {})) == []


@pytest.mark.parametrize("outcome", ["Approved", "Rejected"])
def test_a_decision_by_the_proposer_is_found(outcome: str) -> None:
    assert kinds(START, PROPOSED, ("06:00", outcome, "k:approver", {})) == [("decided_by_proposer", (2, 3))]


def test_every_supplement_request_after_the_first_is_found() -> None:
    again: Any = ("04:00", "SupplementRequested", "i:intake_officer", {})
    assert kinds(START, SUPPLEMENT, again, again) == [("repeated_supplement", (2, 3)), ("repeated_supplement", (2, 4))]


@pytest.mark.parametrize(("at", "is_late"), [("09:01", True), ("10:00", True), ("08:59", False), ("10:01", False)])
def test_a_pause_in_the_last_hour_is_found(at: str, is_late: bool) -> None:
    pause: Any = (f"2026-03-05T{at}:00+00:00", "SupplementRequested", "k:case_officer", {})
    assert kinds(START, ACCEPTED, pause) == ([("toggled_near_due", (3,))] if is_late else [])


def test_the_due_date_is_the_one_that_held_then() -> None:
    moved = ("04:00", "DeadlineExtended", "k:case_officer", {"due_at": "2026-03-09T10:00:00+00:00"})
    pause: Any = ("2026-03-05T09:30:00+00:00", "PaymentRequested", "k:case_officer", {})
    assert kinds(START, ACCEPTED, moved, pause) == []
    assert kinds(START, ACCEPTED, SUPPLEMENT, pause) == []


def test_an_approval_faster_than_the_papers_can_be_opened_is_found() -> None:
    fast: Any = ("2026-03-02T05:00:14+00:00", "Approved", "a:approver", {})
    assert kinds(START, PAPER, PROPOSED, fast) == [("approved_unread", (3, 4))]
    removed = ("01:20", "Detached", "c:citizen", {"attachment_id": "p-1"})
    assert kinds(START, PAPER, removed, PROPOSED, fast) == []


def test_an_officer_with_an_application_of_their_own_is_found() -> None:
    assert kinds(START, ACCEPTED, ("05:00", "Assigned", "c:approver", {})) == [("own_application", (3,))]


def test_an_officer_with_an_application_they_filed_for_somebody_is_found() -> None:
    for_another = ("01:00", "Started", "d:citizen", {"applicant_id": "c"})
    assert kinds(for_another, ACCEPTED, ("05:00", "Assigned", "d:approver", {})) == [("own_application", (3,))]
    assert kinds(for_another, ACCEPTED, ("05:00", "Assigned", "e:approver", {})) == []


def test_an_event_dated_before_the_one_before_it_is_found() -> None:
    assert kinds(START, ACCEPTED, ("01:30", "Assigned", "a:approver", {})) == [("recorded_out_of_time", (2, 3))]


def test_a_later_import_that_slips_something_in_is_found() -> None:
    def imported(day: int, number: str) -> tuple[str, str, str, dict[str, Any]]:
        facts = {"occurred_at": f"2019-05-{day:02}T00:00:00+00:00", "import_id": number}
        return ("01:00", "ActivityImported", "o:operator", facts)

    assert kinds(imported(1, "a"), imported(9, "a"), imported(5, "a"), imported(10, "b")) == []
    assert kinds(imported(1, "a"), imported(9, "a"), imported(5, "b")) == [("back_dated_import", (2, 3))]


def test_a_finding_cites_positions_says_why_and_keeps_its_name() -> None:
    rows = history(START, PROPOSED, ("06:00", "Approved", "k:approver", {}))
    entry, two = findings_in(rows)[0], findings_in(list(reversed(rows)))[0]
    assert entry.finding_id == two.finding_id and entry.to_json()["events"][0] == {"version": 2, "position": 102}
    assert entry.to_json()["note"]["vi"] == NOTES["decided_by_proposer"][0]
