"""What officers do at their agency, from intake to the result."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from services.applications.commands.decisions import Decisions
from services.applications.commands.office import Office
from services.applications.queries.application_lists import ApplicationLists
from services.applications.service.neighbours import WithNeighbours
from services.applications.service.roles import OFFICERS


class OfficerDoors(WithNeighbours):
    """The doors of officers."""

    office = dependencies.Provided(Office)
    decisions = dependencies.Provided(Decisions)
    application_lists = dependencies.Provided(ApplicationLists)

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
        return self.application_lists.queue(
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
        self,
        application_id: str,
        marks: list[str | Json],
        reason: str,
        command_id: str,
        expected_version: int | None = None,
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
    def approve(
        self, application_id: str, result: str | Json, command_id: str, expected_version: int | None = None
    ) -> Json:
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
