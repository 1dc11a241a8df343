"""Payments by citizens: started and called off online, recorded at the office."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json, Money
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.text.currencies import check_in_tender
from services.payments import access, errors
from services.payments.billing import locked_bill, nothing_to_pay
from services.payments.demands import payable_demands, unpaid_currencies
from services.payments.domain.states import OPEN, PaymentState
from services.payments.gateways.contracts import Gateways
from services.payments.gateways.reports import Order
from services.payments.gateways.vietqr import ascii_text
from services.payments.models import Bill, Demand, Payment
from services.payments.order_references import typed_key
from services.payments.return_addresses import ANYWHERE_TO_RETURN, ReturnAddresses
from services.payments.settlement import money_arrived, new_payment_for
from services.payments.transitions import amount_text, announce_payment, iso_text, locked_payment, move
from services.payments.views import payment_view

PAID_ONLINE_FROM_LEVEL = 4
ONLINE_CURRENCY = "VND"
FIRST_LOOK = timedelta(minutes=2)


class Cashier:
    def __init__(
        self, database: Database, gateways: Gateways, return_addresses: ReturnAddresses = ANYWHERE_TO_RETURN
    ) -> None:
        self.database = database
        self.gateways = gateways
        self.return_addresses = return_addresses

    @classmethod
    def from_settings(cls, settings: Settings) -> Cashier:
        database, gateways = Database.at(settings.database_url("payments")), Gateways.from_settings(settings)
        return cls(database, gateways, ReturnAddresses.from_settings(settings))

    def start_payment(
        self, application_id: str, method: str, return_url: str | None, language: str, *, by: Actor, command: Command
    ) -> Json:
        """Open a payment of everything that is due now; the payer goes to the gateway or scans the code.

        Refuses ``NotYetSubmitted``, ``Forbidden``, ``OnlinePaymentNotOffered``, ``MethodNotAvailable``,
        ``NothingOwed``, ``AlreadyPaid``, ``CurrencyNotAccepted``, ``PaymentInProgress``, ``ReturnUrlNotAllowed``.
        """
        self.return_addresses.check(return_url)

        def work(session: Session) -> Json:
            bill = locked_bill(session, application_id)
            access.check_payer(by, bill)
            demands = self._payable_online(session, bill, method)
            payment = new_payment_for(bill, demands, method, by)
            back = return_url if bill.erased_at is None else None
            self._add_way_to_pay(payment, Order(payment.order_ref, payment.amount, _purpose(bill), payment.created_at,
                                           payment.expires_at, language, back))  # fmt: skip
            session.add(payment)
            session.flush()
            move(session, payment, PaymentState.STARTED, by=by.account_id)
            announce_payment(session, "payment_started.v1", payment, bill, expires_at=iso_text(payment.expires_at))
            return payment_view(session, payment)

        return self.database.command(command, work)

    def cancel(self, payment_id: str, *, by: Actor, command: Command) -> Json:
        """Call an open payment off (its payer only); money that comes all the same settles it or is surplus."""

        def work(session: Session) -> Json:
            payment = locked_payment(session, payment_id)
            access.check_payer(by, session.get_one(Bill, payment.application_id))
            move(session, payment, PaymentState.CANCELLED, by=by.account_id)
            return payment_view(session, payment)

        return self.database.command(command, work)

    def record_offline(
        self,
        application_id: str,
        method: str,
        amount: Money,
        receipt_book_number: str,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """Record cash or a bank transfer taken at the office, with its number in the paper receipt book.

        The amount must be exactly what is due. Refuses ``Forbidden``, ``AmountDiffers``, ``ReceiptBookNumberUsed``.
        """
        check_in_tender(amount["currency"], "/amount/currency")

        def work(session: Session) -> Json:
            bill = locked_bill(session, application_id)
            access.check_official(session, by, bill, "accountant", "intake_officer")
            demands = _owed(session, bill, amount["currency"])
            _check_amount(session, bill, demands, amount)
            _check_book_number(session, bill.agency_code, receipt_book_number)
            payment = new_payment_for(bill, demands, method, by)
            payment.receipt_book_number = receipt_book_number
            payment.receipt_book_key = typed_key(receipt_book_number)
            session.add(payment)
            session.flush()
            facts = {"receipt_book_number": receipt_book_number}
            money_arrived(session, payment, by=by.account_id, transaction_no=None, facts=facts)
            return payment_view(session, payment)

        return self.database.command(command, work)

    def _payable_online(self, session: Session, bill: Bill, method: str) -> list[Demand]:
        demands = _owed(session, bill, ONLINE_CURRENCY)
        if bill.level < PAID_ONLINE_FROM_LEVEL:
            raise errors.OnlinePaymentNotOffered(level=bill.level, agency_code=bill.agency_code)
        if not demands:
            foreign = sorted(unpaid_currencies(session, bill))
            raise errors.CurrencyNotAccepted(currency=", ".join(foreign), agency_code=bill.agency_code)
        available = self.gateways.available_for(sum(demand.amount for demand in demands))
        if method not in available:
            raise errors.MethodNotAvailable(method=method, available=", ".join(available) or "–")
        _check_none_open(session, bill)
        return demands

    def _add_way_to_pay(self, payment: Payment, order: Order) -> None:
        if payment.method == "vnpay" and self.gateways.vnpay:
            payment.expires_at = payment.created_at + timedelta(minutes=self.gateways.online_minutes)
            payment.check_at = payment.created_at + FIRST_LOOK
            payment.redirect_url = self.gateways.vnpay.redirect_url(_expiring(order, payment.expires_at))
        elif self.gateways.vietqr:
            payment.expires_at = payment.created_at + timedelta(hours=self.gateways.transfer_hours)
            payment.check_at = payment.expires_at
            payment.qr_payload = self.gateways.vietqr.payload(order)


def _owed(session: Session, bill: Bill, currency: str) -> list[Demand]:
    """What one payment in a currency takes now; refuses ``NothingOwed`` or ``AlreadyPaid`` when no currency has any."""
    chosen = payable_demands(session, bill, currency)
    if not chosen and not any(payable_demands(session, bill, other) for other in unpaid_currencies(session, bill)):
        raise nothing_to_pay(session, bill)
    return chosen


def _purpose(bill: Bill) -> str:
    return ascii_text(f"Nop phi ho so {bill.reference}")


def _expiring(order: Order, expires_at: datetime) -> Order:
    return Order(
        order.order_ref, order.amount, order.purpose, order.created_at, expires_at, order.language, order.return_url
    )


def _check_none_open(session: Session, bill: Bill) -> None:
    query = select(Payment).where(
        Payment.application_id == bill.application_id, Payment.state.in_([str(state) for state in OPEN])
    )
    for payment in session.scalars(query):
        if payment.expires_at is not None and payment.expires_at > clock.now():
            raise errors.PaymentInProgress(payment_id=payment.id, expires_at=iso_text(payment.expires_at))


def _check_amount(session: Session, bill: Bill, demands: list[Demand], amount: Money) -> None:
    if demands and sum(demand.amount for demand in demands) == amount["amount"]:
        return
    due = {
        currency: sum(demand.amount for demand in payable_demands(session, bill, currency))
        for currency in sorted(unpaid_currencies(session, bill))
    }
    raise errors.AmountDiffers(
        given=amount_text(amount["amount"], amount["currency"]),
        owed=" + ".join(amount_text(total, currency) for currency, total in due.items() if total),
    )


def _check_book_number(session: Session, agency_code: str, number: str) -> None:
    key = typed_key(number)
    if not key:
        raise InvalidRequest.at("/receipt_book_number", "phải có chữ hoặc số", "must have letters or digits")
    used = select(Payment.id).where(Payment.agency_code == agency_code, Payment.receipt_book_key == key)
    if session.scalar(used) is not None:
        raise errors.ReceiptBookNumberUsed(receipt_book_number=number, agency_code=agency_code)
