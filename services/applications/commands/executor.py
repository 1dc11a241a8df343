"""How every command is carried out: load, check who acts, judge and record, all in one transaction with its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.actors import Actor
from infra.chassis.calls import Call
from infra.chassis.database import insert_into
from infra.chassis.settings import Settings
from services.applications.access import check_delegation
from services.applications.domain import moves
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.domain.judging import later
from services.applications.domain.statuses import official_code
from services.applications.errors import Forbidden, VersionConflict
from services.applications.event_store.store import Store
from services.applications.models import RunningNumber
from services.applications.procedure_rules import Rulebook

OFFICER_ROLES = ("intake_officer", "case_officer", "approver")


class DelegationNeeded(Exception):
    """Somebody other than the applicant acts: identity has to be asked, outside any transaction."""

    def __init__(self, applicant_id: str, procedure_code: str) -> None:
        self.applicant_id, self.procedure_code = applicant_id, procedure_code


Work = Callable[[Application, Act, Session], dict[str, Any] | None]


class Commanding:
    """A use case that changes applications."""

    def __init__(self, store: Store, rules: Rulebook) -> None:
        self.store, self.rules = store, rules

    @classmethod
    def from_settings(cls, settings: Settings) -> Any:
        store = Store.from_settings(settings)
        return cls(store, Rulebook(store.database))

    def on(
        self,
        application_id: str,
        move: str,
        work: Work,
        *,
        by: Call,
        identity: Any = None,
        expected_version: int | None = None,
    ) -> dict[str, Any]:
        """Carry out one move on one application; ``work`` judges, records and may add to the answer.

        ``{application_id, reference, status, official_status, version, position, …}``; ``VersionConflict`` when the
        caller expected another version, ``Forbidden`` for who has no relation to it.
        """
        assert by.command is not None
        confirmed: str | None = None
        while True:
            try:
                return self.store.command(
                    by.command, self._inside(application_id, move, work, by, expected_version, confirmed)
                )
            except DelegationNeeded as needed:
                check_delegation(identity, by.actor, needed.applicant_id, needed.procedure_code)
                confirmed = needed.applicant_id

    def _inside(
        self, application_id: str, move: str, work: Work, by: Call, expected_version: int | None, confirmed: str | None
    ) -> Callable[[Session], dict[str, Any]]:
        def inside(session: Session) -> dict[str, Any]:
            application = self.store.get(application_id)
            act = act_of(application, move, by, confirmed)
            if expected_version is not None and expected_version != application.version:
                raise VersionConflict(expected=expected_version, current=application.version)
            more = work(application, act, session) or {}
            position = self.store.record(application, session)
            return {**stand(application), **more, "position": position}

        return inside


def stand(application: Application) -> dict[str, Any]:
    """How an application stands, as every command answers it."""
    return {
        "application_id": str(application.id),
        "reference": application.reference,
        "status": application.status.value,
        "official_status": official_code(application.status),
        "version": application.version,
    }


def act_of(application: Application, command: str, by: Call, confirmed: str | None) -> Act:
    """The act a caller performs: in which of their roles, at which agency, for whom."""
    actor, roles = by.actor, moves.roles_for(command)
    at = later(clock.now(), application.modified_on)
    assert by.command is not None
    call_id, command_id = by.call_id, by.command.id
    if office := office_of(application, actor, roles, command):
        return Act(actor.account_id, office[0], at, call_id, command_id, agency_code=office[1])
    if "auditor" in roles and actor.has("auditor"):
        return Act(actor.account_id, "auditor", at, call_id, command_id)
    if "citizen" in roles and actor.has("citizen"):
        if actor.account_id == application.applicant_id:
            return Act(actor.account_id, "citizen", at, call_id, command_id)
        if confirmed != application.applicant_id:
            raise DelegationNeeded(application.applicant_id, application.procedure_code)
        return Act(actor.account_id, "citizen", at, call_id, command_id, on_behalf_of=confirmed)
    raise Forbidden("vai trò của bạn không làm được việc này", "your roles do not do this")


def office_of(application: Application, actor: Actor, roles: frozenset[str], command: str) -> tuple[str, str] | None:
    """The role and the agency an official acts in; None for who holds none of ``roles`` anywhere.

    The asked agency and the responsible one come first, whatever roles are held elsewhere. A role held elsewhere only
    is what the rules then refuse.
    """
    asked = (
        [one["agency_code"] for one in application.consultations.values()] if command == "answer_consultation" else []
    )
    suited = (*asked, application.agency_code)
    return next(
        (
            (role, str(agency))
            for agency in (*suited, *sorted(actor.agencies))
            for role in OFFICER_ROLES
            if role in roles and actor.at(agency, role)
        ),
        None,
    )


def in_the_name_of(agency_code: str | None, act: Act, actor: Actor) -> Act:
    """The same act for another agency the actor serves too; as it was, where they do not."""
    role = next((role for role in OFFICER_ROLES if agency_code and actor.at(agency_code, role)), None)
    return replace(act, role=role, agency_code=agency_code) if role else act


def next_number(session: Session, sequence: str) -> int:
    """The next number of a sequence; whoever asks next waits for this transaction."""
    statement = insert_into(session, RunningNumber).values(sequence=sequence, last=1)
    raised = statement.on_conflict_do_update(index_elements=["sequence"], set_={"last": RunningNumber.last + 1})
    return int(session.execute(raised.returning(RunningNumber.last)).scalar_one())


def office_day(at: datetime) -> str:
    """The day in office time, as numbers carry it: ``20261121``."""
    return at.astimezone(clock.OFFICE_ZONE).strftime("%Y%m%d")
