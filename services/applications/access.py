"""Who may see an application; and the access log's events: every read by staff, lists as lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.access_records import Accessed, access_members, current_door, legal_basis_of
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.refusals import Forwarded
from infra.chassis.trust.service_calls import service_call
from services.applications.domain.application import Application
from services.applications.domain.imported_history import ImportedHistory
from services.applications.errors import Forbidden, OwnCase
from services.applications.event_store.store import Store
from services.applications.models import application_view
from services.applications.own_case import check_not_party

if TYPE_CHECKING:
    from services.applications.clients import IdentityClient

OFFICERS = ("intake_officer", "case_officer", "approver")
STAFF = (*OFFICERS, "accountant")  # accountants look up what is owed
READERS = ("auditor",)  # see every agency's applications; each read is recorded


def relation_of(application: Application, actor: Actor) -> str | None:
    """The relation of a caller to an application: applicant, agency, asked_agency, accountant, auditor, service.

    None: not at all. A draft is its applicant's own: the agency sees it when it is handed in. What each is shown:
    ``visible_parts``.
    """
    if actor.account_id == application.applicant_id:
        return "applicant"
    handed_in = application.submitted_at is not None
    if actor.at(application.agency_code, *OFFICERS) and handed_in:
        return "agency"
    if any(actor.at(consultation["agency_code"], *OFFICERS) for consultation in application.consultations.values()):
        return "asked_agency"
    if actor.at(application.agency_code, "accountant") and handed_in:
        return "accountant"
    if actor.has(*READERS):
        return "auditor"
    return "service" if actor.is_service else None


def check_reader(application: Application, by: Actor, identity: IdentityClient) -> str:
    """The caller's relation; ``delegate`` while the delegation holds; else ``Forbidden``."""
    relation = relation_of(application, by)
    if relation:
        return relation
    if by.has("citizen"):
        check_delegation(identity, by, application.applicant_id, application.procedure_code)
        return "delegate"
    raise Forbidden("hồ sơ không thuộc cơ quan của bạn", "the application is not with your agency")


def reading_as(application: Application, by: Actor, identity: IdentityClient, work: Callable[[str], Json]) -> Json:
    """Carry out a reading in the caller's relation; an official who is a party reads as a delegate, or not at all."""
    try:
        return work(check_reader(application, by, identity))
    except OwnCase as refused:
        try:
            check_delegation(identity, by, application.applicant_id, application.procedure_code)
        except Forbidden:
            raise refused from None
        return work("delegate")


def record_read(
    session: Session, application: Application, by: Actor, relation: str, purpose: str, *, call_id: str
) -> None:
    """Publish a read by staff or a service as ``application_read.v1``; ``OwnCase`` for a party who would read as staff.

    The applicant's own reads are nobody's business.
    """
    if relation in {"applicant", "delegate"}:
        return
    check_not_party(session, application, by.account_id)
    role, agency = _office(application, by) if relation != "auditor" else _as_auditor(by)
    if relation == "service":
        role, purpose = "service", _purpose_of(by)
    data = {
        "application_id": str(application.id),
        "reference": application.reference,
        "procedure_code": application.procedure_code,
        "procedure_version": application.procedure_version,
        "agency_code": application.agency_code,
        "applicant_id": application.applicant_id,
        "status": application.status.value,
        "version": application.version,
        "at": clock.now().isoformat(),
        "by": {"account_id": by.account_id, "role": role, "agency_code": agency},
        "subject_id": application.applicant_id,
        "purpose": purpose,
        "legal_basis": legal_basis_of(role),
        **current_door(),
    }
    enqueue(session, "application_read.v1", data, subject=str(application.id), call_id=call_id)


def record_listing(
    session: Session,
    by: Actor,
    door: str,
    filters: Json,
    application_ids: Iterable[str],
    *,
    call_id: str,
) -> None:
    """Publish one page of a list read by staff as ``applications_listed.v1``, with every application on it."""
    ids = list(dict.fromkeys(application_ids))
    listing = "xem danh sách / viewing a list"
    data = {
        "account_id": by.account_id,
        "door": door,
        "asked": {name: value for name, value in filters.items() if value is not None},
        "application_ids": ids,
        **access_members(by, people_of(session, ids), purpose=listing, agency_code=filters.get("agency_code")),
    }
    enqueue(session, "applications_listed.v1", data, subject=by.account_id, call_id=call_id)


def people_of(session: Session, application_ids: Iterable[str]) -> list[Accessed]:
    """Whose applications these are, for the access log; of imported histories no account is known."""
    view = application_view.c
    query = select(view.applicant_id, view.application_id, view.reference, view.procedure_code)
    rows = session.execute(query.where(view.application_id.in_(list(application_ids))))
    return [Accessed(*row) for row in rows]


def _office(application: Application, actor: Actor) -> tuple[str | None, str | None]:
    """The role a member of staff reads in, and the agency where they hold it."""
    consulted = [consultation["agency_code"] for consultation in application.consultations.values()]
    for agency in (application.agency_code, *consulted):
        for role in STAFF:
            if actor.at(agency, role):
                return role, str(agency)
    return None, None


def _purpose_of(service: Actor) -> str:
    """Why a service may read an application: the table of calls says."""
    row = service_call(service.name, "applications", "application")
    return (row.purpose if row else None) or "–"


def _as_auditor(actor: Actor) -> tuple[str, str | None]:
    return READERS[0], next((code for code, roles in sorted(actor.agencies.items()) if set(READERS) & set(roles)), None)


def application_of_caller(store: Store, application_id: str, identity: IdentityClient, by: Actor) -> Application:
    """The application, for its applicant or a delegate: a stranger does not learn even what form it has."""
    application = store.get(application_id)
    if by.account_id != application.applicant_id:
        check_delegation(identity, by, application.applicant_id, application.procedure_code)
    return application


def check_delegation(identity: IdentityClient | None, actor: Actor, applicant_id: str, procedure_code: str) -> None:
    """Whether the caller may act for the applicant in this procedure; ``Forbidden`` if not."""
    refused = Forbidden("đây không phải hồ sơ của bạn", "this is not your application")
    if identity is None:
        raise refused
    try:
        identity.delegation_for(
            delegate_account_id=actor.account_id, principal_account_id=applicant_id, scope=procedure_code
        )
    except Forwarded:
        raise refused from None


def record_imported_read(session: Session, history: ImportedHistory, by: Actor, purpose: str, *, call_id: str) -> None:
    """Publish an auditor's read of an imported history like any read of an application."""
    if history.subject == by.account_id:
        raise OwnCase(reference=history.reference)
    data = {
        "application_id": str(history.id),
        "reference": history.reference[:80],
        "agency_code": None,
        "applicant_id": history.subject,
        "subject_id": history.subject,
        "version": history.version,
        "at": clock.now().isoformat(),
        "by": {"account_id": by.account_id, "role": "auditor", "agency_code": None},
        "purpose": purpose,
        "legal_basis": legal_basis_of("auditor"),
        **current_door(),
    }
    enqueue(session, "application_read.v1", data, subject=str(history.id), call_id=call_id)
