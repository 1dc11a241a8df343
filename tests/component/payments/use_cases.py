"""A payments office for tests: all use cases over one database, people, a merchant's contract, an independent signer.

The signer follows the gateway's public guide on its own: it shares no code with the service under test.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from sqlalchemy import select

from infra.chassis.access.access_records import ACCESSED
from infra.chassis.access.actors import Actor
from infra.chassis.access.auth import Acting
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.refusals import Refusal
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import outbox
from services.payments.billing import Billing
from services.payments.cashier import Cashier
from services.payments.delegates import KnownDelegates
from services.payments.enquiries import Enquiries
from services.payments.gateway_callbacks import GatewayCallbacks
from services.payments.gateways.contracts import Gateways
from services.payments.gateways.vietqr import VietQr
from services.payments.gateways.vnpay import VnPay
from services.payments.ledger import Bookkeeper
from services.payments.open_payments import OpenPayments, PendingRefunds
from services.payments.parity import ParityCheck
from services.payments.reconciliation import Reconciler
from services.payments.refunds import RefundDesk
from services.payments.waivers import WaiverDesk
from tests.support.cloud_events import event_of
from tests.unit.payments.actors import AGENCY, AUDITOR, CITIZEN
from tests.unit.payments.builders import SECRET, item, money, signed

TMN = "TESTS001"
SEVEN_DAYS_BEFORE_TET = datetime(2026, 2, 10, 8, 0, tzinfo=UTC)  # to 17 February, the first day of the year
LAST_EVENING = datetime(2026, 2, 23, 16, 0, tzinfo=UTC)  # of the first working day after it


class PaymentsOffice:
    """``submitted`` makes a bill; the use cases are attributes."""

    def __init__(self, database: Database, *, url: str = "http://gateway.test/pay", **how: Any) -> None:
        self.database = database
        vnpay = VnPay(url, url.rsplit("/", 1)[0] + "/querydr", TMN, SECRET, timeout=3)
        self.gateways = Gateways(vnpay, VietQr("970436", "0011001932418", "KHO BAC"), **how)
        self.billing, self.enquiries, self.refund_desk = Billing(database), Enquiries(database), RefundDesk(database)
        self.cashier, self.gateway_callbacks = (
            Cashier(database, self.gateways),
            GatewayCallbacks(database, self.gateways),
        )
        self.bookkeeper, self.reconciler, self.parity_check = (
            Bookkeeper(database),
            Reconciler(database),
            ParityCheck(database),
        )
        self.waiver_desk, self.delegates = WaiverDesk(database), KnownDelegates(database)
        self.open_payments = OpenPayments(database, self.gateways, every=0)
        self.pending_refunds = PendingRefunds(database, self.gateways, every=0)
        self._events = 0

    def command(self, name: str = "test", by: Actor = CITIZEN, **meant: Any) -> Command:
        return Command.of(str(uuid4()), name, by.account_id, meant)

    def event(self, event_type: str, data: dict[str, Any]) -> CloudEvent:
        self._events += 1
        return event_of(f"applications:{self._events}", data, event_type)

    def submission(self, *items: dict[str, Any], level: int = 4, application_id: str | None = None) -> dict[str, Any]:
        total = sum(item["amount"]["amount"] for item in items)
        return {
            "application_id": application_id or str(uuid4()),
            "reference": "H01.01-260302-0001",
            "procedure_code": "1.001193",
            "procedure_version": 1,
            "agency_code": AGENCY,
            "applicant_id": CITIZEN.account_id,
            "level": level,
            "by": {"account_id": CITIZEN.account_id, "role": "citizen", "agency_code": None},
            "quote": {
                "code": "1.001193",
                "version": 1,
                "channel": "online",
                "items": list(items),
                "total": money(total),
            },
        }

    def submitted(self, *items: dict[str, Any], level: int = 4) -> str:
        data = self.submission(*(items or (item(135_000),)), level=level)
        self.billing.bill_of_submission(self.event("application_submitted.v1", data))
        return str(data["application_id"])

    def start(self, application_id: str, method: str = "vnpay", by: Actor = CITIZEN, **how: Any) -> dict[str, Any]:
        return self.cashier.start_payment(
            application_id,
            method,
            how.get("return_url"),
            "vi",
            by=by,
            command=how.get("command") or self.command("start", by),
        )

    def waived(self, application_id: str, reason: str, basis: str, *, by: Actor, approved_by: Actor) -> dict[str, Any]:
        """Requested by one, approved by another."""
        request = self.waiver_desk.waive(application_id, reason, basis, by=by, command=self.command(by=by))
        how: Acting = {"by": approved_by, "command": self.command(by=approved_by)}
        return self.waiver_desk.approve_waiver(request["waiver_id"], **how)

    def notice(self, payment: dict[str, Any], **changed: str) -> dict[str, str]:
        """A good notice for this payment, unsigned, with these parameters changed (without ``vnp_``)."""
        parameters = {
            "Amount": str(payment["amount"]["amount"] * 100),
            "BankCode": "NCB",
            "CardType": "ATM",
            "OrderInfo": "Nop phi",
            "PayDate": "20260302090410",
            "ResponseCode": "00",
            "TmnCode": TMN,
            "TransactionNo": f"9{payment['order_ref'][-6:]}",
            "TransactionStatus": "00",
            "TxnRef": payment["order_ref"],
        } | changed
        return {f"vnp_{name}": value for name, value in parameters.items()}

    def call_back(self, payment: dict[str, Any], **changed: str) -> str:
        """Send a signed notice; the gateway's answer code."""
        return str(self.gateway_callbacks.gateway_callback("vnpay", signed(self.notice(payment, **changed)))["RspCode"])

    def paid(self, application_id: str | None = None) -> dict[str, Any]:
        payment = self.start(application_id or self.submitted())
        assert self.call_back(payment) == "00"
        return self.payment_view(payment)

    def payment_view(self, payment: dict[str, Any]) -> dict[str, Any]:
        return self.enquiries.payment(payment["payment_id"], by=AUDITOR)

    def demands(self, application_id: str) -> dict[str, Any]:
        return self.enquiries.demands(application_id, by=AUDITOR)

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What happened to money, in its order."""
        return [event for event in self.published() if event[0] != ACCESSED]

    def accesses(self) -> list[dict[str, Any]]:
        """What the access log is sent."""
        return [data for kind, data in self.published() if kind == ACCESSED]

    def published(self) -> list[tuple[str, dict[str, Any]]]:
        with self.database.session() as session:
            return [(row.type, row.data) for row in session.execute(select(outbox).order_by(outbox.c.position))]

    def balance(self, account: str) -> int:
        books = self.bookkeeper.trial_balance(None, by=AUDITOR)
        assert books["balanced"]
        return sum(entry["balance"] for entry in books["accounts"] if entry["account"] == account)


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def refused(work: Any, *arguments: Any, **named: Any) -> str:
    """The name of the refusal this raises; fails when it does not."""
    try:
        work(*arguments, **named)
    except Refusal as refusal:
        assert refusal.text("vi") and refusal.text("en")
        return refusal.name
    raise AssertionError("nothing was refused")
