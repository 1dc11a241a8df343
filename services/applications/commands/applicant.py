"""The citizen's counter: starting, filling in, handing in, answering, withdrawing, choosing, rating, appealing."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.calls import Call
from infra.chassis.refusals import Forwarded
from services.applications.commands import completeness
from services.applications.commands.attachments import Papers
from services.applications.commands.executor import next_number, office_day, stand
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.domain.commitments import tracking_digest
from services.applications.errors import Forbidden, InvalidRequest
from services.applications.models import Party
from services.applications.private_data import vault
from services.applications.private_data.vault import refuse_erased
from services.applications.procedure_rules import level_at

TRACKING_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O, which are read wrongly
TRACKING_LENGTH = 10


class Registry(Papers):
    """What a citizen, or their delegate, does."""

    def start(
        self,
        procedure_code: str,
        channel: str,
        *,
        catalog: Any,
        identity: Any,
        by: Call,
        on_behalf_of: str | None = None,
        agency_code: str | None = None,
    ) -> dict[str, Any]:
        """Begin a draft: ``{application_id, reference, tracking_code, version, …}``.

        ``on_behalf_of``: citizen number or account id of somebody who has delegated this procedure to the caller.
        """
        assert by.command is not None
        command = by.command
        procedure = self.rules.in_force(procedure_code, catalog)
        agency = competent_agency(procedure, agency_code)
        principal = principal_of(identity, by, on_behalf_of, procedure["code"]) if on_behalf_of else None

        def work(session: Session) -> dict[str, Any]:
            refuse_erased(session, principal["account_id"] if principal else by.actor.account_id)
            at = clock.now()
            act = Act(
                by.actor.account_id,
                "citizen",
                at,
                by.call_id,
                command.id,
                on_behalf_of=principal and principal["account_id"],
            )
            number = next_number(session, f"reference:{agency}:{office_day(at)}")
            reference, code = f"{agency}-{office_day(at)}-{number:07d}", tracking_code()
            application = Application.start(
                application_id=uuid4(),
                procedure={**procedure, "level": level_at(procedure, agency)},
                channel=channel,
                agency_code=agency,
                reference=reference,
                tracking_digest=tracking_digest(reference, code),
                by=act,
            )
            self.rules.keep(session, procedure)
            name = principal["name"] if principal else by.actor.name
            session.add(
                Party(
                    application_id=str(application.id),
                    applicant_id=act.applicant_id,
                    name=name,
                    started_by=by.actor.account_id,
                )
            )
            position = self.store.record(application, session)
            return {**stand(application), "tracking_code": code, "agency_code": agency, "position": position}

        return self.store.command(command, work)

    def save_answers(
        self,
        application_id: str,
        answers: dict[str, Any],
        *,
        catalog: Any,
        identity: Any,
        by: Call,
        expected_version: int | None = None,
    ) -> dict[str, Any]:
        """Keep the form's answers as they are now; they need not be complete yet."""
        procedure = self._own_procedure(application_id, catalog, identity, by)
        completeness.check_known_fields(procedure, answers)

        def work(application: Application, act: Act, session: Session) -> None:
            before = vault.answers(session, application.answers["answers_id"]) if application.answers else {}
            kept = vault.keep_answers(session, application_id, answers)
            application.save_answers(**kept, changed=changed_fields(before or {}, answers), by=act)

        return self.on(
            application_id, "save_answers", work, by=by, identity=identity, expected_version=expected_version
        )

    def submit(
        self,
        application_id: str,
        *,
        catalog: Any,
        identity: Any,
        by: Call,
        choices: dict[str, Any] | None = None,
        quantity: int = 1,
    ) -> dict[str, Any]:
        """Hand in under the rules in force now: checks form and papers, pins version and quote. ``{…, quote}``."""
        draft = self._own(application_id, identity, by)
        procedure = self.rules.in_force(draft.procedure_code, catalog)
        quote = catalog.quote(
            code=draft.procedure_code,
            channel=draft.channel,
            version=procedure["version"],
            choices=choices or {},
            quantity=quantity,
        )

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            digest = self.rules.keep(session, procedure)
            pinned = {**procedure, "level": level_at(procedure, application.agency_code)}
            application.submit(procedure=pinned, procedure_digest=digest, quote=quote, by=act)
            self._check_complete(session, application, procedure)
            return {"quote": quote, "procedure_version": procedure["version"]}

        return self.on(application_id, "submit", work, by=by, identity=identity)

    def supplement(
        self, application_id: str, *, catalog: Any, identity: Any, by: Call, answers: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Hand in what was asked for, with a last revision of the answers if given; the clock goes on."""
        procedure = self._own_procedure(application_id, catalog, identity, by)
        completeness.check_known_fields(procedure, answers or {})
        calendar = self.rules.calendar_if_known(clock.now(), catalog)

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            if answers is not None:
                before = vault.answers(session, application.answers["answers_id"]) if application.answers else {}
                kept = vault.keep_answers(session, application_id, answers)
                application.save_answers(**kept, changed=changed_fields(before or {}, answers), by=act)
            application.supplement(calendar=calendar, by=act)
            session.flush()
            self._check_complete(session, application, procedure)
            return {"due_at": application.due_at.isoformat() if application.due_at else None}

        return self.on(application_id, "supplement", work, by=by, identity=identity)

    def request_withdrawal(self, application_id: str, reason: str, *, identity: Any, by: Call) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            application.request_withdrawal(reason=vault.seal(session, application_id, reason), by=act)

        return self.on(application_id, "request_withdrawal", work, by=by, identity=identity)

    def choose_delivery(
        self, application_id: str, method: str, *, identity: Any, by: Call, address: Any = None
    ) -> dict[str, Any]:
        """How the result should come back; an address is needed for the post."""
        if method == "post" and not address:
            raise InvalidRequest.at("/address", "cần địa chỉ nhận qua bưu chính", "an address is needed for the post")

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            words = address if isinstance(address, str) or address is None else _lines(address)
            application.choose_delivery(
                method=method, address=vault.seal_optional(session, application_id, words), by=act
            )
            return {"method": method}

        return self.on(application_id, "choose_delivery", work, by=by, identity=identity)

    def rate(
        self, application_id: str, stars: int, *, identity: Any, by: Call, comment: str | None = None
    ) -> dict[str, Any]:
        def work(application: Application, act: Act, session: Session) -> None:
            application.rate(stars=stars, comment=vault.seal_optional(session, application_id, comment), by=act)

        return self.on(application_id, "rate", work, by=by, identity=identity)

    def appeal(self, application_id: str, grounds: str, *, identity: Any, by: Call) -> dict[str, Any]:
        """Appeal against the decision: ``{appeal_id, …}``."""

        def work(application: Application, act: Act, session: Session) -> dict[str, Any]:
            appeal_id = str(uuid4())
            application.appeal(appeal_id=appeal_id, grounds=vault.seal(session, application_id, grounds), by=act)
            return {"appeal_id": appeal_id}

        return self.on(application_id, "appeal", work, by=by, identity=identity)

    def _check_complete(self, session: Session, application: Application, procedure: dict[str, Any]) -> None:
        given = vault.answers(session, application.answers["answers_id"]) if application.answers else None
        completeness.check_complete(
            procedure, given, (paper["requirement"] for paper in application.attachments.values())
        )


def competent_agency(procedure: dict[str, Any], asked: str | None) -> str:
    """The agency responsible: the one asked for if it is competent, else the first; of a merged one its heir."""
    named, heirs = procedure["authority"].get("agency_codes") or [], procedure.get("carried_on_by") or {}
    competent = list(dict.fromkeys(str(heirs.get(code, code)) for code in named))
    asked = heirs.get(asked, asked) if asked else asked
    if asked is None and competent:
        return competent[0]
    if asked not in competent:
        listed = ", ".join(competent) or "–"
        raise InvalidRequest.at("/agency_code", f"cơ quan có thẩm quyền: {listed}", f"competent agencies: {listed}")
    return str(asked)


def principal_of(identity: Any, by: Call, on_behalf_of: str, procedure_code: str) -> dict[str, str]:
    """Whom a delegate acts for: ``{"account_id", "name"}``; ``Forbidden`` without a delegation in force."""
    key = "principal_citizen_number" if on_behalf_of.isdigit() else "principal_account_id"
    try:
        found = identity.delegation_for(
            delegate_account_id=by.actor.account_id, scope=procedure_code, **{key: on_behalf_of}
        )
    except Forwarded:
        raise Forbidden("không có ủy quyền cho thủ tục này", "there is no delegation for this procedure") from None
    return {"account_id": found["principal_account_id"], "name": found["principal_name"]}


def tracking_code() -> str:
    """A code nobody guesses: 32 to the power of 10."""
    return "".join(secrets.choice(TRACKING_ALPHABET) for _ in range(TRACKING_LENGTH))


def changed_fields(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """JSON pointers of the form's fields that differ."""
    names = sorted({*before, *after})
    return [f"/{name.replace('~', '~0').replace('/', '~1')}" for name in names if before.get(name) != after.get(name)]


def _lines(address: dict[str, Any]) -> str:
    return ", ".join(str(value) for value in address.values() if value)
