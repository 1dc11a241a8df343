"""Own case: who is a party to an application neither handles it nor reads it as staff.

A party is the applicant, whoever acted for the applicant, and whoever has ever been a delegate in its procedure.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from infra.chassis.access.delegates import has_been_delegate, was_delegate
from services.applications.domain.application import Application
from services.applications.errors import OwnCase
from services.applications.models import Party, application_view

VIEW = application_view


def is_party(session: Session, application: Application, account_id: str) -> bool:
    """Whether somebody is, or has ever been, on the applicant's side of an application."""
    if account_id == application.applicant_id or account_id in application.representatives:
        return True
    return has_been_delegate(session, account_id, application.applicant_id, application.procedure_code)


def check_not_party(session: Session, application: Application, account_id: str) -> None:
    """Refuse ``OwnCase`` to a party."""
    if is_party(session, application, account_id):
        raise OwnCase(reference=application.reference)


def not_a_party(account_id: str) -> ColumnElement[bool]:
    """The condition on a row of the read model that somebody is no party to it."""
    started = exists().where(Party.application_id == VIEW.c.application_id, Party.started_by == account_id)
    delegated = was_delegate(account_id, VIEW.c.applicant_id, VIEW.c.procedure_code)
    return and_(VIEW.c.applicant_id != account_id, ~started, ~delegated)


def own_cases(session: Session, account_id: str) -> set[str]:
    """The ids of all applications somebody is a party to: what lists for staff leave out."""
    own = select(VIEW.c.application_id).where(~not_a_party(account_id))
    return set(session.scalars(own))
