"""How every command is carried out: load, check who acts, check and record, all in one transaction with its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import insert_into
from services.applications.access import check_delegation
from services.applications.domain import moves
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.domain.command_checks import not_before
from services.applications.domain.facts import RecordedSignIn
from services.applications.domain.statuses import official_code
from services.applications.errors import Forbidden, VersionConflict
from services.applications.event_store.store import Store
from services.applications.models import RunningNumber
from services.applications.own_case import check_not_party

if TYPE_CHECKING:
    from services.applications.clients import IdentityClient

MOST_CHANGES = 20  # listed to who expected an earlier version
OFFICER_ROLES = ("intake_officer", "case_officer", "approver")

Work = Callable[[Application, Act, Session], Json | None]


class ApplicationSummary(TypedDict):
    """The status of an application, as every command answers it."""

    application_id: str
    reference: str
    status: str
    official_status: int | None
    version: int


class DelegationNeeded(Exception):
    """Somebody other than the applicant acts: identity has to be asked, outside any transaction."""

    def __init__(self, applicant_id: str, procedure_code: str) -> None:
        self.applicant_id, self.procedure_code = applicant_id, procedure_code


class Commands:
    """The executor of every command that changes one application."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def from_settings(cls, settings: Settings) -> Commands:
        return cls(Store.from_settings(settings))

    def change(
        self,
        application_id: str,
        move: str,
        work: Work,
        *,
        by: Actor,
        command: Command,
        identity: IdentityClient | None = None,
        own: Application | None = None,
    ) -> Json:
        """Carry out one move on one application; ``work`` checks, records and may add to the answer.

        ``own``: the application as loaded already, where the caller was found to be the applicant or a delegate. It is
        loaded again only when another writer was faster.
        ``{application_id, reference, status, official_status, version, position, …}``; ``VersionConflict`` with the
        changes since when the caller expected another version, ``Forbidden`` for who has no relation to it,
        ``OwnCase`` for an official who is a party to it.
        """
        principal = own.applicant_id if own is not None else None
        loaded = [own] if own is not None else []

        def in_transaction(session: Session) -> Json:
            application = loaded.pop() if loaded else self.store.get(application_id)
            act = act_of(application, move, by, command, principal)
            if act.role in OFFICER_ROLES:
                check_not_party(session, application, by.account_id)
            if command.expected_version not in (None, application.version):
                application.check_actor(move, act)  # what changed is shown to nobody else
                raise VersionConflict(
                    expected=command.expected_version,
                    current=application.version,
                    status=application.status.value,
                    changes=self._changes_since(command.expected_version, application_id),
                )
            more = work(application, act, session) or {}
            position = self.store.record(application, session)
            return {**summary_of(application), **more, "position": position}

        while True:
            try:
                return self.store.command(command, in_transaction)
            except DelegationNeeded as needed:
                check_delegation(identity, by, needed.applicant_id, needed.procedure_code)
                principal = needed.applicant_id

    def _changes_since(self, version: int | None, application_id: str) -> list[Json]:
        """The latest events after a version, without words and names: what somebody who came too late is shown."""
        events = list(self.store.events(application_id, after=version))[-MOST_CHANGES:]
        return [
            {
                "version": event.originator_version,
                "kind": type(event).__name__,
                "status": event.status,
                "role": event.by["role"],
                "at": event.timestamp.isoformat(),
            }
            for event in events
        ]


def summary_of(application: Application) -> ApplicationSummary:
    """The status of an application, as every command answers it."""
    return {
        "application_id": str(application.id),
        "reference": application.reference,
        "status": application.status.value,
        "official_status": official_code(application.status),
        "version": application.version,
    }


def act_of(application: Application, move: str, by: Actor, command: Command, principal: str | None) -> Act:
    """The act a caller performs: in which of their roles, at which agency, for whom.

    ``principal``: the account the caller was found to act for.
    """
    roles, at = moves.roles_for(move), not_before(clock.now(), application.modified_on)
    if office := office_of(application, by, roles, move):
        return Act(by.account_id, office[0], at, command.call_id, command.id, agency_code=office[1])
    if "auditor" in roles and by.has("auditor"):
        return Act(by.account_id, "auditor", at, command.call_id, command.id)
    if "citizen" in roles and by.has("citizen"):
        if by.account_id == application.applicant_id:
            return Act(by.account_id, "citizen", at, command.call_id, command.id, sign_in=sign_in_of(by))
        if principal != application.applicant_id:
            raise DelegationNeeded(application.applicant_id, application.procedure_code)
        return Act(
            by.account_id, "citizen", at, command.call_id, command.id, on_behalf_of=principal, sign_in=sign_in_of(by)
        )
    raise Forbidden("vai trò của bạn không làm được việc này", "your roles do not do this")


def sign_in_of(by: Actor) -> RecordedSignIn | None:
    """Who vouched for the caller at sign-in, and at which level; nothing where it was a password of the platform."""
    if by.identity_provider is None:
        return None
    return {"provider": by.identity_provider, "assurance": by.assurance}


def office_of(application: Application, actor: Actor, roles: frozenset[str], move: str) -> tuple[str, str] | None:
    """The role and the agency an official acts in; None for who holds none of ``roles`` anywhere.

    The consulted agencies and the responsible one come first, whatever roles are held elsewhere. A role held elsewhere
    only is what the rules then refuse.
    """
    consulted = (
        [consultation["agency_code"] for consultation in application.consultations.values()]
        if move == "answer_consultation"
        else []
    )
    preferred = (*consulted, application.agency_code)
    return next(
        (
            (role, str(agency))
            for agency in (*preferred, *sorted(actor.agencies))
            for role in OFFICER_ROLES
            if role in roles and actor.at(agency, role)
        ),
        None,
    )


def acting_for(agency_code: str | None, act: Act, actor: Actor) -> Act:
    """The same act for another agency the actor serves too; as it was, where they do not."""
    role = next((role for role in OFFICER_ROLES if agency_code and actor.at(agency_code, role)), None)
    return replace(act, role=role, agency_code=agency_code) if role else act


def next_number(session: Session, sequence: str) -> int:
    """The next number of a sequence; the next transaction that asks waits for this one."""
    statement = insert_into(session, RunningNumber).values(sequence=sequence, last=1)
    raised = statement.on_conflict_do_update(index_elements=["sequence"], set_={"last": RunningNumber.last + 1})
    return int(session.execute(raised.returning(RunningNumber.last)).scalar_one())
