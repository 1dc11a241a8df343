"""How an application is decided, handed back and, after an appeal, decided again."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import ClassVar

from infra.working_time import Clock
from infra.working_time.records import ClockRecord
from services.applications.domain import fees
from services.applications.domain.events.base import ApplicationEvent
from services.applications.domain.events.intake import decision_record
from services.applications.domain.facts import AppealRecord, DecisionRecord, FeeOwedAgain, IssuedResult
from services.applications.domain.state import State


class OutcomeProposed(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.OutcomeProposed"

    outcome: str

    def happen(self, application: State) -> None:
        application.proposal = {
            "outcome": self.outcome,
            "by": self.by["account_id"],
            "at": self.timestamp.isoformat(),
            "reason": self.reason,
        }


class Approved(ApplicationEvent):
    """``result``: the document that was issued: id, code, validity and a commitment to the rest."""

    TOPIC: ClassVar[str] = "applications.Approved"

    result: IssuedResult
    proposed_by: str

    def happen(self, application: State) -> None:
        application.decision = {
            **decision_record("approved", self),
            "result": self.result,
            "proposed_by": self.proposed_by,
        }
        application.proposal, application.ended_at = None, self.timestamp


class Rejected(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.Rejected"

    proposed_by: str

    def happen(self, application: State) -> None:
        application.decision = {**decision_record("rejected", self), "proposed_by": self.proposed_by}
        application.proposal, application.ended_at = None, self.timestamp


class ProposalReturned(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.ProposalReturned"

    proposed_by: str

    def happen(self, application: State) -> None:
        application.proposal = None


class ResultReturned(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.ResultReturned"

    method: str
    _: KW_ONLY
    tracking_number: str | None = None

    def happen(self, application: State) -> None:
        application.returned = {
            "method": self.method,
            "tracking_number": self.tracking_number,
            "at": self.timestamp.isoformat(),
        }


class AppealDismissed(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.AppealDismissed"

    appeal_id: str

    def happen(self, application: State) -> None:
        _close_appeal(application, self, "dismissed")


class AppealUpheld(ApplicationEvent):
    """The decision is set aside and stays readable; handling starts again with a new promise.

    ``owed_again``: fees that were refunded because handling had ended.
    """

    TOPIC: ClassVar[str] = "applications.AppealUpheld"

    appeal_id: str
    receipt_number: str
    due_at: str | None
    started_clock: ClockRecord
    _: KW_ONLY
    owed_again: list[FeeOwedAgain] | None = None

    def happen(self, application: State) -> None:
        _close_appeal(application, self, "upheld")
        if application.decision:
            set_aside: DecisionRecord = {
                **application.decision,
                "set_aside_at": self.timestamp.isoformat(),
                "returned": application.returned,
            }
            application.set_aside = (*application.set_aside, set_aside)
        application.decision = application.proposal = application.returned = application.refusal = (
            application.ended_at
        ) = None
        application.receipt_number = self.receipt_number
        application.accepted_at = application.accepted_at or self.timestamp
        application.clock = Clock.from_json(self.started_clock)
        for fee in self.owed_again or ():
            application.fees = fees.asked_for(application.fees, fee["collected_at"], fee["amount"]["amount"])


class SubjectErased(ApplicationEvent):
    """The personal data next to the stream is gone. ``asked_by`` and ``by`` are two persons."""

    TOPIC: ClassVar[str] = "applications.SubjectErased"

    erasure_id: str
    asked_by: str

    def happen(self, application: State) -> None:
        application.erased = {
            "erasure_id": self.erasure_id,
            "at": self.timestamp.isoformat(),
            "legal_basis": self.legal_basis,
        }


def _close_appeal(application: State, event: ApplicationEvent, outcome: str) -> None:
    if application.pending_appeal:
        closed: AppealRecord = {
            **application.pending_appeal,
            "outcome": outcome,
            "decided_at": event.timestamp.isoformat(),
            "decided_by": event.by["account_id"],
            "decision": event.reason,
        }
        application.appeals, application.pending_appeal = (*application.appeals, closed), None
