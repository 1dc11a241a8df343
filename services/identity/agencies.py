"""Agencies as rows: looked up, added once, and shown."""

from __future__ import annotations

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from services.identity.errors import AgencyAlreadyExists, AgencyNotFound
from services.identity.models import Agency


def agency_of(session: Session, code: str) -> Agency:
    agency = session.get(Agency, code)
    if agency is None:
        raise AgencyNotFound(code=code)
    return agency


def add_agency(session: Session, agency: Agency, by: Actor) -> Agency:
    there = session.get(Agency, agency.code)
    if there is None:
        agency.created_at, agency.created_by = clock.now(), by.account_id
        session.add(agency)
        session.flush()
        facts = {**agency_view(agency), "by": {"account_id": by.account_id}}
        enqueue(session, "agency_created.v1", facts, subject=agency.code)
        return agency
    if any(getattr(there, part) != getattr(agency, part) for part in ("name", "parent_code", "province_code")):
        raise AgencyAlreadyExists(code=there.code, taken_by=there.name)
    return there


def agency_view(agency: Agency) -> Json:
    return {
        "code": agency.code,
        "name": agency.name,
        "parent_code": agency.parent_code,
        "province_code": agency.province_code,
        "created_at": agency.created_at.isoformat(),
    }
