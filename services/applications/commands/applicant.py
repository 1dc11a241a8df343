"""The citizen's counter: starting, filling in, handing in, answering, withdrawing, choosing, rating, appealing."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.refusals import Forwarded
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.text.postal_address import checked_address
from services.applications.access import application_of_caller
from services.applications.commands import completeness
from services.applications.commands.executor import Commands, next_number, summary_of
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.domain.commitments import tracking_digest
from services.applications.errors import Forbidden, InvalidRequest
from services.applications.event_store.store import Store
from services.applications.models import Party
from services.applications.private_data import vault
from services.applications.private_data.vault import refuse_erased
from services.applications.procedure_rules import ProcedureRules, day_in_numbers, level_at

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient, DelegationReply, IdentityClient, ProcedureDefinition

TRACKING_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O, which are read wrongly
TRACKING_LENGTH = 10


class Registry:
    """What a citizen, or their delegate, does."""

    def __init__(self, store: Store, commands: Commands, procedure_rules: ProcedureRules) -> None:
        self.store, self.commands, self.procedure_rules = store, commands, procedure_rules

    @classmethod
    def from_settings(cls, settings: Settings) -> Registry:
        store = Store.from_settings(settings)
        return cls(store, Commands(store), ProcedureRules(store.database))

    def start(
        self,
        procedure_code: str,
        channel: str,
        *,
        catalog: CatalogClient,
        identity: IdentityClient,
        by: Actor,
        command: Command,
        on_behalf_of: str | None = None,
        agency_code: str | None = None,
    ) -> dict[str, Any]:
        """Begin a draft: ``{application_id, reference, tracking_code, version, …}``.

        ``on_behalf_of``: citizen number or account id of somebody who has delegated this procedure to the caller.
        """
        procedure = self.procedure_rules.in_force(procedure_code, catalog)
        agency = competent_agency(procedure, agency_code)
        delegation = delegation_of(identity, by, on_behalf_of, procedure["code"]) if on_behalf_of else None
        principal = delegation["principal_account_id"] if delegation else None

        def work(session: Session) -> dict[str, Any]:
            refuse_erased(session, principal or by.account_id)
            at = clock.now()
            act = Act(by.account_id, "citizen", at, command.call_id, command.id, on_behalf_of=principal)
            day = day_in_numbers(at)
            reference = f"{agency}-{day}-{next_number(session, f'reference:{agency}:{day}'):07d}"
            code = tracking_code()
            application = Application.start(
                application_id=uuid4(),
                procedure={**procedure, "level": level_at(procedure, agency)},
                channel=channel,
                agency_code=agency,
                reference=reference,
                tracking_digest=tracking_digest(reference, code),
                by=act,
            )
            self.procedure_rules.keep(session, procedure)
            session.add(
                Party(
                    application_id=str(application.id),
                    applicant_id=act.applicant_id,
                    name=delegation["principal_name"] if delegation else by.name,
                    started_by=by.account_id,
                )
            )
            position = self.store.record(application, session)
            stored_code = self.store.encryption.encrypt(code)  # the command log keeps this answer
            return {
                **summary_of(application),
                "tracking_code": stored_code,
                "agency_code": agency,
                "position": position,
            }

        reply = self.store.command(command, work)
        return {**reply, "tracking_code": self.store.encryption.decrypt(reply["tracking_code"])}

    def save_answers(
        self,
        application_id: str,
        answers: dict[str, Any],
        *,
        catalog: CatalogClient,
        identity: IdentityClient,
        by: Actor,
        command: Command,
        expected_version: int | None = None,
    ) -> dict[str, Any]:
        """Keep the form's answers as they are now; they need not be complete yet."""
        own = application_of_caller(self.store, application_id, identity, by)
        completeness.check_known_fields(self.procedure_rules.pinned_to(own, catalog), answers)

        def work(application: Application, act: Act, session: Session) -> None:
            revise_answers(session, application, answers, act)

        return self.commands.change(
            application_id,
            "save_answers",
            work,
            by=by,
            command=command,
            identity=identity,
            own=own,
            expected_version=expected_version,
        )

    def submit(
        self,
        application_id: str,
        *,
        catalog: CatalogClient,
        identity: IdentityClient,
        by: Actor,
        command: Command,
        choices: dict[str, Any] | None = None,
        quantity: int = 1,
    ) -> dict[str, Any]:
        """Hand in under the rules in force now: checks form and papers, pins version and quote. ``{…, quote}``."""
        own = application_of_caller(self.store, application_id, identity, by)
        procedure = self.procedure_rules.in_force(own.procedure_code, catalog)
        quote = catalog.quote(
            code=own.procedure_code,
            channel=own.channel,
            version=procedure["version"],
            choices=choices or {},
            quantity=quantity,
        )

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            application.submit(
                procedure={**procedure, "level": level_at(procedure, application.agency_code)},
                procedure_digest=self.procedure_rules.keep(session, procedure),
                quote=quote,
                missing=completeness.problems_of(procedure, current_answers(session, application), application),
                by=act,
            )
            return {"quote": quote, "procedure_version": procedure["version"]}

        return self.commands.change(application_id, "submit", work, by=by, command=command, identity=identity, own=own)

    def supplement(
        self,
        application_id: str,
        *,
        catalog: CatalogClient,
        identity: IdentityClient,
        by: Actor,
        command: Command,
        answers: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Hand in what was requested, with a last revision of the answers if given; the clock goes on."""
        own = application_of_caller(self.store, application_id, identity, by)
        procedure = self.procedure_rules.pinned_to(own, catalog)
        completeness.check_known_fields(procedure, answers or {})
        calendar = self.procedure_rules.calendar_if_known(clock.now(), catalog)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            latest = current_answers(session, application) if answers is None else answers
            missing = completeness.problems_of(procedure, latest, application)
            if answers is not None:
                revise_answers(session, application, answers, act)
            application.supplement(calendar=calendar, missing=missing, by=act)
            return {"due_at": application.due_at.isoformat() if application.due_at else None}

        return self.commands.change(
            application_id, "supplement", work, by=by, command=command, identity=identity, own=own
        )

    def request_withdrawal(
        self, application_id: str, reason: str, *, identity: IdentityClient, by: Actor, command: Command
    ) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            application.request_withdrawal(reason=vault.seal(session, application_id, reason), by=act)

        return self.commands.change(
            application_id, "request_withdrawal", work, by=by, command=command, identity=identity
        )

    def choose_delivery(
        self,
        application_id: str,
        method: str,
        *,
        identity: IdentityClient,
        by: Actor,
        command: Command,
        address: Any = None,
    ) -> dict[str, Any]:
        """How the result should come back; an address is needed for the post."""
        if method == "post" or address is not None:
            checked_address(address)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            words = address if isinstance(address, str) or address is None else _lines(address)
            application.choose_delivery(
                method=method, address=vault.seal_optional(session, application_id, words), by=act
            )
            return {"method": method}

        return self.commands.change(application_id, "choose_delivery", work, by=by, command=command, identity=identity)

    def rate(
        self,
        application_id: str,
        stars: int,
        *,
        identity: IdentityClient,
        by: Actor,
        command: Command,
        comment: str | None = None,
    ) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            application.rate(stars=stars, comment=vault.seal_optional(session, application_id, comment), by=act)

        return self.commands.change(application_id, "rate", work, by=by, command=command, identity=identity)

    def appeal(
        self,
        application_id: str,
        grounds: str,
        *,
        catalog: CatalogClient,
        identity: IdentityClient,
        by: Actor,
        command: Command,
    ) -> dict[str, Any]:
        """Appeal against the decision: ``{appeal_id, …}``."""
        own = application_of_caller(self.store, application_id, identity, by)
        until = own.appeal_until(None)
        is_late = until is not None and clock.now() > until  # unless its last day is moved to a working day
        calendar = self.procedure_rules.calendar(until, catalog) if until and is_late else None

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            appeal_id = str(uuid4())
            application.appeal(
                appeal_id=appeal_id,
                grounds=vault.seal(session, application_id, grounds),
                calendar=calendar,
                by=act,
            )
            return {"appeal_id": appeal_id}

        return self.commands.change(application_id, "appeal", work, by=by, command=command, identity=identity, own=own)


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


def current_answers(session: Session, application: Application) -> dict[str, Any]:
    """The latest revision of the answers; empty before the first one and after an erasure."""
    return (vault.answers(session, application.answers["answers_id"]) if application.answers else None) or {}


def revise_answers(session: Session, application: Application, answers: dict[str, Any], act: Act) -> None:
    """Keep a new revision of the answers next to the stream and record which fields changed."""
    changed = changed_fields(current_answers(session, application), answers)
    application.save_answers(**vault.keep_answers(session, str(application.id), answers), changed=changed, by=act)


def changed_fields(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """JSON pointers of the form's fields that differ."""
    names = sorted({*before, *after})
    return [f"/{name.replace('~', '~0').replace('/', '~1')}" for name in names if before.get(name) != after.get(name)]


def _lines(address: dict[str, Any]) -> str:
    return ", ".join(str(value) for value in address.values() if value)
