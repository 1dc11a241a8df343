"""What is still open: payments nobody came back from, refunds on their way to a gateway.

A gateway is asked before a payment is closed unpaid, since a notice can get lost while the money did not. The question
is put outside any transaction; its answer is acted on like a notice, under the payment's row lock. A silent gateway
decides nothing.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import select

from infra.chassis import clock
from infra.chassis.crash_points import crash_at
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.payments.domain.states import OPEN, PaymentState
from services.payments.gateway_callbacks import conclude
from services.payments.gateways import vnpay
from services.payments.gateways.contracts import Gateways
from services.payments.gateways.reports import GatewayReport, GatewaySilent, PaymentOutcome
from services.payments.models import Payment, Refund
from services.payments.refunds import APPROVED, SENT, refund_paid_back, refund_rejected
from services.payments.settlement import close_unpaid
from services.payments.transitions import locked_payment

NEXT_ENQUIRY = timedelta(minutes=2)
RESEND = timedelta(minutes=5)
REJECTIONS = 3  # times in a row that the gateway refuses before an accountant has to look
BATCH = 5  # each may wait for a gateway; a step stays bounded
POLL_SECONDS = 1.0  # seconds between checks into the database
ACCEPTED = frozenset({vnpay.PAID, vnpay.ALREADY_REFUNDED})
BY = "service:payments"


class OpenPayments:
    """Duty: asks the gateway about open payments, settles or expires them."""

    name = "abandoned payments"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, database: Database, gateways: Gateways, every: float = POLL_SECONDS) -> None:
        self.database, self.gateways, self.every = database, gateways, every
        self._next_poll = 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> OpenPayments:
        return cls(Database.at(settings.database_url("payments")), Gateways.from_settings(settings))

    def step(self) -> int:
        if time.monotonic() < self._next_poll:
            return 0
        self._next_poll = time.monotonic() + self.every
        with self.database.session() as session:
            query = select(Payment).where(Payment.check_at <= clock.now()).order_by(Payment.check_at).limit(BATCH)
            waiting = list(session.scalars(query))
        for payment in waiting:
            self._check(payment)
        return len(waiting)

    def _check(self, payment: Payment) -> None:
        report = (
            self._enquire(payment)
            if payment.method == vnpay.NAME
            else GatewayReport(payment.order_ref, PaymentOutcome.UNKNOWN_ORDER)
        )
        with self.database.session() as session:
            current = locked_payment(session, payment.id)
            if PaymentState(current.state) not in OPEN:
                return
            if _may_expire(current, report, clock.now()):
                code = report.code if report else ""
                close_unpaid(
                    session,
                    current,
                    PaymentState.EXPIRED,
                    "payment_expired.v1",
                    by=BY,
                    code=code,
                    facts={"asked": current.method},
                )
            elif report is not None and report.outcome is not PaymentOutcome.UNKNOWN_ORDER:
                conclude(session, current.method, report, enquired=True)
            if PaymentState(current.state) in OPEN:
                current.check_at = clock.now() + NEXT_ENQUIRY

    def _enquire(self, payment: Payment) -> GatewayReport | None:
        if self.gateways.vnpay is None:
            return None
        try:
            return self.gateways.vnpay.enquire(payment.order_ref, payment.created_at, clock.now())
        except GatewaySilent:
            return None


class PendingRefunds:
    """Duty: sends approved refunds to the gateway; the same refund always under the same request id."""

    name = "refunds"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, database: Database, gateways: Gateways, every: float = POLL_SECONDS) -> None:
        self.database, self.gateways, self.every = database, gateways, every
        self._next_poll = 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> PendingRefunds:
        return cls(Database.at(settings.database_url("payments")), Gateways.from_settings(settings))

    def step(self) -> int:
        if self.gateways.vnpay is None or time.monotonic() < self._next_poll:
            return 0
        self._next_poll = time.monotonic() + self.every
        with self.database.session() as session:
            query = select(Refund.id).where(Refund.state.in_([APPROVED, SENT]), Refund.check_at <= clock.now())
            waiting = list(session.scalars(query.order_by(Refund.check_at).limit(BATCH)))
        for refund_id in waiting:
            self._send(self.gateways.vnpay, refund_id)
        return len(waiting)

    def _send(self, gateway: vnpay.VnPay, refund_id: str) -> None:
        request = self._begin_sending(refund_id)
        try:
            answer = gateway.refund(request, clock.now())
            crash_at("after_call", "payments")
        except GatewaySilent as silence:
            answer = f"silent: {silence}"
        with self.database.session() as session:
            refund = session.get_one(Refund, refund_id)
            payment = locked_payment(session, refund.payment_id)
            session.refresh(refund)
            refund.last_answer = answer[:200]
            if refund.state != SENT:
                return
            if answer in ACCEPTED:
                refund_paid_back(session, refund, payment, by=f"gateway:{vnpay.NAME}")
            elif answer in vnpay.REFUSALS:
                refund.rejections += 1
                if refund.rejections >= REJECTIONS:
                    refund_rejected(session, refund, payment, code=answer)
            else:
                refund.rejections = 0  # in a row: silence and "some other error" decide nothing

    def _begin_sending(self, refund_id: str) -> vnpay.RefundOrder:
        """Note that it is being sent before it is: after a crash it is sent again, never forgotten and never twice."""
        with self.database.session() as session:
            refund = session.get_one(Refund, refund_id)
            payment = session.get_one(Payment, refund.payment_id)
            refund.state, refund.check_at = SENT, clock.now() + RESEND
            return {
                "request_id": refund.id.replace("-", ""),
                "order_ref": payment.order_ref,
                "amount": refund.amount,
                "full": refund.amount == payment.amount,
                "transaction_no": payment.transaction_no or "",
                "paid_for_at": payment.created_at,
                "asked_by": refund.requested_by,
            }


def _may_expire(payment: Payment, report: GatewayReport | None, now: datetime) -> bool:
    """Only after its time, and only if the gateway says that it has no money for it and will not get any."""
    if report is None or report.outcome not in {PaymentOutcome.UNKNOWN_ORDER, PaymentOutcome.NOT_PAID}:
        return False
    return payment.expires_at is not None and payment.expires_at <= now
