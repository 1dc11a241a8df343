"""The citizen's counter: starting, filling in, handing in, answering, withdrawing, choosing, rating, appealing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.text.postal_address import checked_address
from services.applications.access import application_of_caller
from services.applications.commands import completeness
from services.applications.commands.executor import Commands, summary_of
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.event_store.store import Store
from services.applications.private_data import vault
from services.applications.private_data.vault import refuse_erased
from services.applications.procedure_rules import ProcedureRules, level_at

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient, IdentityClient, ProcedureDefinition
from services.applications.commands.answers import current_answers, revise_answers
from services.applications.commands.opening import Opening, competent_agency, delegation_of, tracking_code


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
    ) -> Json:
        """Begin a draft: ``{application_id, reference, tracking_code, version, …}``.

        ``on_behalf_of``: citizen number or account id of somebody who has delegated this procedure to the caller.
        """
        procedure = self.procedure_rules.in_force(procedure_code, catalog)
        opening = Opening(
            procedure=procedure,
            agency_code=competent_agency(procedure, agency_code),
            channel=channel,
            by=by,
            delegation=delegation_of(identity, by, on_behalf_of, procedure["code"]) if on_behalf_of else None,
        )
        reply = self.store.command(command, lambda session: self._open(opening, command, session))
        return {**reply, "tracking_code": self.store.encryption.decrypt(reply["tracking_code"])}

    def _open(self, opening: Opening, command: Command, session: Session) -> Json:
        refuse_erased(session, opening.principal_id or opening.by.account_id)
        code = tracking_code()
        application = opening.application(session, code, command)
        self.procedure_rules.keep(session, opening.procedure)
        session.add(opening.party(application))
        position = self.store.record(application, session)
        return {
            **summary_of(application),
            "tracking_code": self.store.encryption.encrypt(code),  # the command log keeps this answer
            "agency_code": opening.agency_code,
            "position": position,
        }

    def save_answers(
        self,
        application_id: str,
        answers: Json,
        *,
        catalog: CatalogClient,
        identity: IdentityClient,
        by: Actor,
        command: Command,
    ) -> Json:
        """Keep the form's answers as they are now; they need not be complete yet."""
        own = application_of_caller(self.store, application_id, identity, by)
        completeness.check_known_fields(self.procedure_rules.pinned_to(own, catalog), answers)

        def work(application: Application, act: Act, session: Session) -> None:
            revise_answers(session, application, answers, act)

        return self.commands.change(
            application_id, "save_answers", work, by=by, command=command, identity=identity, own=own
        )

    def submit(
        self,
        application_id: str,
        *,
        catalog: CatalogClient,
        identity: IdentityClient,
        by: Actor,
        command: Command,
        choices: Json | None = None,
        quantity: int = 1,
    ) -> Json:
        """Hand in under the rules in force now: checks form and papers, pins version and quote. ``{…, quote}``."""
        own = application_of_caller(self.store, application_id, identity, by)
        offer = self.procedure_rules.offer(own, choices or {}, quantity, catalog)
        procedure, quote = offer.procedure, offer.quote

        def work(application: Application, act: Act, session: Session) -> Json:
            offered: ProcedureDefinition = {**procedure, "level": level_at(procedure, application.agency_code)}
            application.submit(
                procedure=offered,
                procedure_digest=offer.digest or self.procedure_rules.keep(session, procedure),
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
        answers: Json | None = None,
    ) -> Json:
        """Hand in what was requested, with a last revision of the answers if given; the clock goes on."""
        own = application_of_caller(self.store, application_id, identity, by)
        procedure = self.procedure_rules.pinned_to(own, catalog)
        completeness.check_known_fields(procedure, answers or {})
        calendar = self.procedure_rules.calendar_if_known(clock.now(), catalog)

        def work(application: Application, act: Act, session: Session) -> Json:
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
    ) -> Json:
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
        address: str | Json | None = None,
    ) -> Json:
        """How the result should come back; an address is needed for the post."""
        if method == "post" or address is not None:
            checked_address(address)

        words = address if isinstance(address, str) or address is None else _lines(address)

        def work(application: Application, act: Act, session: Session) -> Json:
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
    ) -> Json:
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
    ) -> Json:
        """Appeal against the decision: ``{appeal_id, …}``."""
        own = application_of_caller(self.store, application_id, identity, by)
        until = own.appeal_until(None)
        is_late = until is not None and clock.now() > until  # unless its last day is moved to a working day
        calendar = self.procedure_rules.calendar(until, catalog) if until and is_late else None

        def work(application: Application, act: Act, session: Session) -> Json:
            appeal_id = str(uuid4())
            application.appeal(
                appeal_id=appeal_id,
                grounds=vault.seal(session, application_id, grounds),
                calendar=calendar,
                by=act,
            )
            return {"appeal_id": appeal_id}

        return self.commands.change(application_id, "appeal", work, by=by, command=command, identity=identity, own=own)


def _lines(address: Json) -> str:
    return ", ".join(str(value) for value in address.values() if value)
