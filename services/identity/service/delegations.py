"""Whom citizens let act for them, and who read whose data."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.running.operations import Operations
from services.identity.access_challenges import ChallengeDesk
from services.identity.access_log import AccessRecorder
from services.identity.access_log_seal import AccessLogCheck
from services.identity.delegations import DelegationRegistrar
from services.identity.service.roles import SIGNED_IN


class DelegationDoors(Operations):
    """The doors of delegations and of the access log."""

    delegation_registrar = dependencies.Provided(DelegationRegistrar)
    access_recorder = dependencies.Provided(AccessRecorder)
    challenge_desk = dependencies.Provided(ChallengeDesk)
    access_log_check = dependencies.Provided(AccessLogCheck)

    @door(roles={"citizen"}, sensitive=("to_citizen_number",))
    def delegate(
        self, to_citizen_number: str, scope: list[str] | str, until: str, command_id: str | None = None
    ) -> Json:
        return self.delegation_registrar.delegate(
            to_citizen_number, scope, until, by=self.caller.actor, command=self.caller.optional_command
        )

    @door(roles={"citizen"})
    def revoke_delegation(self, delegation_id: str, command_id: str | None = None) -> Json:
        return self.delegation_registrar.revoke_delegation(
            delegation_id, by=self.caller.actor, command=self.caller.optional_command
        )

    @door(roles={"citizen"})
    def delegations(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.delegation_registrar.delegations(limit=limit, cursor=cursor, by=self.caller.actor)

    @door(internal=True, sensitive=("principal_citizen_number",))
    def delegation_for(
        self,
        delegate_account_id: str,
        scope: str,
        principal_citizen_number: str | None = None,
        principal_account_id: str | None = None,
    ) -> Json:
        return self.delegation_registrar.delegation_for(
            delegate_account_id,
            scope,
            principal_citizen_number,
            principal_account_id,
            reader=self.caller.service_reader,
        )

    @door(internal=True)
    def delegations_in_force(self, delegate_account_id: str) -> Json:
        return self.delegation_registrar.delegations_in_force(delegate_account_id, reader=self.caller.service_reader)

    @door(roles=SIGNED_IN)
    def access_log(self, subject_id: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.access_recorder.access_log(subject_id, limit=limit, cursor=cursor, by=self.caller.actor)

    @door(roles=SIGNED_IN, sensitive=("reason",))
    def challenge_access(self, entry_id: int, reason: str, command_id: str) -> Json:
        return self.challenge_desk.challenge_access(entry_id, reason, **self.caller.acting)

    @door(roles={"auditor"})
    def access_challenges(self, status: str = "open", limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.challenge_desk.access_challenges(status, limit=limit, cursor=cursor, by=self.caller.actor)

    @door(roles={"auditor"}, sensitive=("answer",))
    def answer_challenge(self, challenge_id: str, outcome: str, answer: str, command_id: str) -> Json:
        return self.challenge_desk.answer_challenge(challenge_id, outcome, answer, **self.caller.acting)

    @door(roles={"auditor"}, costly=True)
    def verify_access_log(self, heads: list[Json] | None = None) -> Json:
        return self.access_log_check.verify_access_log(heads or ())
