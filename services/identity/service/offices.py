"""Agencies, who holds a post there, and what an office does about somebody's account."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.running.operations import Operations
from services.identity.account_blocks import AccountGuard
from services.identity.account_recoveries import RecoveryDesk
from services.identity.offices import Offices
from services.identity.service.roles import OFFICE


class AgencyDoors(Operations):
    """The doors of agencies, posts, blocked and recovered accounts."""

    account_guard = dependencies.Provided(AccountGuard)
    recovery_desk = dependencies.Provided(RecoveryDesk)
    offices = dependencies.Provided(Offices)

    @door(internal=True)
    def posts(self, account_id: str) -> Json:
        return self.offices.posts(account_id)

    @door(roles={"operator"})
    def create_agency(
        self,
        code: str,
        name: str,
        parent_code: str | None = None,
        province_code: str | None = None,
        command_id: str | None = None,
    ) -> Json:
        return self.offices.create_agency(
            code, name, parent_code, province_code, by=self.caller.actor, command=self.caller.optional_command
        )

    @door(public=True)
    def agencies(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.offices.agencies(limit=limit, cursor=cursor)

    @door(roles={"operator"})
    def appoint(self, account_id: str, agency_code: str, roles: list[str], command_id: str | None = None) -> Json:
        return self.offices.appoint(
            account_id, agency_code, roles, by=self.caller.actor, command=self.caller.optional_command
        )

    @door(roles={"operator"})
    def approve_appointment(self, request_id: str, command_id: str | None = None) -> Json:
        return self.offices.approve_appointment(request_id, by=self.caller.actor, command=self.caller.optional_command)

    @door(roles={"operator"})
    def decline_appointment(self, request_id: str, command_id: str | None = None) -> Json:
        return self.offices.decline_appointment(request_id, by=self.caller.actor, command=self.caller.optional_command)

    @door(roles={"operator", "auditor"})
    def appointment_requests(
        self, status: str = "awaiting_approval", limit: int = 50, cursor: str | None = None
    ) -> Page[Json]:
        return self.offices.appointment_requests(status, limit=limit, cursor=cursor)

    @door(roles={"operator"})
    def dismiss(self, account_id: str, agency_code: str, command_id: str | None = None) -> Json:
        return self.offices.dismiss(account_id, agency_code, by=self.caller.actor, command=self.caller.optional_command)

    @door(roles={"operator"}, sensitive=("reason",))
    def block_account(self, account_id: str, reason: str, command_id: str) -> Json:
        return self.account_guard.block_account(account_id, reason, **self.caller.acting)

    @door(roles={"operator"}, sensitive=("reason",))
    def unblock_account(self, account_id: str, reason: str, command_id: str) -> Json:
        return self.account_guard.unblock_account(account_id, reason, **self.caller.acting)

    @door(roles={"operator"}, sensitive=("reason",))
    def end_account_sessions(self, account_id: str, reason: str, command_id: str) -> Json:
        return self.account_guard.end_account_sessions(account_id, reason, **self.caller.acting)

    @door(roles=OFFICE, sensitive=("username", "reason", "email", "phone"))
    def request_account_recovery(
        self,
        username: str,
        remedy: str,
        reason: str,
        command_id: str,
        email: str | None = None,
        phone: str | None = None,
    ) -> Json:
        return self.recovery_desk.request_account_recovery(username, remedy, reason, email, phone, **self.caller.acting)

    @door(roles=OFFICE)
    def approve_account_recovery(self, request_id: str, command_id: str) -> Json:
        return self.recovery_desk.approve_account_recovery(request_id, **self.caller.acting)

    @door(roles=OFFICE)
    def decline_account_recovery(self, request_id: str, command_id: str) -> Json:
        return self.recovery_desk.decline_account_recovery(request_id, **self.caller.acting)

    @door(roles={*OFFICE, "auditor"})
    def account_recoveries(
        self, status: str = "awaiting_approval", limit: int = 50, cursor: str | None = None
    ) -> Page[Json]:
        return self.recovery_desk.account_recoveries(status, limit=limit, cursor=cursor, by=self.caller.actor)
