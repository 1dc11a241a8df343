"""What happens at the counter: accepting, refusing, asking for more, money, extensions, withdrawals."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import ClassVar

from infra.working_time import Clock
from infra.working_time.records import ClockRecord
from services.applications.domain import fees
from services.applications.domain.events.base import Answered, ApplicationEvent, Waiting
from services.applications.domain.facts import (
    Consultation,
    DecisionRecord,
    FeeAmount,
    Mark,
    Sealed,
    SettlementNote,
    WaitFacts,
)
from services.applications.domain.state import State


class Accepted(ApplicationEvent):
    """The clock starts. ``started_clock`` holds promise, due date and the days of the calendar that were used."""

    TOPIC: ClassVar[str] = "applications.Accepted"

    receipt_number: str
    due_at: str | None
    started_clock: ClockRecord

    def happen(self, application: State) -> None:
        application.receipt_number, application.accepted_at = self.receipt_number, self.timestamp
        application.clock = Clock.from_json(self.started_clock)


class IntakeRefused(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.IntakeRefused"

    def happen(self, application: State) -> None:
        application.refusal, application.ended_at = self.reason, self.timestamp
        application.decision = decision_record("intake_refused", self)


class SupplementRequested(Waiting):
    """``marks``: what is wrong where, [{"pointer" | "requirement", "problem": sealed words}]."""

    TOPIC: ClassVar[str] = "applications.SupplementRequested"
    KIND: ClassVar[str] = "supplement"

    marks: list[Mark]

    def happen(self, application: State) -> None:
        super().happen(application)
        application.supplements += 1

    def wait_facts(self) -> WaitFacts:
        return {"marks": self.marks, "reason": self.reason}


class Assigned(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.Assigned"

    officer_id: str
    _: KW_ONLY
    previous_officer_id: str | None = None

    def happen(self, application: State) -> None:
        application.officer_id = self.officer_id


class PaymentRequested(Waiting):
    """``moments``: the collection moments now asked for; ``amount``: a further amount that arose."""

    TOPIC: ClassVar[str] = "applications.PaymentRequested"
    KIND: ClassVar[str] = "payment"

    moments: list[str]
    _: KW_ONLY
    amount: FeeAmount | None = None

    def happen(self, application: State) -> None:
        super().happen(application)
        if self.amount:
            application.fees = fees.asked_for(application.fees, "supplement", self.amount["amount"])

    def wait_facts(self) -> WaitFacts:
        return {"moments": self.moments, "amount": self.amount, "reason": self.reason}


class FeeSettled(Answered):
    """Fees of these moments were paid or waived. ``closes`` is 0 when nothing (or still something) is waited for.

    ``still_owed``: minor units that remain of moments settled in part.
    """

    TOPIC: ClassVar[str] = "applications.FeeSettled"

    moments: list[str]
    how: str
    _: KW_ONLY
    payment_id: str | None = None
    amount: FeeAmount | None = None
    method: str | None = None
    still_owed: dict[str, int] | None = None

    def happen(self, application: State) -> None:
        super().happen(application)
        how: SettlementNote = {
            "how": self.how,
            "payment_id": self.payment_id,
            "amount": self.amount,
            "at": self.timestamp.isoformat(),
        }
        application.fees = fees.settled(application.fees, self.moments, how, self.still_owed or {})


class DeadlineExtended(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.DeadlineExtended"

    due_at: str
    previous_due_at: str | None


class WithdrawnByApplicant(Answered):
    TOPIC: ClassVar[str] = "applications.WithdrawnByApplicant"

    def happen(self, application: State) -> None:
        super().happen(application)
        application.ended_at = self.timestamp


class WithdrawalDeclined(Answered):
    TOPIC: ClassVar[str] = "applications.WithdrawalDeclined"


class Stopped(ApplicationEvent):
    """``cause``: ``approver``, or which limit passed (``supplement_limit``, ``payment_limit``)."""

    TOPIC: ClassVar[str] = "applications.Stopped"

    cause: str

    def happen(self, application: State) -> None:
        application.ended_at, application.waits = self.timestamp, ()
        application.decision = decision_record("stopped", self)


class ConsultationRequested(ApplicationEvent):
    """The question is the event's ``reason``."""

    TOPIC: ClassVar[str] = "applications.ConsultationRequested"

    consultation_id: str
    agency_code: str
    due_at: str

    def happen(self, application: State) -> None:
        opened: Consultation = {
            "agency_code": self.agency_code,
            "question": self.reason,
            "due_at": self.due_at,
            "asked_at": self.timestamp.isoformat(),
            "opinion": None,
            "answered_at": None,
        }
        application.consultations = {**application.consultations, self.consultation_id: opened}


class ConsultationAnswered(ApplicationEvent):
    TOPIC: ClassVar[str] = "applications.ConsultationAnswered"

    consultation_id: str
    opinion: Sealed

    def happen(self, application: State) -> None:
        answered: Consultation = {
            **application.consultations[self.consultation_id],
            "opinion": self.opinion,
            "answered_at": self.timestamp.isoformat(),
            "answered_by": self.by["account_id"],
        }
        application.consultations = {**application.consultations, self.consultation_id: answered}


def decision_record(outcome: str, event: ApplicationEvent) -> DecisionRecord:
    """A decision as it is remembered, so that an appeal can name it and a set-aside one stays readable."""
    return {
        "outcome": outcome,
        "version": event.originator_version,
        "at": event.timestamp.isoformat(),
        "by": event.by["account_id"],
        "reason": event.reason,
    }
