"""Waivers, by two persons of the agency: one requests on a stated legal basis, another decides within thirty days.

What is approved is what was requested: where more or less is owed by then, the request has to be made again.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import APPROVED, AWAITING, DECLINED
from infra.chassis.cursors import Page, page
from infra.chassis.instants import end_of_limit
from infra.chassis.json_types import Json, Money
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.payments import access, errors
from services.payments.billing import locked_bill, nothing_to_pay
from services.payments.decisions import decide_by_another
from services.payments.demands import demands_of, make_due
from services.payments.domain import postings
from services.payments.domain.demands import UNPAID, Standing
from services.payments.ledger import book
from services.payments.models import Bill, Demand, Waiver
from services.payments.personal_data import text_about
from services.payments.transitions import amount_text, iso_text, money
from services.payments.views import sums_by_currency

TERM = 30  # days
DECIDERS = ("accountant", "approver")


class WaiverDesk:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> WaiverDesk:
        return cls(Database.at(settings.database_url("payments")))

    def waive(self, application_id: str, reason: str, legal_basis: str, *, by: Actor, command: Command) -> Json:
        """Ask to remit everything unpaid of one application (accountant or approver of its agency).

        A request that waits already for the same sum on the same basis is answered again.
        """

        def work(session: Session) -> Json:
            bill = locked_bill(session, application_id)
            access.check_official(session, by, bill, *DECIDERS)
            demands = _unpaid(session, bill)
            waiting = _waiting(session, application_id, legal_basis, sums_by_currency(demands))
            if waiting is None:
                waiting = _new_waiver(bill, demands, reason, legal_basis, by)
                session.add(waiting)
            return waiver_view(waiting)

        return self.database.command(command, work)

    def approve_waiver(self, waiver_id: str, *, by: Actor, command: Command) -> Json:
        """Remit what was requested; never by whoever requested. Refuses ``SecondPersonNeeded``, ``AmountDiffers``."""

        def work(session: Session) -> Json:
            waiver, bill = _decided(session, waiver_id, APPROVED, by)
            demands = _unpaid(session, bill)
            owed = sums_by_currency(demands)
            if owed != waived_sums(waiver):
                raise errors.AmountDiffers(given=_listed(waived_sums(waiver)), owed=_listed(owed))
            for demand in demands:
                _remit(session, bill, demand, waiver)
            _announce(session, bill, waiver)
            return waiver_view(waiver)

        return self.database.command(command, work)

    def decline_waiver(self, waiver_id: str, *, by: Actor, command: Command) -> Json:
        """Turn a request down; everything is owed as before."""

        def work(session: Session) -> Json:
            return waiver_view(_decided(session, waiver_id, DECLINED, by)[0])

        return self.database.command(command, work)

    def waivers(self, status: str, limit: int = 50, cursor: str | None = None, *, by: Actor) -> Page[Json]:
        """Waivers in one state, oldest first, of the caller's agencies and without their own cases."""
        query = select(Waiver).join(Bill, Bill.application_id == Waiver.application_id).where(Waiver.state == status)
        query = query.where(*access.bills_seen_by(by))
        with self.database.session() as session:
            waivers = page(session, query, (Waiver.requested_at, Waiver.id), waiver_view, limit=limit, cursor=cursor)
            access.record_listed(session, by, (waiver["application_id"] for waiver in waivers["items"]))
            return waivers


def waiver_view(waiver: Waiver) -> Json:
    return {
        "waiver_id": waiver.id,
        "application_id": waiver.application_id,
        "status": waiver.state,
        "waived": money(waiver.amount, waiver.currency),
        "waived_apart": waiver.apart or [],
        "collected_at": waiver.collected_at,
        "reason": waiver.reason,
        "legal_basis": waiver.legal_basis,
        "requested_by": waiver.requested_by,
        "requested_at": iso_text(waiver.requested_at),
        "expires_at": iso_text(waiver.expires_at),
        "decided_by": waiver.decided_by,
        "decided_at": iso_text(waiver.decided_at),
    }


def waived_sums(waiver: Waiver) -> list[Money]:
    """What a request is for, in each currency, the main one first."""
    return [money(waiver.amount, waiver.currency), *(waiver.apart or [])]


def _listed(sums: list[Money]) -> str:
    return " + ".join(amount_text(each["amount"], each["currency"]) for each in sums)


def _unpaid(session: Session, bill: Bill) -> list[Demand]:
    demands = [demand for demand in demands_of(session, bill.application_id) if demand.standing in UNPAID]
    if not demands:
        raise nothing_to_pay(session, bill)
    return demands


def _waiting(session: Session, application_id: str, legal_basis: str, sums: list[Money]) -> Waiver | None:
    query = select(Waiver).where(
        Waiver.application_id == application_id, Waiver.state == AWAITING, Waiver.legal_basis == legal_basis,
        Waiver.expires_at > clock.now(),
    )  # fmt: skip
    return next((waiver for waiver in session.scalars(query) if waived_sums(waiver) == sums), None)


def _new_waiver(bill: Bill, demands: list[Demand], reason: str, legal_basis: str, by: Actor) -> Waiver:
    now = clock.now()
    main, *apart = sums_by_currency(demands)
    return Waiver(
        id=str(uuid4()), application_id=bill.application_id, amount=main["amount"], currency=main["currency"],
        apart=apart, collected_at=sorted({demand.collected_at for demand in demands}),
        reason=text_about(bill, reason) or "", legal_basis=legal_basis, state=AWAITING,
        requested_by=by.account_id, requested_at=now, expires_at=end_of_limit(TERM, now),
    )  # fmt: skip


def _decided(session: Session, waiver_id: str, state: str, by: Actor) -> tuple[Waiver, Bill]:
    waiver = session.get(Waiver, waiver_id)
    if waiver is None:
        raise errors.WaiverNotFound(waiver_id=waiver_id)
    bill = locked_bill(session, waiver.application_id)
    session.refresh(waiver)
    access.check_official(session, by, bill, *DECIDERS)
    decide_by_another(waiver, state, by)
    return waiver, bill


def _remit(session: Session, bill: Bill, demand: Demand, waiver: Waiver) -> None:
    make_due(session, bill, demand)
    demand.standing, demand.reason, demand.legal_basis = Standing.WAIVED, waiver.reason, waiver.legal_basis
    demand.closed_at, demand.closed_by = clock.now(), waiver.decided_by
    lines = postings.demand_waived(bill.agency_code, demand.amount)
    about = {"application_id": bill.application_id, "subject_id": demand.id, "currency": demand.currency}
    book(session, "demand_waived", lines, **about)


def _announce(session: Session, bill: Bill, waiver: Waiver) -> None:
    facts = {
        "application_id": bill.application_id,
        "reference": bill.reference,
        "agency_code": bill.agency_code,
        "applicant_id": bill.applicant_id,
        "collected_at": waiver.collected_at,
        "amount": money(waiver.amount, waiver.currency),
        **({"amount_apart": waiver.apart} if waiver.apart else {}),
        "reason": waiver.reason,
        "legal_basis": waiver.legal_basis,
        "waived_at": iso_text(waiver.decided_at),
        "waived_by": waiver.decided_by,
    }
    enqueue(session, "fee_waived.v1", facts, subject=bill.application_id)
