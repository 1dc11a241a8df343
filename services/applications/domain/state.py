"""What an application remembers: filled by its events only, read by the rules.

Plain values throughout, so that a replay on any day gives the same picture.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from infra.working_time import Clock
from services.applications.domain.statuses import UNDECIDED_ENDS, Status


class Sealed(TypedDict):
    """Words stored next to the stream: their row and the salted SHA-256 (hex) that an event holds of them."""

    statement_id: str
    commitment: str


class State:
    """The remembered facts. ``fees``: moment -> {"owed", "settled"}; ``waits``: innermost last."""

    id: UUID
    version: int

    status: Status
    reference: str
    tracking_digest: str
    procedure_code: str
    procedure_version: int
    procedure_digest: str | None
    channel: str
    level: int
    agency_code: str
    applicant_id: str
    started_by: dict[str, Any]
    representatives: tuple[str, ...]  # who has acted for the applicant

    answers: dict[str, Any] | None
    attachments: dict[str, dict[str, Any]]
    delivery: dict[str, Any] | None

    may_pause: bool
    quote: dict[str, Any] | None
    fees: dict[str, dict[str, Any]]

    receipt_number: str | None
    clock: Clock | None
    refusal: Sealed | None
    officer_id: str | None
    waits: tuple[dict[str, Any], ...]
    supplements: int
    consultations: dict[str, dict[str, Any]]

    proposal: dict[str, Any] | None
    decision: dict[str, Any] | None
    set_aside: tuple[dict[str, Any], ...]
    returned: dict[str, Any] | None
    pending_appeal: dict[str, Any] | None
    appeals: tuple[dict[str, Any], ...]
    ratings: tuple[dict[str, Any], ...]
    hands: tuple[dict[str, Any], ...]
    erased: dict[str, Any] | None

    started_at: datetime
    submitted_at: datetime | None
    accepted_at: datetime | None
    ended_at: datetime | None

    def begin(self) -> None:
        """Everything an application has before anything has happened to it."""
        self.procedure_digest = self.answers = self.delivery = self.quote = self.receipt_number = None
        self.clock = self.refusal = self.officer_id = self.proposal = self.decision = self.returned = None
        self.pending_appeal = self.erased = self.submitted_at = self.accepted_at = self.ended_at = None
        self.attachments, self.fees, self.consultations = {}, {}, {}
        self.representatives = self.waits = self.set_aside = self.appeals = self.ratings = self.hands = ()
        self.supplements = 0
        self.may_pause = True

    @property
    def due_at(self) -> datetime | None:
        """The date promised now; None before acceptance, while paused and where none is promised."""
        return self.clock.due_at if self.clock else None

    def owed(self, *moments: str) -> dict[str, int]:
        """Amounts (minor units) still to be collected, per collection moment; *payments* follows what is stated here.

        Nothing once handling has ended without a decision, and nothing for the result of a rejection. An appeal upheld
        takes the decision away and so brings both back.
        """
        if self.status in UNDECIDED_ENDS:
            return {}
        not_owed = {"result"} if (self.decision or {}).get("outcome") == "rejected" else set()
        return {
            moment: fee["owed"]
            for moment, fee in self.fees.items()
            if moment in (moments or self.fees) and moment not in not_owed and not fee["settled"] and fee["owed"] > 0
        }
