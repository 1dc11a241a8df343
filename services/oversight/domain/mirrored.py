"""A statement of another system as moves of the application it is about, so that figures count it as any other.

A content states days of its own: filed, accepted, refused, finished, returned. A step states a status. Moves are folded
by the time they state, and known from the moment they were received: a cut-off does not know what was told later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from services.oversight.domain.fact import MoveFacts, RecordedMove, micros

STATUSES = {
    1: "submitted", 2: "accepted", 3: "intake_refused", 4: "in_processing", 5: "supplement_requested",
    6: "payment_requested", 7: "withdrawal_requested", 8: "stopped", 9: "approved", 10: "result_returned",
}  # fmt: skip
# Of a step. Processing goes on: whatever supplement was waited for has come.
STEPS = {
    3: "intake_refused", 4: "application_supplemented", 5: "supplement_requested", 6: "payment_requested",
    7: "withdrawal_requested", 8: "application_stopped", 9: "application_approved", 10: "dossier_returned",
}  # fmt: skip


class StatedDossier(TypedDict):
    """What *interchange* says of a dossier (``kind`` "dossier") or of its progress; the latter has fewer members."""

    kind: str
    version: int
    received_at: str
    at: str
    official_status: int | None
    channel: str | None
    filed_at: str | None
    accepted_at: str | None
    due_at: str | None
    finished_at: str | None
    refused_at: str | None
    returned_at: str | None
    fees: int
    paid_online: bool
    results: int


def moves_of_statement(statement: StatedDossier, position: int, event_id: str) -> Iterator[RecordedMove]:
    """What a statement adds to its application; each with an id of its own under that of the event it came in."""
    for number, (kind, at, status, facts) in enumerate(_stated(statement)):
        yield RecordedMove(
            statement["version"], kind, micros(at), position, f"{event_id}.{number}", status, "system",
            {**facts, "received_at": micros(statement["received_at"])},
        )  # fmt: skip


def _stated(statement: StatedDossier) -> Iterator[tuple[str, str, str, MoveFacts]]:
    """Kind, time, status after it and facts."""
    if statement["kind"] != "dossier":
        official = statement["official_status"]
        if official in STATUSES:
            yield STEPS.get(official, "dossier_reported"), statement["at"], STATUSES[official], {}
        return
    accepted, finished = statement["accepted_at"], statement["finished_at"]
    paid: MoveFacts | None = (
        {"how": "paid", "method": "online", "amount": statement["fees"]} if statement["paid_online"] else None
    )
    yield (
        "application_submitted", statement["filed_at"] or accepted or statement["at"], "submitted",
        {"channel": statement["channel"], "fee_owed": statement["fees"]},
    )  # fmt: skip
    if accepted:
        yield "application_accepted", accepted, "accepted", {"due_at": statement["due_at"]}
        if paid:
            yield "dossier_paid", accepted, "accepted", paid
    if statement["refused_at"]:
        yield "intake_refused", statement["refused_at"], "intake_refused", {}
    if finished:
        yield "application_approved", finished, "approved", {"electronic_result": statement["results"] > 0}
    if statement["returned_at"]:
        yield "dossier_returned", statement["returned_at"], "result_returned", {}


def stated_order(move: RecordedMove) -> tuple[int, int, int]:
    """By the time stated; of the same time by the course of a case, then as they came."""
    return move.at, ORDER.get(move.kind, len(ORDER)), move.version


ORDER = {
    kind: place
    for place, kind in enumerate(
        ("application_submitted", "application_accepted", "dossier_paid", "dossier_reported", "intake_refused",
         "application_supplemented", "supplement_requested", "payment_requested", "withdrawal_requested",
         "application_stopped", "application_approved", "dossier_returned")
    )
}  # fmt: skip
