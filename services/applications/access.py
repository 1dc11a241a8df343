"""Who may see an application, and that every look by staff is told for the access log."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.actors import Actor
from infra.chassis.outbox import tell
from services.applications.commanding import Call, check_delegation
from services.applications.domain.application import Application
from services.applications.errors import Forbidden

OFFICERS = ("intake_officer", "case_officer", "approver")
READERS = ("auditor",)  # see every agency's applications; each look is told


def relation_of(application: Application, actor: Actor) -> str | None:
    """How a caller stands to an application: applicant, agency, asked_agency, auditor, service; None: not at all."""
    if actor.account_id == application.applicant_id:
        return "applicant"
    if actor.at(application.agency_code, *OFFICERS):
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
        "by": {"account_id": by.actor.account_id, "role": relation, "agency_code": _office(application, by.actor)},
        "subject_id": application.applicant_id,
        "purpose": purpose,
    }
    tell(session, "application_read.v1", data, subject=str(application.id), call_id=by.call_id)


def _office(application: Application, actor: Actor) -> str | None:
    held = [code for code, roles in actor.agencies.items() if set(OFFICERS) & set(roles)]
    return application.agency_code if application.agency_code in held else (sorted(held) or [None])[0]
