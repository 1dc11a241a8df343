"""The doors and event handlers of payments: demands, payments, refunds, and the books."""

from __future__ import annotations

from collections.abc import Callable

from infra.chassis.access.actors import Actor
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page
from infra.chassis.dependencies import Provided
from infra.chassis.doors import door
from infra.chassis.json_types import Json, Money
from infra.chassis.messaging.handlers import handles
from infra.chassis.running.operations import Operations
from services.payments import access, clients
from services.payments.billing import Billing
from services.payments.cashier import Cashier
from services.payments.delegates import KnownDelegates
from services.payments.enquiries import Enquiries
from services.payments.gateway_callbacks import GatewayCallbacks
from services.payments.ledger import Bookkeeper
from services.payments.parity import ParityCheck
from services.payments.personal_data import PersonalData
from services.payments.reconciliation import Reconciler
from services.payments.refunds import RefundDesk
from services.payments.suspense import SuspenseDesk
from services.payments.waivers import WaiverDesk

COUNTER = {"accountant", "intake_officer"}
READERS = {"citizen", "case_officer", "approver", "auditor", "operator"} | COUNTER
BOOKS = {"accountant", "auditor", "operator"}


class PaymentsService(Operations):
    """The portal's *payments* service."""

    name = "payments"
    applications = clients.applications()
    applications_as_service = clients.applications_as_service()
    identity = clients.identity()
    billing = Provided(Billing)
    cashier = Provided(Cashier)
    enquiries = Provided(Enquiries)
    gateway_callbacks = Provided(GatewayCallbacks)
    refund_desk = Provided(RefundDesk)
    waiver_desk = Provided(WaiverDesk)
    suspense_desk = Provided(SuspenseDesk)
    delegates = Provided(KnownDelegates)
    bookkeeper = Provided(Bookkeeper)
    reconciler = Provided(Reconciler)
    parity_check = Provided(ParityCheck)
    personal_data = Provided(PersonalData)

    @door(roles=READERS)
    def demands(self, application_id: str) -> Json:
        self.billing.make_known(application_id, applications=self.applications)
        return self._as_payer(lambda by: self.enquiries.demands(application_id, by=by))

    @door(roles={"citizen"})
    def start_payment(self, application_id: str, method: str, command_id: str, return_url: str | None = None) -> Json:
        self.billing.make_known(application_id, applications=self.applications)
        language, command = self.caller.language, self.caller.command
        return self._as_payer(
            lambda by: self.cashier.start_payment(application_id, method, return_url, language, by=by, command=command)
        )

    @door(roles=READERS)
    def payment(self, payment_id: str) -> Json:
        return self._as_payer(lambda by: self.enquiries.payment(payment_id, by=by))

    @door(roles=READERS)
    def payments(self, application_id: str) -> Page[Json]:
        self.billing.make_known(application_id, applications=self.applications)
        return self._as_payer(lambda by: self.enquiries.payments(application_id, by=by))

    @door(roles={"citizen"})
    def cancel(self, payment_id: str, command_id: str) -> Json:
        return self._as_payer(lambda by: self.cashier.cancel(payment_id, by=by, command=self.caller.command))

    @door(public=True, costly=True)
    def gateway_callback(self, gateway: str, parameters: dict[str, str]) -> Json:
        return self.gateway_callbacks.gateway_callback(gateway, parameters)

    @door(roles=COUNTER)
    def record_offline(
        self, application_id: str, method: str, amount: Money, receipt_book_number: str, command_id: str
    ) -> Json:
        self.billing.make_known(application_id, applications=self.applications)
        who, command = self.caller.actor, self.caller.command
        return self.cashier.record_offline(application_id, method, amount, receipt_book_number, by=who, command=command)

    @door(roles={"citizen", "accountant"})
    def refund(self, payment_id: str, amount: Money, reason: str, available: Money, command_id: str) -> Json:
        command = self.caller.command
        return self._as_payer(
            lambda by: self.refund_desk.refund(payment_id, amount, reason, available, by=by, command=command)
        )

    @door(roles={"accountant", "approver"})
    def approve_refund(self, refund_id: str, command_id: str) -> Json:
        return self.refund_desk.approve_refund(refund_id, **self.caller.acting)

    @door(roles={"accountant", "approver"})
    def decline_refund(self, refund_id: str, command_id: str, reason: str | None = None) -> Json:
        return self.refund_desk.decline_refund(refund_id, reason, **self.caller.acting)

    @door(roles={"accountant", "approver", "auditor"})
    def refunds(self, status: str, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.enquiries.refunds(status, limit, cursor, by=self.caller.actor)

    @door(roles={"accountant", "approver"})
    def waive(self, application_id: str, reason: str, legal_basis: str, command_id: str) -> Json:
        self.billing.make_known(application_id, applications=self.applications)
        return self.waiver_desk.waive(application_id, reason, legal_basis, **self.caller.acting)

    @door(roles={"accountant", "approver"})
    def approve_waiver(self, waiver_id: str, command_id: str) -> Json:
        return self.waiver_desk.approve_waiver(waiver_id, **self.caller.acting)

    @door(roles={"accountant", "approver"})
    def decline_waiver(self, waiver_id: str, command_id: str) -> Json:
        return self.waiver_desk.decline_waiver(waiver_id, **self.caller.acting)

    @door(roles={"accountant", "approver", "auditor"})
    def waivers(self, status: str, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.waiver_desk.waivers(status, limit, cursor, by=self.caller.actor)

    @door(roles=READERS)
    def receipt(self, payment_id: str) -> Json:
        return self._as_payer(lambda by: self.enquiries.receipt(payment_id, by=by))

    @door(roles={"accountant", "operator"})
    def reconcile(
        self,
        gateway: str,
        statement: list[Json],
        command_id: str,
        from_at: str | None = None,
        to_at: str | None = None,
    ) -> Json:
        return self.reconciler.reconcile(gateway, statement, from_at, to_at, **self.caller.acting)

    @door(roles={"accountant", "operator"})
    def approve_statement(self, reconciliation_id: str, command_id: str) -> Json:
        return self.reconciler.approve_statement(reconciliation_id, **self.caller.acting)

    @door(roles={"accountant", "operator"})
    def decline_statement(self, reconciliation_id: str, command_id: str) -> Json:
        return self.reconciler.decline_statement(reconciliation_id, **self.caller.acting)

    @door(roles=BOOKS)
    def statements(self, status: str, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.reconciler.statements(status, limit, cursor, by=self.caller.actor)

    @door(roles=BOOKS)
    def suspense(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.suspense_desk.suspense(limit, cursor, by=self.caller.actor)

    @door(roles={"accountant", "operator"})
    def assign_suspense(self, line_id: int, application_id: str, reason: str, command_id: str) -> Json:
        self.billing.make_known(application_id, applications=self.applications)
        return self.suspense_desk.assign_suspense(line_id, application_id, reason, **self.caller.acting)

    @door(roles={"accountant", "operator"})
    def approve_assignment(self, assignment_id: str, command_id: str) -> Json:
        return self.suspense_desk.approve_assignment(assignment_id, **self.caller.acting)

    @door(roles={"accountant", "operator"})
    def decline_assignment(self, assignment_id: str, command_id: str) -> Json:
        return self.suspense_desk.decline_assignment(assignment_id, **self.caller.acting)

    @door(roles=BOOKS)
    def suspense_assignments(self, status: str, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.suspense_desk.suspense_assignments(status, limit, cursor, by=self.caller.actor)

    @door(roles=BOOKS)
    def ledger(
        self,
        account: str,
        from_at: str | None = None,
        to_at: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Json]:
        return self.bookkeeper.ledger(account, from_at, to_at, limit, cursor, by=self.caller.actor)

    @door(roles=BOOKS)
    def trial_balance(self, at: str | None = None) -> Json:
        return self.bookkeeper.trial_balance(at, by=self.caller.actor)

    @door(roles=BOOKS)
    def parity(self, limit: int = 50, cursor: str | None = None) -> Json:
        applications = self.applications_as_service
        return self.parity_check.parity(limit, cursor, applications=applications, by=self.caller.actor)

    @handles("applications", "application_submitted.v1")
    def bill_of_submission(self, event: CloudEvent) -> None:
        self.billing.bill_of_submission(event)

    @handles("applications", "payment_requested.v1")
    def supplementary_demand(self, event: CloudEvent) -> None:
        self.billing.supplementary_demand(event)

    @handles("applications", "application_approved.v1")
    def result_falls_due(self, event: CloudEvent) -> None:
        self.billing.result_falls_due(event)

    @handles("applications", "application_rejected.v1")
    def result_not_owed(self, event: CloudEvent) -> None:
        self.billing.result_not_owed(event)

    @handles("applications", "appeal_upheld.v1")
    def owed_again_after_appeal(self, event: CloudEvent) -> None:
        self.billing.owed_again(event)

    @handles("applications", "intake_refused.v1")
    def nothing_owed_after_refusal(self, event: CloudEvent) -> None:
        self.billing.nothing_more_owed(event)

    @handles("applications", "application_withdrawn.v1")
    def nothing_owed_after_withdrawal(self, event: CloudEvent) -> None:
        self.billing.nothing_more_owed(event)

    @handles("applications", "application_stopped.v1")
    def nothing_owed_after_stop(self, event: CloudEvent) -> None:
        self.billing.nothing_more_owed(event)

    @handles("identity", "delegation_granted.v1")
    def delegation_granted(self, event: CloudEvent) -> None:
        self.delegates.delegation_granted(event)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: CloudEvent) -> None:
        self.personal_data.note(event)

    def _as_payer(self, work: Callable[[Actor], access.Answer]) -> access.Answer:
        """A payer's call; who submitted for somebody else is asked for a delegation that holds."""
        return access.on_behalf(self.identity, self.caller.actor, work)
