"""Handling and deciding: assignment, opinions of other agencies, proposal, decision, return, appeal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from infra.working_time import OFFICE_ZONE, WorkingCalendar
from infra.working_time.records import PromiseRecord
from services.applications.domain import deadline
from services.applications.domain.actors import Act
from services.applications.domain.applicant_commands import check_delivery_level
from services.applications.domain.events import (
    AppealDismissed,
    Appealed,
    AppealUpheld,
    Approved,
    Assigned,
    ConsultationAnswered,
    ConsultationRequested,
    OutcomeProposed,
    ProposalReturned,
    Rejected,
    ResultReturned,
    SubjectErased,
)
from services.applications.domain.facts import AppealRecord, FeeOwedAgain, Sealed
from services.applications.domain.intake_commands import IntakeCommands
from services.applications.domain.statuses import Status
from services.applications.errors import (
    AlreadyErased,
    AppealNotPending,
    AppealPending,
    AppealTooLate,
    ApproverIsProposer,
    ConsultationNotFound,
    DeciderDecidesAppeal,
    ErasureNeedsTwoPersons,
    NoProposal,
    NotAssigned,
)

APPEAL_DAYS = 90  # Law on Complaints 02/2011/QH13, article 9


class DecisionCommands(IntakeCommands):
    """What officers and approvers do; mixed into :class:`Application`."""

    def assign(self, *, officer_id: str, by: Act) -> None:
        """Give it to a case officer (or to another one); handling begins."""
        move = self._check("assign", by)
        self._record(Assigned, move, by, officer_id=officer_id, previous_officer_id=self.officer_id)

    def consult(self, *, consultation_id: str, agency_code: str, question: Sealed, due_at: datetime, by: Act) -> None:
        move = self._check("consult", by)
        self._record(
            ConsultationRequested,
            move,
            by,
            consultation_id=consultation_id,
            agency_code=agency_code,
            due_at=due_at.isoformat(),
            reason=question,
        )

    def answer_consultation(self, *, consultation_id: str, opinion: Sealed, by: Act) -> None:
        """The asked agency's officer answers, once."""
        move = self._check("answer_consultation", by)
        consultation = self.consultations.get(consultation_id)
        if consultation is None or consultation["agency_code"] != by.agency_code or consultation["opinion"] is not None:
            raise ConsultationNotFound(consultation_id=consultation_id, agency_code=by.agency_code)
        self._record(ConsultationAnswered, move, by, consultation_id=consultation_id, opinion=opinion)

    def propose(self, *, outcome: str, reason: Sealed | None, by: Act) -> None:
        """The assigned officer proposes ``approve`` or ``reject``; a later proposal replaces an earlier one."""
        move = self._check("propose", by)
        if by.account_id != self.officer_id:
            raise NotAssigned()
        self._record(OutcomeProposed, move, by, outcome=outcome, reason=reason)

    def approve(self, *, result: Mapping[str, object], by: Act) -> None:
        """Approve and issue a result; an erased person gets none, since it would be about them."""
        if self.erased:
            raise AlreadyErased()
        move = self._check("approve", by)
        proposed_by = self._check_proposal(by)
        moved = deadline.ended(self.clock, by.at, "Approved", self._ref())
        self._record(Approved, move, by, result=dict(result), proposed_by=proposed_by, clock=moved)

    def reject(self, *, reason: Sealed, by: Act) -> None:
        move = self._check("reject", by)
        proposed_by = self._check_proposal(by)
        moved = deadline.ended(self.clock, by.at, "Rejected", self._ref())
        self._record(Rejected, move, by, proposed_by=proposed_by, reason=reason, clock=moved)

    def send_back(self, *, reason: Sealed, by: Act) -> None:
        """Return the proposal to the case officer."""
        move = self._check("send_back", by)
        self._record(ProposalReturned, move, by, proposed_by=self._check_proposal(by), reason=reason)

    def return_result(self, *, method: str, tracking_number: str | None, by: Act) -> None:
        """Hand the result over. Fees collected at the result come first; below level 4 only at the counter."""
        move = self._check("return_result", by)
        check_delivery_level(method, self.level)
        if self.status is Status.APPROVED:
            self._check_paid("intake")
        self._check_paid("result")
        self._record(ResultReturned, move, by, method=method, tracking_number=tracking_number)

    def appeal_until(self, calendar: WorkingCalendar | None) -> datetime | None:
        """The last instant an appeal against the decision in force is taken at; None without a decision."""
        if self.decision is None:
            return None
        return deadline.end_of_limit(APPEAL_DAYS, datetime.fromisoformat(self.decision["at"]), calendar)

    def appeal(self, *, appeal_id: str, grounds: Sealed, calendar: WorkingCalendar | None, by: Act) -> None:
        """Appeal against the decision in force, within ``APPEAL_DAYS`` days of it.

        ``calendar`` is needed where the last day may have to be moved to a working day.
        """
        move = self._check("appeal", by)
        if self.pending_appeal:
            raise AppealPending()
        decision = self.decision
        assert decision is not None, "by the table, an appeal follows a decision"
        until = self.appeal_until(calendar)
        if until is not None and by.at > until:
            since = datetime.fromisoformat(decision["at"]).astimezone(OFFICE_ZONE).date()
            raise AppealTooLate(days=APPEAL_DAYS, since=since.isoformat())
        against = {"outcome": decision["outcome"], "version": decision["version"]}
        self._record(Appealed, move, by, appeal_id=appeal_id, against=against, reason=grounds)

    def dismiss_appeal(self, *, reason: Sealed, by: Act) -> None:
        move = self._check("decide_appeal", by, "AppealDismissed")
        appeal = self._check_appeal(by)
        self._record(AppealDismissed, move, by, appeal_id=appeal["appeal_id"], reason=reason)

    def uphold_appeal(
        self, *, reason: Sealed, receipt_number: str, promise: PromiseRecord, calendar: WorkingCalendar, by: Act,
        owed_again: Sequence[FeeOwedAgain] = (),
    ) -> None:  # fmt: skip
        """Set the decision aside; handling starts again with the procedure's promise from now.

        ``owed_again``: fees refunded since handling ended; nothing that was paid and kept is asked for twice.
        """
        move = self._check("decide_appeal", by, "AppealUpheld")
        appeal = self._check_appeal(by)
        clock = deadline.start(promise, by.at, calendar)
        due = clock.due_at.isoformat() if clock.due_at else None
        self._record(
            AppealUpheld,
            move,
            by,
            appeal_id=appeal["appeal_id"],
            reason=reason,
            receipt_number=self.receipt_number or receipt_number,
            due_at=due,
            started_clock=clock.to_json(),
            owed_again=list(owed_again) or None,
        )

    def erase_subject(self, *, erasure_id: str, asked_by: str, legal_basis: str, by: Act) -> None:
        """Record that the personal data next to the stream is being removed; asked and confirmed by two persons."""
        move = self._check("erase_subject", by)
        if self.erased:
            raise AlreadyErased()
        if asked_by == by.account_id:
            raise ErasureNeedsTwoPersons()
        self._record(SubjectErased, move, by, erasure_id=erasure_id, asked_by=asked_by, legal_basis=legal_basis)

    def _check_proposal(self, by: Act) -> str:
        if self.proposal is None:
            raise NoProposal()
        proposer = str(self.proposal["by"])
        if proposer == by.account_id:
            raise ApproverIsProposer()
        return proposer

    def _check_appeal(self, by: Act) -> AppealRecord:
        if self.pending_appeal is None:
            raise AppealNotPending()
        if self.decision and self.decision["by"] == by.account_id:
            raise DeciderDecidesAppeal()
        return self.pending_appeal
