"""Appointments of operators, auditors and accountants, by two persons: one operator requests, another decides.

Nobody requests or decides their own. While an installation has no second operator, the first one acts alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from sqlalchemy import Text, cast, exists, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import AWAITING, decide
from infra.chassis.instants import end_of_limit
from infra.chassis.json_types import Json
from services.identity.errors import (
    AppointmentRequestNotFound,
    AppointmentRequestNotPending,
    OwnCase,
    SecondPersonNeeded,
)
from services.identity.models import Account, Appointment, AppointmentRequest

BY_TWO_PERSONS = frozenset({"operator", "auditor", "accountant"})
TERM = 7  # days


def needs_second_person(session: Session, roles: Iterable[str], present: Iterable[str], by: Actor) -> bool:
    """Whether new roles are among those that two decide on, and there is another operator to decide."""
    added = BY_TWO_PERSONS.intersection(roles).difference(present)
    return bool(added) and has_other_operator(session, by)


def request_appointment(session: Session, account_id: str, agency_code: str, roles: list[str], by: Actor) -> Json:
    """Keep a request; the same one by the same person, while it waits, is answered again."""
    now = clock.now()
    waiting = select(AppointmentRequest).where(
        AppointmentRequest.account_id == account_id, AppointmentRequest.agency_code == agency_code,
        AppointmentRequest.requested_by == by.account_id, AppointmentRequest.state == AWAITING,
        AppointmentRequest.expires_at > now,
    )  # fmt: skip
    request = next((row for row in session.scalars(waiting) if row.roles == roles), None)
    if request is None:
        request = AppointmentRequest(
            id=str(uuid4()), account_id=account_id, agency_code=agency_code, roles=roles, state=AWAITING,
            requested_by=by.account_id, requested_at=now, expires_at=end_of_limit(TERM, now),
        )  # fmt: skip
        session.add(request)
        session.flush()
    return request_view(request)


def request_view(request: AppointmentRequest) -> Json:
    return {
        "account_id": request.account_id,
        "agency_code": request.agency_code,
        "roles": request.roles,
        "appointed_at": None,
        "status": request.state,
        "request_id": request.id,
        "requested_by": request.requested_by,
        "expires_at": request.expires_at.isoformat(),
    }


def decided(session: Session, request_id: str, state: str, by: Actor) -> AppointmentRequest:
    """The request, decided by another operator than the one who made it and the one it is about."""
    request = session.get(AppointmentRequest, request_id, with_for_update=True)
    if request is None:
        raise AppointmentRequestNotFound(request_id=request_id)
    if request.account_id == by.account_id:
        raise OwnCase()
    decide(
        request, state, by, same_person=SecondPersonNeeded,
        not_waiting=lambda status: AppointmentRequestNotPending(request_id=request_id, status=status),
    )  # fmt: skip
    return request


def has_other_operator(session: Session, by: Actor) -> bool:
    """The installation's own operators have no citizen number; the others hold a post."""
    own = exists().where(
        Account.citizen_number.is_(None), Account.erased_at.is_(None), Account.id != by.account_id,
        cast(Account.roles, Text).contains('"operator"'),
    )  # fmt: skip
    post = exists().where(
        Appointment.dismissed_at.is_(None), Appointment.account_id != by.account_id,
        cast(Appointment.roles, Text).contains('"operator"'),
    )  # fmt: skip
    return bool(session.scalar(select(own | post)))
