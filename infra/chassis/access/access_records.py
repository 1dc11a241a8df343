"""Who used whose data: what staff and services are shown of people is recorded in the transaction that shows it.

Each service publishes it by its outbox, *identity* keeps the log. :func:`record_access` is the one call: who, through
which door, whose data, why and by which law. What people are shown of themselves is nobody's business and not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from infra.chassis import clock, logs
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue

ACCESSED = "personal_data_accessed.v1"
AT_ONCE = 500  # people in one event; a longer list is several
HANDLING = "Nghị định 118/2025/NĐ-CP: giải quyết thủ tục hành chính"
FEES = "Luật Phí và lệ phí 97/2015/QH13: thu, nộp, hoàn, miễn phí"
OVERSIGHT = "Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15: kiểm tra, giám sát việc xử lý dữ liệu"

# The law by which a role uses people's data, unless a door names another one; in the order in which roles count.
LEGAL_BASES = {
    "intake_officer": HANDLING,
    "case_officer": HANDLING,
    "approver": HANDLING,
    "accountant": FEES,
    "auditor": OVERSIGHT,
    "operator": HANDLING,
    "catalog_editor": HANDLING,
    "service": HANDLING,
}


@dataclass(frozen=True)
class Accessed:
    """Whose data it was (``subject_id``: an account), and of which application, if of one."""

    subject_id: str
    application_id: str | None = None
    reference: str | None = None
    procedure_code: str | None = None


def record_access(
    session: Session,
    by: Actor,
    accessed: Iterable[Accessed],
    *,
    purpose: str,
    legal_basis: str | None = None,
    agency_code: str | None = None,
) -> None:
    """Publish one use of people's data as ``personal_data_accessed.v1``; their own use is left out.

    ``agency_code``: where the caller was at work, if the door knows. ``purpose``: in Vietnamese / English. Which door
    and which call it is the door has bound (:mod:`infra.chassis.doors`).
    """
    others = [subject for subject in dict.fromkeys(accessed) if subject.subject_id != by.account_id]
    call_id = logs.context.get_contextvars().get("call_id")
    for start in range(0, len(others), AT_ONCE):
        part = others[start : start + AT_ONCE]
        data = access_members(by, part, purpose=purpose, legal_basis=legal_basis, agency_code=agency_code)
        enqueue(session, ACCESSED, data, subject=by.account_id, call_id=call_id)


def access_members(
    by: Actor,
    accessed: Sequence[Accessed],
    *,
    purpose: str,
    legal_basis: str | None = None,
    agency_code: str | None = None,
) -> Json:
    """The members of an event that says who used whose data: for events that have others besides."""
    role, agency = post_of(by, agency_code)
    return {
        "by": {"account_id": by.account_id, "role": role, "agency_code": agency},
        "purpose": purpose,
        "legal_basis": legal_basis or legal_basis_of(role),
        "accessed": [asdict(subject) for subject in accessed],
        "at": clock.now().isoformat(),
        **current_door(),
    }


def current_door() -> dict[str, str]:
    """``{"door": …}``: the RPC that is being answered; empty outside one (a follower, a command of operators)."""
    door = logs.context.get_contextvars().get("door")
    return {"door": door} if door else {}


def legal_basis_of(role: str | None) -> str:
    """The law by which a role uses people's data."""
    return LEGAL_BASES.get(role or "service", HANDLING)


def post_of(by: Actor, agency_code: str | None = None) -> tuple[str | None, str | None]:
    """In which role and at which agency somebody is at work: there, if they hold a post there, else anywhere."""
    here = [agency_code] if agency_code and agency_code in by.agencies else []
    for code in (*here, *sorted(by.agencies)):
        for role in LEGAL_BASES:
            if by.at(code, role):
                return role, code
    return next((role for role in LEGAL_BASES if role in by.roles), None), None
