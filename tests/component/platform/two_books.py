"""Applications and payments, each on a database of its own, with the events between them carried by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from infra.chassis.access.actors import Actor
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import cursor_of
from infra.chassis.json_types import Money
from infra.chassis.messaging.outbox import cloud_event
from infra.chassis.storage.commands import Command
from infra.chassis.storage.tables import outbox
from services.applications.duties.announcer import Announcer
from services.applications.refunded_fees import RefundedFees
from services.payments.service import PaymentsService
from tests.component.applications.use_cases import Portal
from tests.component.payments.use_cases import Acting, PaymentsOffice
from tests.unit.payments.builders import money

CASHIER = Actor("accountant-1", "accountant-1", frozenset(), {"H01.01": frozenset({"accountant"})})
AUDITOR = Actor("auditor-1", "auditor-1", frozenset({"auditor"}))
CHIEF = Actor("approver-1", "approver-1", frozenset(), {"H01.01": frozenset({"approver"})})
SERVICE = Actor.system("payments")


class TwoBooks:
    """``carry`` brings every event to whom it concerns until there is none left."""

    def __init__(self, portal: Portal, office: PaymentsOffice) -> None:
        self.portal, self.office = portal, office
        self.announcer = Announcer(portal.store, self)
        self.payments = SimpleNamespace(name="payments", billing=office.billing)
        handlers = [method for method in vars(PaymentsService).values() if hasattr(method, "handles")]
        self.handlers = {method.handles[1]: method for method in handlers if method.handles[0] == "applications"}
        self.answered, self.refunded_fees = 0, RefundedFees(portal.database)

    def publish(self, event: CloudEvent, *, call_id: str | None = None) -> None:
        if event["type"] in self.handlers and event["type"] != "subject_erased.v1":
            self.handlers[event["type"]](self.payments, event)

    def carry(self) -> None:
        moved = True
        while moved:
            self.portal.follow()
            moved = bool(self.announcer.step())
            with self.office.database.session() as session:
                query = select(outbox).where(outbox.c.position > self.answered).order_by(outbox.c.position)
                rows = list(session.execute(query))
            for row in rows:
                self.answered, moved = row.position, True
                event = cloud_event("payments", row.position, row.type, row.data, subject=row.subject, at=row.at)
                if row.type == "payment_settled.v1":
                    self.portal.settling.fee_paid(event, self.portal.catalog)
                elif row.type == "fee_waived.v1":
                    self.portal.settling.fee_waived(event, self.portal.catalog)
                elif row.type == "refund_approved.v1":
                    self.refunded_fees.fee_refunded(event)
                elif row.type == "refund_declined.v1":
                    self.refunded_fees.refund_declined(event)

    def application(self, *, application_id: str) -> Any:
        """The neighbour as payments asks it."""
        return self.portal.queries.application(
            application_id, identity=self.portal.identity, by=SERVICE, call_id="parity"
        )

    def differences(self) -> list[dict[str, Any]]:
        """What the two books disagree on."""
        cursor, rows = None, []
        while True:
            page = self.office.parity_check.parity(100, cursor, applications=self, by=AUDITOR)
            rows += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows

    def differences_about(self, application_id: str) -> list[dict[str, Any]]:
        """What they disagree on about one application: the page of one that begins with it."""
        before = cursor_of(application_id[:-1])
        page = self.office.parity_check.parity(1, before, applications=self, by=AUDITOR)
        return [item for item in page["items"] if item["application_id"] == application_id]

    def due(self, application_id: str, currency: str = "VND") -> int:
        sums = self.office.enquiries.demands(application_id, by=CASHIER)
        due = {row["owed"]["currency"]: row["owed"]["amount"] for row in (sums, *sums["apart"])}
        return int(due.get(currency, 0))

    def given_back(
        self, application_id: str, amount: int | None = None, *, approved: bool = True, status: str = "settled"
    ) -> int:
        """What of a payment that has money left is asked for and decided by another: how much went back."""
        payments = self.office.enquiries.payments(application_id, by=CASHIER)["items"]
        of_these = {"settled": {"settled", "partially_refunded"}, "surplus": {"surplus"}}[status]
        payment = next((row for row in payments if row["status"] in of_these and row["available"]["amount"]), None)
        if payment is None:
            return 0
        available = payment["available"]
        back = min(amount or available["amount"], available["amount"])
        desk, sums = self.office.refund_desk, (money(back, available["currency"]), "Hoàn", available)
        request = desk.refund(payment["payment_id"], *sums, by=CASHIER, command=self.office.command(by=CASHIER))
        how: Acting = {"by": CHIEF, "command": self.office.command(by=CHIEF)}
        if approved:
            desk.approve_refund(request["refund_id"], **how)
        else:
            desk.decline_refund(request["refund_id"], "Không", **how)
        self.carry()
        return back if approved else 0

    def pay(self, application_id: str, currency: str = "VND") -> None:
        """Pay at the counter exactly what is due in a currency."""
        amount: Money = {"amount": self.due(application_id, currency), "currency": currency}
        self.office.cashier.record_offline(
            application_id,
            "cash",
            amount,
            f"BL-{uuid4().hex[:12]}",
            by=CASHIER,
            command=Command.of(str(uuid4()), "record_offline", CASHIER.account_id, {}),
        )
        self.carry()
