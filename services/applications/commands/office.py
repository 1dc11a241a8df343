"""The office's counter: intake, supplements, money, consultations, extensions, withdrawals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import AgencyBook, agency_unknown
from infra.chassis.instants import instant, office_day
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.text.currencies import check_in_tender
from infra.working_time import WorkingCalendar
from services.applications.agency_seats import AgencySeats
from services.applications.commands.decisions import due_date_of, receipt_number
from services.applications.commands.executor import OFFICER_ROLES, Commands, acting_for
from services.applications.domain import deadline
from services.applications.domain.actors import Act
from services.applications.domain.application import Application
from services.applications.errors import InvalidRequest, NotAnOfficer
from services.applications.event_store.store import Store
from services.applications.own_case import check_not_party
from services.applications.private_data import vault
from services.applications.procedure_rules import ProcedureRules, promise_of

if TYPE_CHECKING:
    from services.applications.clients import CatalogClient, IdentityClient

FARTHEST_PROMISE = 30  # years a date set by hand may lie ahead, as the catalogue counts no promise farther either
FARTHEST_CONSULTATION = 100  # binds nobody's promise; only what no calendar reaches is refused
PLACES = ("pointer", "field", "requirement", "attachment_id")  # where something is wrong
PLACE = re.compile(r"[\w./~:-]+")  # a name or a pointer; what has spaces in it may speak of somebody


class Office:
    """What one-stop and case officers do until there is something to decide."""

    def __init__(self, store: Store, commands: Commands, procedure_rules: ProcedureRules) -> None:
        self.store, self.commands, self.procedure_rules = store, commands, procedure_rules
        self.agencies = AgencyBook(AgencySeats(store.database).knows)

    @classmethod
    def from_settings(cls, settings: Settings) -> Office:
        store = Store.from_settings(settings)
        return cls(store, Commands(store), ProcedureRules(store.database))

    def accept(self, application_id: str, *, catalog: CatalogClient, by: Actor, command: Command) -> Json:
        """Take in; the clock starts: ``{due_at, receipt_number, …}``."""
        application = self.store.get(application_id)
        promise = promise_of(self.procedure_rules.pinned_to(application, catalog), application.channel)
        calendar = self.procedure_rules.calendar_for(promise, catalog)

        def work(application: Application, act: Act, session: Session) -> Json:
            application.accept(
                receipt_number=receipt_number(session, application, act.at), promise=promise, calendar=calendar, by=act
            )
            return due_date_of(application) | {"receipt_number": application.receipt_number}

        return self.commands.change(application_id, "accept", work, by=by, command=command)

    def refuse_intake(self, application_id: str, reason: str, *, by: Actor, command: Command) -> Json:
        def work(application: Application, act: Act, session: Session) -> None:
            application.refuse_intake(reason=vault.seal(session, application_id, reason), by=act)

        return self.commands.change(application_id, "refuse_intake", work, by=by, command=command)

    def assign(
        self, application_id: str, officer_id: str, *, identity: IdentityClient, by: Actor, command: Command
    ) -> Json:
        """Give it to an appointed officer of the agency who is no party to it."""
        posts = identity.posts(account_id=officer_id)["items"]

        def work(application: Application, act: Act, session: Session) -> Json:
            application.assign(officer_id=officer_id, by=act)
            roles = {role for post in posts if post["agency_code"] == application.agency_code for role in post["roles"]}
            if roles.isdisjoint(OFFICER_ROLES):
                raise NotAnOfficer(officer_id=officer_id, agency_code=application.agency_code)
            check_not_party(session, application, officer_id)
            return {"officer_id": officer_id}

        return self.commands.change(application_id, "assign", work, by=by, command=command)

    def request_supplement(
        self,
        application_id: str,
        marks: Sequence[str | Json],
        reason: str,
        *,
        catalog: CatalogClient,
        by: Actor,
        command: Command,
    ) -> Json:
        """Ask for papers or corrections: ``{answer_by, …}``. ``marks``: what is wrong where."""
        answer_by = self._answer_by(application_id, "supplement_days", catalog)

        def work(application: Application, act: Act, session: Session) -> Json:
            sealed = [sealed_mark(session, application_id, mark) for mark in marks]
            words = vault.seal(session, application_id, reason)
            application.request_supplement(marks=sealed, reason=words, answer_by=answer_by, by=act)
            return {"answer_by": answer_by.isoformat() if answer_by else None}

        return self.commands.change(application_id, "request_supplement", work, by=by, command=command)

    def request_payment(
        self,
        application_id: str,
        reason: str,
        *,
        catalog: CatalogClient,
        by: Actor,
        command: Command,
        amount: Json | None = None,
    ) -> Json:
        """Ask for fees not paid yet, or for a further amount: ``{moments, answer_by, …}``."""
        if amount:
            check_in_tender(amount["currency"], "/amount/currency")
        answer_by = self._answer_by(application_id, "payment_days", catalog)

        def work(application: Application, act: Act, session: Session) -> Json:
            words = vault.seal(session, application_id, reason)
            application.request_payment(reason=words, amount=amount, answer_by=answer_by, by=act)
            return {
                "moments": application.waits[-1]["moments"],
                "answer_by": answer_by.isoformat() if answer_by else None,
            }

        return self.commands.change(application_id, "request_payment", work, by=by, command=command)

    def consult(
        self,
        application_id: str,
        agency_code: str,
        question: str,
        due_at: str,
        *,
        catalog: CatalogClient,
        by: Actor,
        command: Command,
    ) -> Json:
        """Ask another agency: ``{consultation_id, agency_code, due_at, …}``.

        A merged agency's successor is asked; a day on which no office works means the next.
        """
        until = self._due_by_hand(due_at, FARTHEST_CONSULTATION, catalog)
        agency = self.agencies.carrying_on(agency_code, catalog)

        def work(application: Application, act: Act, session: Session) -> Json:
            consultation_id, words = str(uuid4()), vault.seal(session, application_id, question)
            application.consult(
                consultation_id=consultation_id, agency_code=agency or agency_code, question=words, due_at=until, by=act
            )
            if agency is None:
                raise agency_unknown(agency_code)
            if until <= clock.now():
                raise InvalidRequest.at("/due_at", "đã qua", "in the past")
            return {"consultation_id": consultation_id, "agency_code": agency, "due_at": until.isoformat()}

        return self.commands.change(application_id, "consult", work, by=by, command=command)

    def answer_consultation(
        self, application_id: str, consultation_id: str, opinion: str, *, by: Actor, command: Command
    ) -> Json:
        def work(application: Application, act: Act, session: Session) -> None:
            words = vault.seal(session, application_id, opinion)
            consultation = application.consultations.get(consultation_id)
            act = acting_for(consultation["agency_code"] if consultation else None, act, by)
            application.answer_consultation(consultation_id=consultation_id, opinion=words, by=act)

        return self.commands.change(application_id, "answer_consultation", work, by=by, command=command)

    def extend(
        self, application_id: str, due_at: str, reason: str, *, catalog: CatalogClient, by: Actor, command: Command
    ) -> Json:
        """Promise a later date: ``{due_at, previous_due_at, …}``; a day on which no office works means the next."""
        later = self._due_by_hand(due_at, FARTHEST_PROMISE, catalog)
        procedure = self.procedure_rules.pinned_to(self.store.get(application_id), catalog)
        may_extend, calendar = procedure.get("may_extend", True), self._calendar_until(later, catalog)

        def work(application: Application, act: Act, session: Session) -> Json:
            before = application.due_at
            words = vault.seal(session, application_id, reason)
            application.extend(due_at=later, reason=words, may_extend=may_extend, calendar=calendar, by=act)
            return due_date_of(application) | {"previous_due_at": before.isoformat() if before else None}

        return self.commands.change(application_id, "extend", work, by=by, command=command)

    def confirm_withdrawal(
        self, application_id: str, *, by: Actor, command: Command, reason: str | None = None
    ) -> Json:
        def work(application: Application, act: Act, session: Session) -> None:
            application.confirm_withdrawal(reason=vault.seal_optional(session, application_id, reason), by=act)

        return self.commands.change(application_id, "confirm_withdrawal", work, by=by, command=command)

    def decline_withdrawal(
        self, application_id: str, *, catalog: CatalogClient, by: Actor, command: Command, reason: str | None = None
    ) -> Json:
        calendar = self.procedure_rules.calendar_if_known(clock.now(), catalog)

        def work(application: Application, act: Act, session: Session) -> Json:
            words = vault.seal_optional(session, application_id, reason)
            application.decline_withdrawal(reason=words, calendar=calendar, by=act)
            return due_date_of(application)

        return self.commands.change(application_id, "decline_withdrawal", work, by=by, command=command)

    def stop(
        self, application_id: str, reason: str, *, by: Actor, command: Command, legal_basis: str | None = None
    ) -> Json:
        def work(application: Application, act: Act, session: Session) -> None:
            words = vault.seal(session, application_id, reason)
            application.stop(cause="approver", reason=words, legal_basis=legal_basis, by=act)

        return self.commands.change(application_id, "stop", work, by=by, command=command)

    def _due_by_hand(self, text: str, farthest: int, catalog: CatalogClient) -> datetime:
        """A due date set by an officer: at most ``farthest`` years ahead, moved to the next working day."""
        at = instant(text, "/due_at")
        if office_day(at).year > office_day(clock.now()).year + farthest:
            raise InvalidRequest.at("/due_at", f"không xa quá {farthest} năm", f"at most {farthest} years ahead")
        return deadline.moved_to_working_day(at, self._calendar_until(at, catalog, since=at) or WorkingCalendar())

    def _calendar_until(
        self, at: datetime, catalog: CatalogClient, *, since: datetime | None = None
    ) -> WorkingCalendar | None:
        """The calendar from today's year (or that of ``since``) to the one after ``at``, if the catalogue answers."""
        begin = since or clock.now()
        years = max(office_day(at).year - office_day(begin).year, 0) + 1
        return self.procedure_rules.calendar_if_known(begin, catalog, years=years)

    def _answer_by(self, application_id: str, limit: str, catalog: CatalogClient) -> datetime | None:
        procedure = self.procedure_rules.pinned_to(self.store.get(application_id), catalog)
        days = (procedure.get("limits") or {}).get(limit)
        if not days:
            return None
        calendar = self.procedure_rules.calendar(clock.now(), catalog, years=1 + days // 365)
        return deadline.end_of_limit(days, clock.now(), calendar)


def sealed_mark(session: Session, application_id: str, mark: str | Json) -> Json:
    """One mark as the event keeps it: where in clear, the words sealed; a place that reads like a sentence is words."""
    if isinstance(mark, str):
        mark = {"problem": mark}
    places = {name: mark[name] for name in PLACES if mark.get(name)}
    spoken = [places.pop(name) for name in PLACES if not PLACE.fullmatch(places.get(name, "-"))]
    words = ": ".join([*spoken, mark.get("problem") or mark.get("reason") or mark.get("note") or ""]).rstrip(": ")
    return {**places, "problem": vault.seal_optional(session, application_id, words)}
