"""Everybody who acts in these tests, and how they call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.storage.commands import Command
from services.applications.domain.actors import Act

if TYPE_CHECKING:
    from infra.chassis.access.auth import Acting, Reading

AGENCY, OTHER_AGENCY = "H01.01", "H01.02"


def citizen(account_id: str = "citizen-1", name: str = "Nguyễn Thị Mẫu") -> Actor:
    return Actor(account_id, name, frozenset({"citizen"}))


def official(account_id: str, *roles: str, agency: str = AGENCY) -> Actor:
    return Actor(account_id, account_id, frozenset(), {agency: frozenset(roles)})


CITIZEN = citizen()
NEIGHBOUR = citizen("citizen-2", "Trần Văn Ví Dụ")
INTAKE = official("intake-1", "intake_officer")
CASE = official("case-1", "case_officer")
CASE_2 = official("case-2", "case_officer")
APPROVER = official("approver-1", "approver")
APPROVER_2 = official("approver-2", "approver")
EVERYTHING = official("everything-1", "intake_officer", "case_officer", "approver")
STRANGER = official("stranger-1", "intake_officer", "case_officer", "approver", agency=OTHER_AGENCY)
AUDITOR = Actor("auditor-1", "auditor", frozenset({"auditor"}))
AUDITOR_2 = Actor("auditor-2", "auditor", frozenset({"auditor"}))


def call(actor: Actor, command_id: str | None = None, name: str = "command", **arguments: Any) -> Acting:
    """Who calls with which command, as a door hands them over."""
    command = Command.of(command_id or str(uuid4()), name, actor.account_id, arguments, call_id="call-1")
    return {"by": actor, "command": command}


def reading(actor: Actor) -> Reading:
    """Who reads, and in which call, as a door hands them over."""
    return {"by": actor, "call_id": "call-1"}


def act(
    account_id: str, role: str, agency: str | None = AGENCY, on_behalf_of: str | None = None, at: Any = None
) -> Act:
    office = None if role in {"citizen", "system", "auditor"} else agency
    return Act(account_id, role, at or clock.now(), "call-1", str(uuid4()), office, on_behalf_of)
