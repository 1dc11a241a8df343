"""Notices of gateways about payments, answered in the gateways' own codes.

Order of checks for a notice: signature, merchant, stored as evidence, order, amount, both result codes, state under a
row lock. Only then does anything change. The same notice again, in any number and at the same time, changes nothing.
What is stored of forged ones: :mod:`callback_evidence`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.payments.callback_evidence import OTHER_MERCHANT, SIGNATURE, ForgedEvidence, store
from services.payments.domain.states import HOLDS_MONEY, OPEN, PaymentState
from services.payments.errors import GatewayNotFound
from services.payments.gateways import vnpay
from services.payments.gateways.contracts import Gateways
from services.payments.gateways.reports import GatewayReport, NotGenuine, OtherMerchant, PaymentOutcome
from services.payments.gateways.vnpay_fields import paid_at
from services.payments.models import Notice, Payment
from services.payments.settlement import close_unpaid, money_arrived
from services.payments.transitions import iso_text, move

CONFIRMED, UNKNOWN_ORDER, ALREADY_CONFIRMED, WRONG_AMOUNT, BAD_SIGNATURE, OTHER = "00", "01", "02", "04", "97", "99"
MESSAGES = {
    CONFIRMED: "Confirm Success",
    UNKNOWN_ORDER: "Order not found",
    ALREADY_CONFIRMED: "Order already confirmed",
    WRONG_AMOUNT: "Invalid amount",
    BAD_SIGNATURE: "Invalid signature",
    OTHER: "Unknown error",
}


class GatewayCallbacks:
    def __init__(self, database: Database, gateways: Gateways) -> None:
        self.database = database
        self.gateways = gateways
        self._forged = ForgedEvidence()

    @classmethod
    def from_settings(cls, settings: Settings) -> GatewayCallbacks:
        return cls(Database.at(settings.database_url("payments")), Gateways.from_settings(settings))

    def gateway_callback(self, gateway: str, parameters: Mapping[str, str]) -> Json:
        """One notice judged: ``{"RspCode", "Message"}`` as VNPAY expects. Refuses ``GatewayNotFound``."""
        if gateway != vnpay.NAME or self.gateways.vnpay is None:
            raise GatewayNotFound(gateway=gateway)
        try:
            report = self.gateways.vnpay.read_notice(parameters)
        except NotGenuine:
            answer = self._refused(gateway, parameters, BAD_SIGNATURE, SIGNATURE)
        except OtherMerchant:
            answer = self._refused(gateway, parameters, OTHER, OTHER_MERCHANT)
        else:
            answer = self._genuine(gateway, parameters, report)
        return {"RspCode": answer, "Message": MESSAGES[answer]}

    def _genuine(self, gateway: str, parameters: Mapping[str, str], report: GatewayReport) -> str:
        with self.database.session() as session:
            evidence = store(session, gateway, parameters)
        with self.database.session() as session:
            answer, verdict = conclude(session, gateway, report)
        with self.database.session() as session:
            notice = session.get_one(Notice, evidence)
            notice.answer, notice.verdict = answer, verdict[:64]
        return answer

    def _refused(self, gateway: str, parameters: Mapping[str, str], answer: str, verdict: str) -> str:
        if self._forged.has_room(gateway):
            with self.database.session() as session:
                store(session, gateway, parameters, answer, verdict)
        return answer


def conclude(session: Session, method: str, report: GatewayReport, *, enquired: bool = False) -> tuple[str, str]:
    """Act on a trustworthy report about one order; returns the gateway's answer code and why.

    ``enquired``: the report answers our own enquiry instead of coming as a notice.
    """
    by = f"gateway:{method}" + (":enquiry" if enquired else "")
    query = select(Payment).where(Payment.order_ref == report.order_ref, Payment.method == method).with_for_update()
    payment = session.scalar(query.execution_options(populate_existing=True))
    if payment is None:
        return UNKNOWN_ORDER, "unknown order"
    if report.amount != payment.amount:
        return WRONG_AMOUNT, "amount"
    if PaymentState(payment.state) in HOLDS_MONEY:
        return ALREADY_CONFIRMED, _repeat(payment, report)
    if report.outcome is PaymentOutcome.PAID:
        return _paid(session, payment, report, by)
    if PaymentState(payment.state) not in OPEN:
        return ALREADY_CONFIRMED, "already ended"
    if report.outcome is PaymentOutcome.NOT_PAID:
        close_unpaid(
            session, payment, PaymentState.FAILED, "payment_failed.v1", by=by, code=report.code, facts=report.facts
        )
        return CONFIRMED, "failed"
    if payment.state == PaymentState.STARTED:
        move(session, payment, PaymentState.PENDING, by=by, facts=report.facts)
    return CONFIRMED, "pending"


def _paid(session: Session, payment: Payment, report: GatewayReport, by: str) -> tuple[str, str]:
    if not report.transaction_no:
        return OTHER, "no transaction number"
    other = select(Payment.id).where(Payment.method == payment.method, Payment.transaction_no == report.transaction_no)
    if session.scalar(other) is not None:
        return OTHER, "transaction number of another order"
    facts = report.facts | {"paid_at": iso_text(paid_at(report.facts))}
    money_arrived(session, payment, by=by, transaction_no=report.transaction_no, facts=facts)
    return CONFIRMED, str(payment.state)


def _repeat(payment: Payment, report: GatewayReport) -> str:
    """A second capture of one order is the gateway's mistake; its notice is stored and reconciliation reports it."""
    paid_again = report.outcome is PaymentOutcome.PAID and report.transaction_no != payment.transaction_no
    return "second capture" if paid_again else "repeated"
