"""What applications does when a neighbour has announced something."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.messaging.handlers import handles
from services.applications.access_log_heads import SealedHeads
from services.applications.agency_seats import AgencySeats
from services.applications.commands.fee_settlement import FeeSettlement
from services.applications.delegates import Delegates
from services.applications.mirrored_applications import MirroredApplications
from services.applications.personal_data import PersonalData
from services.applications.procedure_rules import ProcedureRules
from services.applications.refunded_fees import RefundedFees
from services.applications.service.neighbours import WithNeighbours


class ApplicationsHandlers(WithNeighbours):
    """The handlers of the neighbours' events."""

    personal_data = dependencies.Provided(PersonalData)
    fee_settlement = dependencies.Provided(FeeSettlement)
    procedure_rules = dependencies.Provided(ProcedureRules)
    agency_seats = dependencies.Provided(AgencySeats)
    refunded_fees = dependencies.Provided(RefundedFees)
    mirrored_applications = dependencies.Provided(MirroredApplications)
    delegates = dependencies.Provided(Delegates)
    sealed_heads = dependencies.Provided(SealedHeads)

    @handles("identity", "agency_created.v1")
    def agency_created(self, event: CloudEvent) -> None:
        self.agency_seats.agency_created(event)

    @handles("identity", "access_log_sealed.v1")
    def access_log_sealed(self, event: CloudEvent) -> None:
        self.sealed_heads.access_log_sealed(event)

    @handles("identity", "delegation_granted.v1")
    def delegation_granted(self, event: CloudEvent) -> None:
        self.delegates.delegation_granted(event)

    @handles("catalog", "calendar_changed.v1")
    def calendar_changed(self, event: CloudEvent) -> None:
        self.procedure_rules.calendar_changed(event)

    @handles("catalog", "procedure_published.v1")
    def procedure_published(self, event: CloudEvent) -> None:
        self.procedure_rules.terms.published(event)

    @handles("catalog", "procedure_retired.v1")
    def procedure_retired(self, event: CloudEvent) -> None:
        self.procedure_rules.terms.retired(event)

    @handles("payments", "payment_settled.v1")
    def fee_paid(self, event: CloudEvent) -> None:
        self.fee_settlement.fee_paid(event, self.catalog)

    @handles("payments", "fee_waived.v1")
    def fee_waived(self, event: CloudEvent) -> None:
        self.fee_settlement.fee_waived(event, self.catalog)

    @handles("payments", "refund_approved.v1")
    def fee_refunded(self, event: CloudEvent) -> None:
        self.refunded_fees.fee_refunded(event)

    @handles("payments", "refund_declined.v1")
    def refund_declined(self, event: CloudEvent) -> None:
        self.refunded_fees.refund_declined(event)

    @handles("interchange", "own_dossier_changed.v1")
    def own_dossier_changed(self, event: CloudEvent) -> None:
        self.mirrored_applications.own_dossier_changed(event)

    # Confirmations of an erasure by every service

    @handles("identity", "subject_forgotten.v1")
    def identity_forgot(self, event: CloudEvent) -> None:
        self.personal_data.answered(event)

    @handles("catalog", "subject_forgotten.v1")
    def catalog_forgot(self, event: CloudEvent) -> None:
        self.personal_data.answered(event)

    @handles("payments", "subject_forgotten.v1")
    def payments_forgot(self, event: CloudEvent) -> None:
        self.personal_data.answered(event)

    @handles("notifications", "subject_forgotten.v1")
    def notifications_forgot(self, event: CloudEvent) -> None:
        self.personal_data.answered(event)

    @handles("interchange", "subject_forgotten.v1")
    def interchange_forgot(self, event: CloudEvent) -> None:
        self.personal_data.answered(event)

    @handles("oversight", "subject_forgotten.v1")
    def oversight_forgot(self, event: CloudEvent) -> None:
        self.personal_data.answered(event)
