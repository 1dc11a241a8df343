"""The doors of applications. They hand over to whoever does the work and decide nothing."""

from __future__ import annotations

from typing import Any

from infra.chassis import dependencies
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.messaging.handlers import handles
from infra.chassis.running.operations import Operations
from services.applications import clients
from services.applications.access_log_heads import SealedHeads
from services.applications.agency_seats import AgencySeats
from services.applications.commands.applicant import Registry
from services.applications.commands.attachments import Attachments
from services.applications.commands.decisions import Decisions
from services.applications.commands.fee_settlement import FeeSettlement
from services.applications.commands.office import Office
from services.applications.delegates import Delegates
from services.applications.erasure.erasure import Erasures
from services.applications.exchange.export import LogExport
from services.applications.personal_data import PersonalData
from services.applications.procedure_rules import ProcedureRules
from services.applications.queries.applications import ApplicationQueries
from services.applications.queries.changes import ChangeFeed
from services.applications.queries.due_dates import DueDateExplainer
from services.applications.queries.history import HistoryReader
from services.applications.queries.statistics import Statistician
from services.applications.queries.tracking import Tracking
from services.applications.transparency.proofs import Proofs
from services.applications.verification.evidence import EvidenceArchive
from services.applications.verification.self_check import SelfCheck

CITIZEN = {"citizen"}
OFFICERS = {"intake_officer", "case_officer", "approver"}
AUDITORS = {"auditor"}
READERS = {*CITIZEN, *OFFICERS, *AUDITORS, "accountant"}


class ApplicationsService(Operations):
    """The portal's *applications* service."""

    name = "applications"
    catalog = clients.catalog()
    identity = clients.identity()
    registry = dependencies.Provided(Registry)
    attachments = dependencies.Provided(Attachments)
    office = dependencies.Provided(Office)
    decisions = dependencies.Provided(Decisions)
    application_queries = dependencies.Provided(ApplicationQueries)
    change_feed = dependencies.Provided(ChangeFeed)
    tracking = dependencies.Provided(Tracking)
    history_reader = dependencies.Provided(HistoryReader)
    due_date_explainer = dependencies.Provided(DueDateExplainer)
    statistician = dependencies.Provided(Statistician)
    log_export = dependencies.Provided(LogExport)
    self_check = dependencies.Provided(SelfCheck)
    proofs = dependencies.Provided(Proofs)
    evidence_archive = dependencies.Provided(EvidenceArchive)
    erasures = dependencies.Provided(Erasures)
    personal_data = dependencies.Provided(PersonalData)
    fee_settlement = dependencies.Provided(FeeSettlement)
    procedure_rules = dependencies.Provided(ProcedureRules)
    agency_seats = dependencies.Provided(AgencySeats)
    delegates = dependencies.Provided(Delegates)
    sealed_heads = dependencies.Provided(SealedHeads)

    @property
    def neighbours(self) -> clients.Neighbours:
        """The two that most use cases ask: what is offered, and who may act for whom."""
        return {"catalog": self.catalog, "identity": self.identity}

    # Citizens

    @door(roles=CITIZEN, sensitive=("on_behalf_of",))
    def start(
        self,
        procedure_code: str,
        channel: str,
        command_id: str,
        on_behalf_of: str | None = None,
        agency_code: str | None = None,
    ) -> Json:
        return self.registry.start(
            procedure_code,
            channel,
            on_behalf_of=on_behalf_of,
            agency_code=agency_code,
            **self.neighbours,
            **self.caller.acting,
        )

    @door(roles=CITIZEN, sensitive=("answers",))
    def save_answers(
        self, application_id: str, answers: Json, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.registry.save_answers(application_id, answers, **self.neighbours, **self.caller.acting)

    @door(roles=CITIZEN, sensitive=("file_name", "content_base64"))
    def attach(
        self,
        application_id: str,
        requirement: str,
        command_id: str,
        file_name: str | None = None,
        media_type: str | None = None,
        content_base64: str | None = None,
        from_attachment_id: str | None = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.attachments.attach(
            application_id,
            requirement,
            file_name=file_name,
            media_type=media_type,
            content_base64=content_base64,
            from_attachment_id=from_attachment_id,
            **self.neighbours,
            **self.caller.acting,
        )

    @door(roles=CITIZEN)
    def detach(
        self, application_id: str, attachment_id: str, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.attachments.detach(application_id, attachment_id, identity=self.identity, **self.caller.acting)

    @door(roles=CITIZEN)
    def submit(
        self,
        application_id: str,
        command_id: str,
        choices: Json | None = None,
        quantity: int = 1,
        expected_version: int | None = None,
    ) -> Json:
        return self.registry.submit(
            application_id, choices=choices, quantity=quantity, **self.neighbours, **self.caller.acting
        )

    @door(roles=CITIZEN, sensitive=("answers",))
    def supplement(
        self, application_id: str, command_id: str, answers: Json | None = None, expected_version: int | None = None
    ) -> Json:
        return self.registry.supplement(application_id, answers=answers, **self.neighbours, **self.caller.acting)

    @door(roles=CITIZEN, sensitive=("reason",))
    def request_withdrawal(
        self, application_id: str, reason: str, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.registry.request_withdrawal(application_id, reason, identity=self.identity, **self.caller.acting)

    @door(roles=CITIZEN, sensitive=("address",))
    def choose_delivery(
        self,
        application_id: str,
        method: str,
        command_id: str,
        address: Any = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.registry.choose_delivery(
            application_id, method, address=address, identity=self.identity, **self.caller.acting
        )

    @door(roles=READERS)
    def application(self, application_id: str, purpose: str | None = None, min_version: int | None = None) -> Json:
        return self.application_queries.application(
            application_id, purpose=purpose, min_version=min_version, identity=self.identity, **self.caller.reading
        )

    @door(roles={*CITIZEN, *OFFICERS, *AUDITORS})
    def attachment(self, application_id: str, attachment_id: str, purpose: str | None = None) -> Json:
        return self.application_queries.attachment(
            application_id, attachment_id, purpose=purpose, identity=self.identity, **self.caller.reading
        )

    @door(roles=CITIZEN)
    def mine(
        self, status: str | None = None, limit: int = 50, cursor: str | None = None, min_position: int | None = None
    ) -> Page[Json]:
        return self.application_queries.mine(
            status=status,
            limit=limit,
            cursor=cursor,
            min_position=min_position,
            identity=self.identity,
            by=self.caller.actor,
        )

    @door(roles={*CITIZEN, *OFFICERS})
    def changes(self, after: int | None = None, agency_code: str | None = None, limit: int = 50) -> Json:
        return self.change_feed.changes(
            after=after, agency_code=agency_code, limit=limit, identity=self.identity, **self.caller.reading
        )

    @door(public=True, costly=True)
    def track(
        self, reference: str, tracking_code: str, min_position: int | None = None, min_version: int | None = None
    ) -> Json:
        return self.tracking.track(reference, tracking_code, min_position=min_position, min_version=min_version)

    @door(roles=CITIZEN, sensitive=("comment",))
    def rate(
        self,
        application_id: str,
        stars: int,
        command_id: str,
        comment: str | None = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.registry.rate(application_id, stars, comment=comment, identity=self.identity, **self.caller.acting)

    @door(roles=CITIZEN, sensitive=("grounds",))
    def appeal(self, application_id: str, grounds: str, command_id: str, expected_version: int | None = None) -> Json:
        return self.registry.appeal(application_id, grounds, **self.neighbours, **self.caller.acting)

    # Officers

    @door(roles=OFFICERS)
    def queue(
        self,
        agency_code: str,
        status: str | None = None,
        overdue: bool | None = None,
        officer_id: str | None = None,
        procedure_code: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
        min_position: int | None = None,
    ) -> Page[Json]:
        return self.application_queries.queue(
            agency_code,
            status=status,
            overdue=overdue,
            officer_id=officer_id,
            procedure_code=procedure_code,
            limit=limit,
            cursor=cursor,
            min_position=min_position,
            **self.caller.reading,
        )

    @door(roles=OFFICERS)
    def accept(self, application_id: str, command_id: str, expected_version: int | None = None) -> Json:
        return self.office.accept(application_id, catalog=self.catalog, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("reason",))
    def refuse_intake(
        self, application_id: str, reason: str, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.office.refuse_intake(application_id, reason, **self.caller.acting)

    @door(roles=OFFICERS)
    def assign(
        self, application_id: str, officer_id: str, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.office.assign(application_id, officer_id, identity=self.identity, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("marks", "reason"))
    def request_supplement(
        self, application_id: str, marks: list[Any], reason: str, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.office.request_supplement(application_id, marks, reason, catalog=self.catalog, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("reason",))
    def request_payment(
        self,
        application_id: str,
        reason: str,
        command_id: str,
        amount: Json | None = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.office.request_payment(
            application_id, reason, amount=amount, catalog=self.catalog, **self.caller.acting
        )

    @door(roles=OFFICERS, sensitive=("question",))
    def consult(
        self,
        application_id: str,
        agency_code: str,
        question: str,
        due_at: str,
        command_id: str,
        expected_version: int | None = None,
    ) -> Json:
        return self.office.consult(
            application_id, agency_code, question, due_at, catalog=self.catalog, **self.caller.acting
        )

    @door(roles=OFFICERS, sensitive=("opinion",))
    def answer_consultation(
        self,
        application_id: str,
        consultation_id: str,
        opinion: str,
        command_id: str,
        expected_version: int | None = None,
    ) -> Json:
        return self.office.answer_consultation(application_id, consultation_id, opinion, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("reason",))
    def extend(
        self, application_id: str, due_at: str, reason: str, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.office.extend(application_id, due_at, reason, catalog=self.catalog, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("reason",))
    def confirm_withdrawal(
        self, application_id: str, command_id: str, reason: str | None = None, expected_version: int | None = None
    ) -> Json:
        return self.office.confirm_withdrawal(application_id, reason=reason, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("reason",))
    def decline_withdrawal(
        self, application_id: str, command_id: str, reason: str | None = None, expected_version: int | None = None
    ) -> Json:
        return self.office.decline_withdrawal(application_id, reason=reason, catalog=self.catalog, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("reason",))
    def stop(
        self,
        application_id: str,
        reason: str,
        command_id: str,
        legal_basis: str | None = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.office.stop(application_id, reason, legal_basis=legal_basis, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("reason",))
    def propose(
        self,
        application_id: str,
        outcome: str,
        command_id: str,
        reason: str | None = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.decisions.propose(application_id, outcome, reason=reason, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("result",))
    def approve(self, application_id: str, result: Any, command_id: str, expected_version: int | None = None) -> Json:
        return self.decisions.approve(application_id, result, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("reason",))
    def reject(self, application_id: str, reason: str, command_id: str, expected_version: int | None = None) -> Json:
        return self.decisions.reject(application_id, reason, **self.caller.acting)

    @door(roles=OFFICERS, sensitive=("reason",))
    def send_back(self, application_id: str, reason: str, command_id: str, expected_version: int | None = None) -> Json:
        return self.decisions.send_back(application_id, reason, **self.caller.acting)

    @door(roles=OFFICERS)
    def return_result(
        self,
        application_id: str,
        method: str,
        command_id: str,
        tracking_number: str | None = None,
        expected_version: int | None = None,
    ) -> Json:
        return self.decisions.return_result(
            application_id, method, tracking_number=tracking_number, **self.caller.acting
        )

    @door(roles=OFFICERS, sensitive=("reason",))
    def decide_appeal(
        self, application_id: str, outcome: str, reason: str, command_id: str, expected_version: int | None = None
    ) -> Json:
        return self.decisions.decide_appeal(application_id, outcome, reason, catalog=self.catalog, **self.caller.acting)

    # Auditors

    @door(roles=AUDITORS)
    def history(self, application_id: str, purpose: str | None = None) -> Json:
        return self.history_reader.history(application_id, purpose=purpose, **self.caller.reading)

    @door(roles=AUDITORS)
    def state_at(
        self, application_id: str, version: int | None = None, at: str | None = None, purpose: str | None = None
    ) -> Json:
        return self.history_reader.state_at(
            application_id, version=version, at=at, purpose=purpose, **self.caller.reading
        )

    @door(roles=AUDITORS)
    def diff(self, application_id: str, from_version: int, to_version: int, purpose: str | None = None) -> Json:
        return self.history_reader.diff(
            application_id, from_version, to_version, purpose=purpose, **self.caller.reading
        )

    @door(roles=READERS)
    def explain_due_date(self, application_id: str) -> Json:
        return self.due_date_explainer.explain_due_date(application_id, **self.neighbours, **self.caller.reading)

    @door(roles={*AUDITORS, *OFFICERS})
    def affected_due_dates(
        self, agency_code: str | None = None, date: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Json]:
        return self.due_date_explainer.affected_due_dates(
            agency_code=agency_code, on=date, limit=limit, cursor=cursor, catalog=self.catalog, **self.caller.reading
        )

    @door(roles=AUDITORS)
    def events(
        self, after: int = 0, limit: int = 50, application_id: str | None = None, kind: str | None = None
    ) -> Json:
        return self.history_reader.events(
            after=after, limit=limit, application_id=application_id, kind=kind, **self.caller.reading
        )

    @door(public=True)
    def checkpoint(self) -> Json:
        return self.proofs.checkpoint()

    @door(public=True)
    def inclusion_proof(self, position: int, tree_size: int | None = None) -> Json:
        return self.proofs.inclusion_proof(position, tree_size)

    @door(public=True)
    def consistency_proof(self, first: int, second: int | None = None) -> Json:
        return self.proofs.consistency_proof(first, second)

    @door(roles={*CITIZEN, *AUDITORS})
    def evidence(self, application_id: str) -> Json:
        return self.evidence_archive.evidence(application_id, **self.neighbours, **self.caller.reading)

    @door(roles=AUDITORS)
    def findings(
        self, kind: str | None = None, application_id: str | None = None, after: int = 0, limit: int = 50
    ) -> Json:
        return self.evidence_archive.findings(
            kind=kind, application_id=application_id, after=after, limit=limit, **self.caller.reading
        )

    @door(roles=AUDITORS, costly=True)
    def verify(self) -> Json:
        return self.self_check.verify()

    @door(roles=AUDITORS, costly=True)
    def export(
        self,
        format: str,
        from_at: str | None = None,
        to_at: str | None = None,
        limit: int = 500,
        cursor: str | None = None,
    ) -> Json:
        return self.log_export.export(
            format, from_at=from_at, to_at=to_at, limit=limit, cursor=cursor, **self.caller.reading
        )

    @door(roles={*AUDITORS, "operator", "approver"})
    def statistics(self, from_at: str, to_at: str, by: str = "agency", min_position: int | None = None) -> Json:
        return self.statistician.statistics(from_at, to_at, by, reader=self.caller.actor, min_position=min_position)

    @door(roles=AUDITORS)
    def access_log_heads(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.sealed_heads.access_log_heads(limit=limit, cursor=cursor)

    @door(roles=AUDITORS)
    def erase_subject(self, account_id: str, legal_basis: str, command_id: str) -> Json:
        return self.erasures.erase_subject(account_id, legal_basis, **self.caller.acting)

    @door(roles=AUDITORS)
    def erasure(self, erasure_id: str) -> Json:
        return self.erasures.erasure(erasure_id, by=self.caller.actor)

    # Events of the neighbours

    @handles("identity", "agency_created.v1")
    def agency_created(self, event: Json) -> None:
        self.agency_seats.agency_created(event)

    @handles("identity", "access_log_sealed.v1")
    def access_log_sealed(self, event: Json) -> None:
        self.sealed_heads.access_log_sealed(event)

    @handles("identity", "delegation_granted.v1")
    def delegation_granted(self, event: Json) -> None:
        self.delegates.delegation_granted(event)

    @handles("catalog", "calendar_changed.v1")
    def calendar_changed(self, event: Json) -> None:
        self.procedure_rules.calendar_changed(event)

    @handles("payments", "payment_settled.v1")
    def fee_paid(self, event: Json) -> None:
        self.fee_settlement.fee_paid(event, self.catalog)

    @handles("payments", "fee_waived.v1")
    def fee_waived(self, event: Json) -> None:
        self.fee_settlement.fee_waived(event, self.catalog)

    # Confirmations of an erasure by every service

    @handles("identity", "subject_forgotten.v1")
    def identity_forgot(self, event: Json) -> None:
        self.personal_data.answered(event)

    @handles("catalog", "subject_forgotten.v1")
    def catalog_forgot(self, event: Json) -> None:
        self.personal_data.answered(event)

    @handles("payments", "subject_forgotten.v1")
    def payments_forgot(self, event: Json) -> None:
        self.personal_data.answered(event)

    @handles("notifications", "subject_forgotten.v1")
    def notifications_forgot(self, event: Json) -> None:
        self.personal_data.answered(event)
