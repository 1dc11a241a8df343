"""Raises what is owed: the quote pinned at submission, supplementary fees, and what no longer has to be paid.

Bills are made from applications' events. Whoever asks sooner than the event arrives is not turned away: the
application is then asked for, with the caller's own token, and the same bill is pinned from the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.erased_subjects import is_erased
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.payments.domain import postings
from services.payments.domain.demands import Owed, Phase, Standing, by_kind, owed_by, phase_of, standing_in
from services.payments.errors import AlreadyPaid, NothingOwed, NotYetSubmitted
from services.payments.ledger import book
from services.payments.models import Bill, Demand

if TYPE_CHECKING:
    from services.payments.clients import ApplicationReader


ASKED_FOR = "asked:"  # how the origin of a demand begins that an office asked for


class BillNotYetKnown(Exception):
    """An event about an application whose submission is not known yet; it is retried until it is."""


class Billing:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Billing:
        return cls(Database.at(settings.database_url("payments")))

    def bill_of_submission(self, event: Mapping[str, Any]) -> None:
        """``application_submitted.v1``: pin the quote and raise its demands."""
        with self.database.handle_once("bill_of_submission", event) as session:
            if session is not None:
                pin(session, event["data"])

    def supplementary_demand(self, event: Mapping[str, Any]) -> None:
        """``payment_requested.v1``: the office asks for fees of these ``moments``, perhaps a further ``amount``."""
        with self.database.handle_once("supplementary_demand", event) as session:
            if session is None:
                return
            data = event["data"]
            bill, further = _bill(session, data["application_id"]), data.get("amount")
            reason = data.get("reason") if bill.erased_at is None else None
            if further:
                owed = Owed("supplement", further["amount"], further["currency"], (_item(further, reason),))
                raise_demand(
                    session, bill, owed, origin=f"{ASKED_FOR}{event['id']}", standing=Standing.DUE, reason=reason
                )
            fall_due(session, bill, set(data.get("moments") or ("supplement",)))
            align(session, bill, reason=event["type"])

    def result_falls_due(self, event: Mapping[str, Any]) -> None:
        """``application_approved.v1``: fees that are collected with the result are due now."""
        self._follow("result_falls_due", event, Phase.APPROVED)

    def result_not_owed(self, event: Mapping[str, Any]) -> None:
        """``application_rejected.v1``: there is no result to pay for."""
        self._follow("result_not_owed", event, Phase.REJECTED)

    def nothing_more_owed(self, event: Mapping[str, Any]) -> None:
        """Refused at intake, withdrawn or stopped: what has not been paid is no longer owed."""
        self._follow("nothing_more_owed", event, Phase.ENDED)

    def owed_again(self, event: Mapping[str, Any]) -> None:
        """``appeal_upheld.v1``: handling starts again, and what its end had made void is owed as before."""
        self._follow("owed_again", event, Phase.OPEN)

    def _follow(self, consumer: str, event: Mapping[str, Any], phase: Phase) -> None:
        with self.database.handle_once(consumer, event) as session:
            if session is None:
                return
            bill = _bill(session, event["data"]["application_id"])
            version = int(event["data"].get("version") or bill.phase_version + 1)
            if version > bill.phase_version:  # an event that comes late changes nothing any more
                bill.phase, bill.phase_version = phase, version
                align(session, bill, reason=event["type"])

    def make_known(self, application_id: str, *, applications: ApplicationReader) -> None:
        """Pin the bill now if its event has not arrived. ``applications`` is asked with the caller's token.

        Refuses what the neighbour refuses (``ApplicationNotFound``, ``Forbidden``) and ``NotYetSubmitted``.
        """
        with self.database.session() as session:
            if session.get(Bill, application_id) is not None:
                return
        application = applications.application(application_id=application_id)
        if not application.get("quote"):
            raise NotYetSubmitted(application_id=application_id)
        try:
            with self.database.session() as session:
                pin(session, application)
        except IntegrityError:
            # The event arrived in between and pinned the same quote.
            with self.database.session() as session:
                _bill(session, application_id)


def pin(session: Session, facts: Mapping[str, Any]) -> None:
    """Make the bill of an application with its demands, unless it is there already: what was pinned stays."""
    bill = session.get(Bill, facts["application_id"])
    if bill is not None:
        bill.submitted_by = _submitter(facts) or bill.submitted_by  # an answer to a question does not name him
        return
    bill = Bill(
        application_id=facts["application_id"],
        reference=facts["reference"],
        procedure_code=facts["procedure_code"],
        procedure_version=facts["procedure_version"],
        agency_code=facts["agency_code"],
        applicant_id=facts["applicant_id"],
        submitted_by=_submitter(facts) or facts["applicant_id"],
        level=facts["level"],
        quote=dict(facts["quote"]),
        pinned_at=clock.now(),
        erased_at=clock.now() if is_erased(session, facts["applicant_id"]) else None,
        phase=phase_of(facts),
        phase_version=facts.get("version") or 0,
    )
    session.add(bill)
    session.flush()
    for owed in owed_by(facts["quote"]):
        origin = f"quote:{owed.collected_at}:{owed.currency}"
        raise_demand(session, bill, owed, origin=origin, standing=owed.standing)
    align(session, bill, reason=str(facts.get("status") or "application_submitted.v1"))


def _submitter(facts: Mapping[str, Any]) -> str | None:
    return (facts.get("by") or {}).get("account_id")


def raise_demand(
    session: Session, bill: Bill, owed: Owed, *, origin: str, standing: Standing, reason: str | None = None
) -> None:
    demand = Demand(
        id=str(uuid4()),
        application_id=bill.application_id,
        origin=origin,
        collected_at=owed.collected_at,
        items=list(owed.items),
        amount=owed.amount,
        currency=owed.currency,
        standing=Standing.LATER,
        reason=reason,
        raised_at=clock.now(),
        booked=False,
    )
    session.add(demand)
    session.flush()
    if standing is Standing.DUE:
        make_due(session, bill, demand)


def make_due(session: Session, bill: Bill, demand: Demand) -> None:
    """From here on the office is owed the money: that is when it enters the books."""
    demand.standing = Standing.DUE
    if not demand.booked:
        demand.booked = True
        lines = postings.demand_raised(bill.agency_code, by_kind(demand.items))
        book(
            session,
            "demand_raised",
            lines,
            application_id=bill.application_id,
            subject_id=demand.id,
            currency=demand.currency,
        )


def fall_due(session: Session, bill: Bill, moments: set[str]) -> None:
    for demand in demands_of(session, bill.application_id):
        if demand.collected_at in moments and demand.standing == Standing.LATER:
            make_due(session, bill, demand)


def align(session: Session, bill: Bill, *, reason: str) -> None:
    """Bring every demand to where the application's phase puts it."""
    for demand in demands_of(session, bill.application_id):
        before = Standing(demand.standing)
        after = standing_in(
            Phase(bill.phase), demand.collected_at, before, asked_for=demand.origin.startswith(ASKED_FOR)
        )
        if after is before:
            continue
        if after is Standing.DROPPED:
            drop(session, bill, demand, reason=reason)
        else:
            demand.standing, demand.reason, demand.closed_at = Standing.LATER, None, None
            if after is Standing.DUE:
                make_due(session, bill, demand)


def drop(session: Session, bill: Bill, demand: Demand, *, reason: str) -> None:
    """No longer owed; what was booked as owed is taken back."""
    if demand.booked:
        demand.booked = False
        lines = postings.demand_dropped(bill.agency_code, by_kind(demand.items))
        book(
            session,
            "demand_dropped",
            lines,
            application_id=bill.application_id,
            subject_id=demand.id,
            currency=demand.currency,
        )
    demand.standing, demand.reason, demand.closed_at = Standing.DROPPED, reason, clock.now()


def demands_of(session: Session, application_id: str) -> list[Demand]:
    query = select(Demand).where(Demand.application_id == application_id).order_by(Demand.raised_at, Demand.origin)
    return list(session.scalars(query))


def locked_bill(session: Session, application_id: str) -> Bill:
    """The bill with its row locked: whoever starts, settles or waives for one application waits in line."""
    bill = session.get(Bill, application_id, with_for_update=True, populate_existing=True)
    if bill is None:
        raise NotYetSubmitted(application_id=application_id)
    return bill


def nothing_to_pay(session: Session, bill: Bill) -> AlreadyPaid | NothingOwed:
    """The refusal that says why nothing is taken or remitted."""
    paid = any(demand.standing == Standing.SETTLED for demand in demands_of(session, bill.application_id))
    refusal = AlreadyPaid if paid else NothingOwed
    return refusal(application_id=bill.application_id)


def _bill(session: Session, application_id: str) -> Bill:
    bill = session.get(Bill, application_id, with_for_update=True)
    if bill is None:
        raise BillNotYetKnown(application_id)
    return bill


def _item(amount: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
    text = reason or ""
    return {
        "fee_id": "bo-sung",
        "kind": "charge",
        "name": {"vi": "Phí bổ sung", "en": "Supplementary fee"},
        "amount": dict(amount),
        "collected_at": "supplement",
        "reason": {"vi": text, "en": text},
        "legal_basis": None,
    }
