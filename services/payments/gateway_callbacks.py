"""Hears what gateways say of payments and answers in their own codes.

Order of checks for a notice: kept as evidence, signature, merchant, order, amount, both result codes, state under a row
lock. Only then does anything change. The same notice again, in any number and at the same time, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.database import Database
from infra.chassis.settings import Settings
from services.payments.domain.states import HOLDS_MONEY, OPEN, State
from services.payments.errors import GatewayNotFound
from services.payments.gateways import vnpay
from services.payments.gateways.contracts import Gateways
from services.payments.gateways.reports import NotGenuine, OtherMerchant, Outcome, Report
from services.payments.models import Notice, Payment
from services.payments.settlement import given_up, money_arrived
from services.payments.transitions import iso, move

CONFIRMED, UNKNOWN_ORDER, ALREADY_CONFIRMED, WRONG_AMOUNT, BAD_SIGNATURE, OTHER = "00", "01", "02", "04", "97", "99"
MESSAGES = {
    CONFIRMED: "Confirm Success",
    UNKNOWN_ORDER: "Order not found",
    ALREADY_CONFIRMED: "Order already confirmed",
    WRONG_AMOUNT: "Invalid amount",
    BAD_SIGNATURE: "Invalid signature",
    OTHER: "Unknown error",
}


class Notices:
    def __init__(self, database: Database, gateways: Gateways) -> None:
        self.database = database
        self.gateways = gateways

    @classmethod
    def from_settings(cls, settings: Settings) -> Notices:
        return cls(Database.at(settings.database_url("payments")), Gateways.from_settings(settings))

    def gateway_callback(self, gateway: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """One notice judged: ``{"RspCode", "Message"}`` as VNPAY expects. Refuses ``GatewayNotFound``."""
        if gateway != vnpay.NAME or self.gateways.vnpay is None:
            raise GatewayNotFound(gateway=gateway)
        evidence = self._keep(gateway, parameters)
        answer, verdict = self._judge(self.gateways.vnpay, parameters)
        with self.database.session() as session:
            notice = session.get_one(Notice, evidence)
            notice.answer, notice.verdict = answer, verdict[:64]
        return {"RspCode": answer, "Message": MESSAGES[answer]}

    def _keep(self, gateway: str, parameters: Mapping[str, str]) -> int:
        with self.database.session() as session:
            notice = Notice(
                gateway=gateway,
                parameters=dict(parameters),
                received_at=clock.now(),
                order_ref=parameters.get("vnp_TxnRef", "")[:120],
            )
            session.add(notice)
            session.flush()
            return notice.id

    def _judge(self, gateway: vnpay.VnPay, parameters: Mapping[str, str]) -> tuple[str, str]:
        try:
            report = gateway.read_notice(parameters)
        except NotGenuine:
            return BAD_SIGNATURE, "signature"
        except OtherMerchant:
            return OTHER, "other merchant"
        with self.database.session() as session:
            return conclude(session, vnpay.NAME, report)


def conclude(session: Session, method: str, report: Report, *, asked: bool = False) -> tuple[str, str]:
    """Act on a trustworthy report about one order; returns the gateway's answer code and why.

    ``asked``: the report answers our own enquiry instead of coming as a notice.
    """
    by = f"gateway:{method}" + (":enquiry" if asked else "")
    query = select(Payment).where(Payment.order_ref == report.order_ref, Payment.method == method).with_for_update()
    payment = session.scalar(query.execution_options(populate_existing=True))
    if payment is None:
        return UNKNOWN_ORDER, "unknown order"
    if report.amount != payment.amount:
        return WRONG_AMOUNT, "amount"
    if State(payment.state) in HOLDS_MONEY:
        return ALREADY_CONFIRMED, _repeat(payment, report)
    if report.outcome is Outcome.PAID:
        return _paid(session, payment, report, by)
    if State(payment.state) not in OPEN:
        return ALREADY_CONFIRMED, "already ended"
    if report.outcome is Outcome.NOT_PAID:
        given_up(session, payment, State.FAILED, "payment_failed.v1", by=by, code=report.code, facts=report.facts)
        return CONFIRMED, "failed"
    if payment.state == State.STARTED:
        move(session, payment, State.PENDING, by=by, facts=report.facts)
    return CONFIRMED, "pending"


def _paid(session: Session, payment: Payment, report: Report, by: str) -> tuple[str, str]:
    if not report.transaction_no:
        return OTHER, "no transaction number"
    twin = select(Payment.id).where(Payment.method == payment.method, Payment.transaction_no == report.transaction_no)
    if session.scalar(twin) is not None:
        return OTHER, "transaction number of another order"
    facts = report.facts | {"paid_at": iso(vnpay.paid_at(report.facts))}
    money_arrived(session, payment, by=by, transaction_no=report.transaction_no, facts=facts)
    return CONFIRMED, str(payment.state)


def _repeat(payment: Payment, report: Report) -> str:
    """A second capture of one order is the gateway's mistake; its notice is kept and found by reconciliation."""
    paid_again = report.outcome is Outcome.PAID and report.transaction_no != payment.transaction_no
    return "second capture" if paid_again else "repeated"
