"""What an application remembers: filled by its events only, read by the rules.

Plain values throughout, so that a replay on any day gives the same picture.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from infra.working_time import Clock
from services.applications.domain.facts import (
    AppealRecord,
    ChosenDelivery,
    Consultation,
    DecisionRecord,
    ErasureRecord,
    HandedInPaper,
    Handling,
    OutcomeProposal,
    OwedFee,
    PinnedQuote,
    RatingRecord,
    RecordedActor,
    ResultHandover,
    Sealed,
    StoredAnswers,
    Wait,
)
from services.applications.domain.statuses import UNDECIDED_ENDS, Status


class State:
    """The remembered facts. ``fees``: by moment; ``waits``: innermost last."""

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
    started_by: RecordedActor
    representatives: tuple[str, ...]  # who has acted for the applicant

    answers: StoredAnswers | None
    attachments: dict[str, HandedInPaper]
    delivery: ChosenDelivery | None

    may_pause: bool
    quote: PinnedQuote | None
    fees: dict[str, OwedFee]

    receipt_number: str | None
    clock: Clock | None
    refusal: Sealed | None
    officer_id: str | None
    waits: tuple[Wait, ...]
    supplements: int
    consultations: dict[str, Consultation]

    proposal: OutcomeProposal | None
    decision: DecisionRecord | None
    set_aside: tuple[DecisionRecord, ...]
    returned: ResultHandover | None
    pending_appeal: AppealRecord | None
    appeals: tuple[AppealRecord, ...]
    ratings: tuple[RatingRecord, ...]
    hands: tuple[Handling, ...]
    erased: ErasureRecord | None

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
        not_owed = {"result"} if self.decision and self.decision["outcome"] == "rejected" else set()
        return {
            moment: fee["owed"]
            for moment, fee in self.fees.items()
            if moment in (moments or self.fees) and moment not in not_owed and not fee["settled"] and fee["owed"] > 0
        }
