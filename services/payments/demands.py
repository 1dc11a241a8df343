"""The demands of a bill: raised, due, aligned with what is owed, dropped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.erased_subjects import is_erased
from infra.chassis.json_types import Json
from services.payments.domain import postings
from services.payments.domain.demands import (
    UNPAID,
    Owed,
    Phase,
    Standing,
    by_kind,
    owed_by,
    payable,
    phase_of,
    standing_in,
)
from services.payments.ledger import book
from services.payments.models import Bill, Demand

if TYPE_CHECKING:
    pass


def pin(session: Session, facts: Json) -> None:
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
    demands = [
        raise_demand(session, bill, owed, origin=f"quote:{owed.collected_at}:{owed.currency}", standing=owed.standing)
        for owed in owed_by(facts["quote"])
    ]
    align(session, bill, demands, reason=str(facts.get("status") or "application_submitted.v1"))


def raise_demand(
    session: Session, bill: Bill, owed: Owed, *, origin: str, standing: Standing, reason: str | None = None
) -> Demand:
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
    if standing is Standing.DUE:
        make_due(session, bill, demand)
    session.add(demand)  # as it stands now: written once
    return demand


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


def align(session: Session, bill: Bill, demands: Iterable[Demand] | None = None, *, reason: str) -> None:
    """Bring every demand to where the application's phase puts it; ``demands``: all there are, where that is known."""
    for demand in demands_of(session, bill.application_id) if demands is None else demands:
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


def unpaid_currencies(session: Session, bill: Bill) -> set[str]:
    return {demand.currency for demand in demands_of(session, bill.application_id) if demand.standing in UNPAID}


def payable_demands(session: Session, bill: Bill, currency: str) -> list[Demand]:
    """What one payment in a currency takes now; a payment has one currency, an application may owe in several."""
    demands = [demand for demand in demands_of(session, bill.application_id) if demand.currency == currency]
    return [
        demands[index] for index in payable([(demand.collected_at, Standing(demand.standing)) for demand in demands])
    ]


ASKED_FOR = "asked:"  # how the origin of a demand begins that an office asked for


def _submitter(facts: Json) -> str | None:
    return (facts.get("by") or {}).get("account_id")
