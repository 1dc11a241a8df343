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
from infra.chassis.database import Database
from infra.chassis.erased_subjects import is_erased
from infra.chassis.settings import Settings
from services.payments.domain import postings
from services.payments.domain.demands import UNPAID, Owed, Standing, by_kind, owed_by
from services.payments.errors import NotYetSubmitted
from services.payments.ledger import book
from services.payments.models import Bill, Demand

if TYPE_CHECKING:
    from services.payments.clients import ApplicationReader


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
        with self.database.handle_once("bill_of_submission", event["id"]) as session:
            if session is not None:
                pin(session, event["data"])

    def supplementary_demand(self, event: Mapping[str, Any]) -> None:
        """``payment_requested.v1``: the office asks for fees of these ``moments``, perhaps a further ``amount``."""
        with self.database.handle_once("supplementary_demand", event["id"]) as session:
            if session is None:
                return
            data = event["data"]
            bill, further = _bill(session, data["application_id"]), data.get("amount")
            reason = data.get("reason") if bill.erased_at is None else None
            if further:
                owed = Owed("supplement", further["amount"], further["currency"], (_item(further, reason),))
                raise_demand(session, bill, owed, origin=f"asked:{event['id']}", standing=Standing.DUE, reason=reason)
            fall_due(session, bill, set(data.get("moments") or ("supplement",)))

    def result_falls_due(self, event: Mapping[str, Any]) -> None:
        """``application_approved.v1``: fees that are collected with the result are due now."""
        with self.database.handle_once("result_falls_due", event["id"]) as session:
            if session is not None:
                fall_due(session, _bill(session, event["data"]["application_id"]), {"result"})

    def nothing_more_owed(self, event: Mapping[str, Any]) -> None:
        """Refused at intake, withdrawn or stopped: what has not been paid is no longer owed."""
        with self.database.handle_once("nothing_more_owed", event["id"]) as session:
            if session is not None:
                drop_unpaid(session, event["data"]["application_id"], reason=event["type"])

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
    )
    session.add(bill)
    session.flush()
    for owed in owed_by(facts["quote"]):
        origin = f"quote:{owed.collected_at}:{owed.currency}"
        raise_demand(session, bill, owed, origin=origin, standing=owed.standing)


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


def drop_unpaid(session: Session, application_id: str, *, reason: str) -> None:
    bill = _bill(session, application_id)
    for demand in demands_of(session, application_id):
        if demand.standing not in UNPAID:
            continue
        if demand.booked:
            lines = postings.demand_dropped(bill.agency_code, by_kind(demand.items))
            book(
                session,
                "demand_dropped",
                lines,
                application_id=application_id,
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
