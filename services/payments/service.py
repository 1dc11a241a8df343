"""The doors of payments: what is owed, how it is paid, what came of it, and the books."""

from __future__ import annotations

from typing import Any

from infra.chassis import auth, dependencies
from infra.chassis.doors import door
from infra.chassis.messaging.handlers import handles
from infra.chassis.operations import Operations
from services.payments import clients
from services.payments.billing import Billing
from services.payments.cashier import Cashier
from services.payments.enquiries import Enquiries
from services.payments.gateway_callbacks import Notices
from services.payments.ledger import Ledger
from services.payments.parity import Parity
from services.payments.personal_data import PersonalData
from services.payments.reconciliation import Reconciler
from services.payments.refunds import Refunds

DESK = {"accountant", "intake_officer"}
READERS = {"citizen", "case_officer", "approver", "auditor", "operator", "service"} | DESK
BOOKS = {"accountant", "auditor", "operator"}
Event = dict[str, Any]
Reply = dict[str, Any]


class PaymentsService(Operations):
    """The portal's *payments* service."""

    name = "payments"
    caller = auth.Caller()
    applications = clients.applications()
    applications_register = clients.applications_register()
    billing = dependencies.Provided(Billing)
    cashier = dependencies.Provided(Cashier)
    enquiries = dependencies.Provided(Enquiries)
    notices = dependencies.Provided(Notices)
    refunding = dependencies.Provided(Refunds)
    books = dependencies.Provided(Ledger)
    reconciler = dependencies.Provided(Reconciler)
    twins = dependencies.Provided(Parity)
    erasures = dependencies.Provided(PersonalData)

    @door(roles=READERS)
    def demands(self, application_id: str) -> Reply:
        self.billing.make_known(application_id, self.applications)
        return self.enquiries.demands(application_id, by=self.caller.actor)

    @door(roles={"citizen"})
    def start_payment(self, application_id: str, method: str, command_id: str, return_url: str | None = None) -> Reply:
        self.billing.make_known(application_id, self.applications)
        who, command = self.caller.actor, self.caller.command
        return self.cashier.start_payment(
            application_id, method, return_url, self.caller.language, by=who, command=command
        )

    @door(roles=READERS)
    def payment(self, payment_id: str) -> Reply:
        return self.enquiries.payment(payment_id, by=self.caller.actor)

    @door(roles=READERS)
    def payments(self, application_id: str) -> Reply:
        self.billing.make_known(application_id, self.applications)
        return self.enquiries.payments(application_id, by=self.caller.actor)

    @door(roles={"citizen"})
    def cancel(self, payment_id: str, command_id: str) -> Reply:
        return self.cashier.cancel(payment_id, by=self.caller.actor, command=self.caller.command)

    @door(public=True)
    def gateway_callback(self, gateway: str, parameters: dict[str, str]) -> Reply:
        return self.notices.gateway_callback(gateway, parameters)

    @door(roles=DESK)
    def record_offline(
        self, application_id: str, method: str, amount: Reply, receipt_book_number: str, command_id: str
    ) -> Reply:
        self.billing.make_known(application_id, self.applications)
        who, command = self.caller.actor, self.caller.command
        return self.cashier.record_offline(application_id, method, amount, receipt_book_number, by=who, command=command)

    @door(roles={"citizen", "accountant"})
    def refund(self, payment_id: str, amount: Reply, reason: str, available: Reply, command_id: str) -> Reply:
        return self.refunding.refund(
            payment_id, amount, reason, available, by=self.caller.actor, command=self.caller.command
        )

    @door(roles={"accountant", "approver"})
    def approve_refund(self, refund_id: str, command_id: str) -> Reply:
        return self.refunding.approve_refund(refund_id, by=self.caller.actor, command=self.caller.command)

    @door(roles={"accountant", "approver"})
    def decline_refund(self, refund_id: str, command_id: str, reason: str | None = None) -> Reply:
        return self.refunding.decline_refund(refund_id, reason, by=self.caller.actor, command=self.caller.command)

    @door(roles={"accountant", "approver", "auditor"})
    def refunds(self, status: str, limit: int = 50, cursor: str | None = None) -> Reply:
        return self.enquiries.refunds(status, limit, cursor, by=self.caller.actor)

    @door(roles={"accountant", "approver"})
    def waive(self, application_id: str, reason: str, legal_basis: str, command_id: str) -> Reply:
        self.billing.make_known(application_id, self.applications)
        return self.cashier.waive(
            application_id, reason, legal_basis, by=self.caller.actor, command=self.caller.command
        )

    @door(roles=READERS)
    def receipt(self, payment_id: str) -> Reply:
        return self.enquiries.receipt(payment_id, by=self.caller.actor)

    @door(roles={"accountant", "operator"})
    def reconcile(
        self,
        gateway: str,
        statement: list[Reply],
        command_id: str,
        from_at: str | None = None,
        to_at: str | None = None,
    ) -> Reply:
        return self.reconciler.reconcile(
            gateway, statement, from_at, to_at, by=self.caller.actor, command=self.caller.command
        )

    @door(roles=BOOKS)
    def ledger(
        self,
        account: str,
        from_at: str | None = None,
        to_at: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Reply:
        return self.books.ledger(account, from_at, to_at, limit, cursor)

    @door(roles=BOOKS)
    def trial_balance(self, at: str | None = None) -> Reply:
        return self.books.trial_balance(at)

    @door(roles=BOOKS)
    def parity(self, limit: int = 50, cursor: str | None = None) -> Reply:
        return self.twins.parity(limit, cursor, applications=self.applications_register)

    @handles("applications", "application_submitted.v1")
    def bill_of_submission(self, event: Event) -> None:
        self.billing.bill_of_submission(event)

    @handles("applications", "payment_requested.v1")
    def supplementary_demand(self, event: Event) -> None:
        self.billing.supplementary_demand(event)

    @handles("applications", "application_approved.v1")
    def result_falls_due(self, event: Event) -> None:
        self.billing.result_falls_due(event)

    @handles("applications", "intake_refused.v1")
    def nothing_owed_after_refusal(self, event: Event) -> None:
        self.billing.nothing_more_owed(event)

    @handles("applications", "application_withdrawn.v1")
    def nothing_owed_after_withdrawal(self, event: Event) -> None:
        self.billing.nothing_more_owed(event)

    @handles("applications", "application_stopped.v1")
    def nothing_owed_after_stop(self, event: Event) -> None:
        self.billing.nothing_more_owed(event)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: Event) -> None:
        self.erasures.note(event)
