"""Who may look at the money of an application, and who may touch it."""

from __future__ import annotations

from infra.chassis.actors import Actor
from infra.chassis.refusals import Forbidden
from services.payments.models import Bill

READERS = ("accountant", "intake_officer", "case_officer", "approver")
OVERSIGHT = frozenset({"auditor", "operator", "service"})


def pays(actor: Actor, bill: Bill) -> bool:
    """The applicant, or whoever submitted on the applicant's behalf."""
    return actor.account_id in {bill.applicant_id, bill.submitted_by}


def check_payer(actor: Actor, bill: Bill) -> None:
    if not pays(actor, bill):
        raise Forbidden(
            reason=f"hồ sơ {bill.application_id} không phải của tài khoản này",
            reason_en=f"application {bill.application_id} is not this account's",
        )


def check_bill_reader(actor: Actor, bill: Bill) -> None:
    if not (pays(actor, bill) or actor.at(bill.agency_code, *READERS) or actor.has(*OVERSIGHT)):
        raise Forbidden(
            reason=f"hồ sơ {bill.application_id} không thuộc tài khoản hay cơ quan này",
            reason_en=f"application {bill.application_id} is neither yours nor your agency's",
        )


def read_at(actor: Actor) -> list[str]:
    """The agencies whose money this official may see."""
    return [code for code in actor.agencies if actor.at(code, *READERS)]


def check_at_agency(actor: Actor, agency_code: str, *roles: str) -> None:
    """One of ``roles`` held at that agency."""
    if not actor.at(agency_code, *roles):
        names = " / ".join(roles)
        raise Forbidden(
            reason=f"cần vai trò {names} tại {agency_code}", reason_en=f"needs role {names} at {agency_code}"
        )
