"""How an application begins: which agency, on whose behalf, with which tracking code."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.refusals import Forwarded
from infra.chassis.storage.commands import Command
from services.applications.commands.executor import next_number
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.domain.commitments import tracking_digest
from services.applications.errors import Forbidden, InvalidRequest
from services.applications.models import Party
from services.applications.procedure_rules import day_in_numbers, level_at

if TYPE_CHECKING:
    from services.applications.clients import DelegationReply, IdentityClient, ProcedureDefinition

TRACKING_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O, which are read wrongly
TRACKING_LENGTH = 10


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What is known of an application before anything of it is recorded."""

    procedure: ProcedureDefinition
    agency_code: str
    channel: str
    by: Actor
    delegation: DelegationReply | None

    @property
    def principal_id(self) -> str | None:
        """The account on whose behalf a delegate acts."""
        return self.delegation["principal_account_id"] if self.delegation else None

    def application(self, session: Session, code: str, command: Command) -> Application:
        """The draft, with the next number of its agency and day."""
        at = clock.now()
        day = day_in_numbers(at)
        reference = f"{self.agency_code}-{day}-{next_number(session, f'reference:{self.agency_code}:{day}'):07d}"
        offered: ProcedureDefinition = {**self.procedure, "level": level_at(self.procedure, self.agency_code)}
        return Application.start(
            application_id=uuid4(),
            procedure=offered,
            channel=self.channel,
            agency_code=self.agency_code,
            reference=reference,
            tracking_digest=tracking_digest(reference, code),
            by=Act(self.by.account_id, "citizen", at, command.call_id, command.id, on_behalf_of=self.principal_id),
        )

    def party(self, application: Application) -> Party:
        """Whose application it is: a row about a person, beside the stream."""
        return Party(
            application_id=str(application.id),
            applicant_id=application.applicant_id,
            name=self.delegation["principal_name"] if self.delegation else self.by.name,
            started_by=self.by.account_id,
        )


def competent_agency(procedure: ProcedureDefinition, agency_code: str | None) -> str:
    """The agency responsible: the wanted one if it is competent, else the first; of a merged one its successor."""
    named, heirs = procedure["authority"].get("agency_codes") or [], procedure.get("carried_on_by") or {}
    competent = list(dict.fromkeys(str(heirs.get(code, code)) for code in named))
    agency_code = heirs.get(agency_code, agency_code) if agency_code else agency_code
    if agency_code is None and competent:
        return competent[0]
    if agency_code not in competent:
        listed = ", ".join(competent) or "–"
        raise InvalidRequest.at("/agency_code", f"cơ quan có thẩm quyền: {listed}", f"competent agencies: {listed}")
    return str(agency_code)


def delegation_of(identity: IdentityClient, by: Actor, on_behalf_of: str, procedure_code: str) -> DelegationReply:
    """The delegation a caller starts an application under; ``Forbidden`` without one in force."""
    try:
        if on_behalf_of.isdigit():
            return identity.delegation_for(
                delegate_account_id=by.account_id, scope=procedure_code, principal_citizen_number=on_behalf_of
            )
        return identity.delegation_for(
            delegate_account_id=by.account_id, scope=procedure_code, principal_account_id=on_behalf_of
        )
    except Forwarded:
        raise Forbidden("không có ủy quyền cho thủ tục này", "there is no delegation for this procedure") from None


def tracking_code() -> str:
    """A code nobody guesses: 32 to the power of 10."""
    return "".join(secrets.choice(TRACKING_ALPHABET) for _ in range(TRACKING_LENGTH))
