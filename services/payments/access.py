"""Who may look at the money of an application, and who may touch it.

An official who is a party to the application (its applicant, who submitted it, who has ever been a delegate) does
neither as an official. Accountants see their own agencies' money; auditors and operators are national roles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import ColumnElement, not_, or_, select
from sqlalchemy.orm import Session

from infra.chassis.access.access_records import Accessed, record_access
from infra.chassis.access.actors import Actor
from infra.chassis.access.delegates import has_been_delegate, was_delegate
from infra.chassis.refusals import Forbidden, Forwarded
from services.payments.errors import OwnCase
from services.payments.models import Bill

if TYPE_CHECKING:
    from services.payments.clients import DelegationReader

READERS = ("accountant", "intake_officer", "case_officer", "approver")
NATIONAL = frozenset({"auditor", "operator"})
PURPOSE = "xem khoản thu của hồ sơ / looking at the money of an application"
Answer = TypeVar("Answer")


class DelegateCalls(Exception):
    """Who submitted for the applicant calls: identity has to be asked, outside any transaction."""

    def __init__(self, bill: Bill) -> None:
        self.applicant_id, self.procedure_code = bill.applicant_id, bill.procedure_code
        self.refused = _not_theirs(bill)


def on_behalf(identity: DelegationReader, by: Actor, work: Callable[[Actor], Answer]) -> Answer:
    """Carry out a payer's call; a delegate's only while the delegation is in force."""
    try:
        return work(by)
    except DelegateCalls as needed:
        try:
            identity.delegation_for(
                delegate_account_id=by.account_id,
                principal_account_id=needed.applicant_id,
                scope=needed.procedure_code,
            )
        except Forwarded:
            raise needed.refused from None
        return work(replace(by, acts_for=frozenset({needed.applicant_id})))


def pays(actor: Actor, bill: Bill) -> bool:
    """The applicant, or whoever submitted on the applicant's behalf and is a delegate still."""
    if actor.account_id == bill.applicant_id or bill.applicant_id in actor.acts_for:
        return True
    if actor.account_id == bill.submitted_by:
        raise DelegateCalls(bill)
    return False


def check_payer(actor: Actor, bill: Bill) -> None:
    if not pays(actor, bill):
        raise _not_theirs(bill)


def check_bill_reader(session: Session, actor: Actor, bill: Bill) -> None:
    """Refuse who has nothing to do with the bill; what staff and services look at goes to the access log."""
    if pays(actor, bill):
        return
    if not actor.is_service:
        if not (actor.at(bill.agency_code, *READERS) or actor.has(*NATIONAL)):
            raise Forbidden(
                reason=f"hồ sơ {bill.application_id} không thuộc tài khoản hay cơ quan này",
                reason_en=f"application {bill.application_id} is neither yours nor your agency's",
            )
        check_no_conflict(session, actor, bill)
    record_access(session, actor, [_person_of(bill)], purpose=PURPOSE, agency_code=bill.agency_code)


def check_official(session: Session, actor: Actor, bill: Bill, *roles: str) -> None:
    """One of ``roles`` held at the bill's agency, by somebody who is no party to it."""
    if not actor.at(bill.agency_code, *roles):
        names = " / ".join(roles)
        raise Forbidden(
            reason=f"cần vai trò {names} tại {bill.agency_code}",
            reason_en=f"needs role {names} at {bill.agency_code}",
        )
    check_no_conflict(session, actor, bill)


def check_statement(session: Session, actor: Actor, bill: Bill) -> None:
    """Who may have a statement's line about this bill booked: its agency's accountant, an operator; no party to it."""
    if actor.has("operator"):
        check_no_conflict(session, actor, bill)
    else:
        check_official(session, actor, bill, "accountant")


def check_no_conflict(session: Session, actor: Actor, bill: Bill) -> None:
    """Refuse ``OwnCase`` to a party."""
    if actor.account_id in {bill.applicant_id, bill.submitted_by} or has_been_delegate(
        session, actor.account_id, bill.applicant_id, bill.procedure_code
    ):
        raise OwnCase(application_id=bill.application_id)


def bills_seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    """Conditions on the bills whose money an official sees in lists: of their agencies, not their own cases."""
    return [not_(is_own_case(actor)), *of_agencies(actor)]


def is_own_case(actor: Actor) -> ColumnElement[bool]:
    """The condition on bills that the actor is a party."""
    delegated = was_delegate(actor.account_id, Bill.applicant_id, Bill.procedure_code)
    return or_(Bill.applicant_id == actor.account_id, Bill.submitted_by == actor.account_id, delegated)


def record_listed(session: Session, by: Actor, application_ids: Iterable[str]) -> None:
    """Whose money was on a page of a list, for the access log."""
    bills = session.scalars(select(Bill).where(Bill.application_id.in_(set(application_ids))))
    record_access(session, by, [_person_of(bill) for bill in bills], purpose=PURPOSE)


def _person_of(bill: Bill) -> Accessed:
    return Accessed(bill.applicant_id, bill.application_id, bill.reference, bill.procedure_code)


def of_agencies(actor: Actor) -> list[ColumnElement[bool]]:
    """The condition on bills that they are of the caller's agencies; none for national roles."""
    if actor.has(*NATIONAL):
        return []
    return [Bill.agency_code.in_([code for code in actor.agencies if actor.at(code, *READERS)])]


def _not_theirs(bill: Bill) -> Forbidden:
    return Forbidden(
        reason=f"hồ sơ {bill.application_id} không phải của tài khoản này",
        reason_en=f"application {bill.application_id} is not this account's",
    )


def agencies_of_accountant(by: Actor) -> list[str]:
    """Where somebody's posts as accountant are, by code."""
    return sorted(code for code in by.agencies if by.at(code, "accountant"))
