"""Who may see an application, and that every look by staff is told: of one for the access log, of lists as lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.actors import Actor
from infra.chassis.calls import Call
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.refusals import Forwarded
from services.applications.domain.application import Application
from services.applications.domain.imported_history import ImportedHistory
from services.applications.errors import Forbidden

OFFICERS = ("intake_officer", "case_officer", "approver")
STAFF = (*OFFICERS, "accountant")  # accountants look up what is owed
READERS = ("auditor",)  # see every agency's applications; each look is told


def relation_of(application: Application, actor: Actor) -> str | None:
    """How a caller stands to an application: applicant, agency, asked_agency, auditor, service; None: not at all.

    A draft is its applicant's own: the agency sees it when it is handed in.
    """
    if actor.account_id == application.applicant_id:
        return "applicant"
    if actor.at(application.agency_code, *STAFF) and application.submitted_at is not None:
        return "agency"
    if any(actor.at(one["agency_code"], *OFFICERS) for one in application.consultations.values()):
        return "asked_agency"
    if actor.has(*READERS):
        return "auditor"
    return "service" if actor.is_service else None


def check_reader(application: Application, by: Call, identity: Any) -> str:
    """The caller's relation; a delegate counts as ``applicant`` while the delegation holds; else ``Forbidden``."""
    relation = relation_of(application, by.actor)
    if relation:
        return relation
    if by.actor.has("citizen"):
        check_delegation(identity, by.actor, application.applicant_id, application.procedure_code)
        return "applicant"
    raise Forbidden("hồ sơ không thuộc cơ quan của bạn", "the application is not with your agency")


def tell_read(session: Session, application: Application, by: Call, relation: str, purpose: str) -> None:
    """Staff looked: told as ``application_read.v1``. The applicant's own look is nobody's business."""
    if relation in {"applicant", "service"}:
        return
    role, agency = _office(application, by.actor) if relation != "auditor" else _as_auditor(by.actor)
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
        "by": {"account_id": by.actor.account_id, "role": role, "agency_code": agency},
        "subject_id": application.applicant_id,
        "purpose": purpose,
    }
    enqueue(session, "application_read.v1", data, subject=str(application.id), call_id=by.call_id)


def tell_listed(
    session: Session, by: Call, door: str, asked: Mapping[str, Any], application_ids: Iterable[str]
) -> None:
    """Staff were shown a page of a list: told once as ``applications_listed.v1``, with every application on it."""
    data = {
        "account_id": by.actor.account_id,
        "door": door,
        "asked": {name: value for name, value in asked.items() if value is not None},
        "application_ids": list(dict.fromkeys(application_ids)),
        "at": clock.now().isoformat(),
    }
    enqueue(session, "applications_listed.v1", data, subject=by.actor.account_id, call_id=by.call_id)


def _office(application: Application, actor: Actor) -> tuple[str | None, str | None]:
    """The role a member of staff reads in, and the agency where they hold it."""
    asked = [one["agency_code"] for one in application.consultations.values()]
    for agency in (application.agency_code, *asked):
        for role in STAFF:
            if actor.at(agency, role):
                return role, str(agency)
    return None, None


def _as_auditor(actor: Actor) -> tuple[str, str | None]:
    return READERS[0], next((code for code, held in sorted(actor.agencies.items()) if set(READERS) & set(held)), None)


def check_delegation(identity: Any, actor: Actor, applicant_id: str, procedure_code: str) -> None:
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


def tell_imported_read(session: Session, history: ImportedHistory, by: Call, purpose: str) -> None:
    """An auditor looked: told like any look at an application."""
    data = {
        "application_id": str(history.id),
        "reference": history.reference[:80],
        "agency_code": None,
        "applicant_id": history.subject,
        "subject_id": history.subject,
        "version": history.version,
        "at": clock.now().isoformat(),
        "by": {"account_id": by.actor.account_id, "role": "auditor", "agency_code": None},
        "purpose": purpose,
    }
    enqueue(session, "application_read.v1", data, subject=str(history.id), call_id=by.call_id)
