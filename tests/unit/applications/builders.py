"""Applications in memory, brought to any status by the shortest life that leads there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from infra.working_time import WorkingCalendar
from infra.working_time.records import PromiseRecord
from services.applications.domain.application import Application
from services.applications.domain.facts import JudgedProcedure
from services.applications.domain.statuses import Status
from tests.unit.applications.actors import act
from tests.unit.applications.fakes import PROCEDURE, Catalog, money, quote_of

CALENDAR = WorkingCalendar.of_replies([Catalog().calendar(year=2026), Catalog().calendar(year=2027)])
PROMISE: PromiseRecord = {"amount": 3, "unit": "working_days"}
WORDS = {"statement_id": "s", "commitment": "c" * 64}
MONDAY = datetime.fromisoformat("2026-03-02T08:00:00+07:00")
RESULT = {"result_id": "r", "commitment": "c" * 64, "code": None, "valid_until": None}
ROLES = {
    "citizen": "citizen-1",
    "intake_officer": "intake-1",
    "case_officer": "case-1",
    "approver": "approver-1",
    "auditor": "auditor-1",
}
S = Status


class Life:
    """One application and the hands that move it; time goes on by ``minutes`` with every act."""

    def __init__(self, *moments: str, minutes: int = 1, at: datetime = MONDAY, **changes: Any) -> None:
        self.procedure = cast(JudgedProcedure, PROCEDURE | changes)
        self.quote, self.minutes, self.at = quote_of(*moments), minutes, at
        self.app = Application.start(
            application_id=uuid4(),
            procedure=self.procedure,
            channel="online",
            agency_code="H01.01",
            reference="H01.01-20260302-0000001",
            tracking_digest="d" * 64,
            by=self.by("citizen"),
        )

    def by(
        self, role: str, account_id: str | None = None, agency: str = "H01.01", on_behalf_of: str | None = None
    ) -> Any:
        self.at += timedelta(minutes=self.minutes)
        return act(account_id or ROLES.get(role, role), role, agency, on_behalf_of, self.at)

    def do(self, command: str, role: str | None = None, account_id: str | None = None, **options: Any) -> Life:
        """Carry out a command of the table with ordinary arguments, by its usual role."""
        method, usual_role, arguments = PERFORM[command]
        decides_again = role is None and command in {"dismiss_appeal", "uphold_appeal"}
        by = self.by(role or usual_role, account_id or ("approver-2" if decides_again else None))
        getattr(self.app, method)(**(arguments(self) | options), by=by)
        return self

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.app.pending_events]


PERFORM: dict[str, tuple[str, str, Callable[[Life], dict[str, Any]]]] = {
    "save_answers": (
        "save_answers",
        "citizen",
        lambda life: {"answers_id": str(uuid4()), "commitment": "c", "changed": ["/a"]},
    ),
    "attach": (
        "attach",
        "citizen",
        lambda life: {
            "attachment_id": str(uuid4()),
            "requirement": "to-khai",
            "media_type": "application/pdf",
            "size": 1,
            "commitment": "c",
        },
    ),
    "detach": ("detach", "citizen", lambda life: {"attachment_id": next(iter(life.app.attachments), "none")}),
    "submit": (
        "submit",
        "citizen",
        lambda life: {"procedure": life.procedure, "procedure_digest": "d", "quote": life.quote},
    ),
    "accept": (
        "accept",
        "intake_officer",
        lambda life: {"receipt_number": "TN-1", "promise": PROMISE, "calendar": CALENDAR},
    ),
    "refuse_intake": ("refuse_intake", "intake_officer", lambda life: {"reason": WORDS}),
    "request_supplement": (
        "request_supplement",
        "case_officer",
        lambda life: {
            "marks": [],
            "reason": WORDS,
            "answer_by": life.at + timedelta(days=30),
        },
    ),
    "supplement": ("supplement", "citizen", lambda life: {"calendar": CALENDAR}),
    "assign": ("assign", "approver", lambda life: {"officer_id": "case-1"}),
    "request_payment": (
        "request_payment",
        "case_officer",
        lambda life: {
            "reason": WORDS,
            "amount": money(1000),
            "answer_by": life.at + timedelta(days=15),
        },
    ),
    "settle_fee": (
        "settle_fee",
        "system",
        lambda life: {
            "moments": sorted(life.app.owed()),
            "how": "paid",
            "payment_id": "p",
            "amount": None,
            "method": "vnpay",
            "calendar": None,
        },
    ),
    "consult": (
        "consult",
        "case_officer",
        lambda life: {
            "consultation_id": str(uuid4()),
            "agency_code": "H01.01",
            "question": WORDS,
            "due_at": life.at + timedelta(days=1),
        },
    ),
    "answer_consultation": (
        "answer_consultation",
        "case_officer",
        lambda life: {
            "consultation_id": next(
                (key for key, item in life.app.consultations.items() if not item["opinion"]), "none"
            ),
            "opinion": WORDS,
        },
    ),
    "extend": (
        "extend",
        "case_officer",
        lambda life: {
            "due_at": life.at + timedelta(days=60),
            "reason": WORDS,
            "may_extend": True,
        },
    ),
    "request_withdrawal": ("request_withdrawal", "citizen", lambda life: {"reason": WORDS}),
    "confirm_withdrawal": ("confirm_withdrawal", "intake_officer", lambda life: {"reason": None}),
    "decline_withdrawal": ("decline_withdrawal", "intake_officer", lambda life: {"reason": None, "calendar": CALENDAR}),
    "stop": ("stop", "approver", lambda life: {"cause": "approver", "reason": WORDS, "legal_basis": None}),
    "propose": ("propose", "case_officer", lambda life: {"outcome": "approve", "reason": WORDS}),
    "approve": ("approve", "approver", lambda life: {"result": RESULT}),
    "reject": ("reject", "approver", lambda life: {"reason": WORDS}),
    "send_back": ("send_back", "approver", lambda life: {"reason": WORDS}),
    "return_result": ("return_result", "intake_officer", lambda life: {"method": "counter", "tracking_number": None}),
    "appeal": ("appeal", "citizen", lambda life: {"appeal_id": str(uuid4()), "grounds": WORDS, "calendar": CALENDAR}),
    "dismiss_appeal": ("dismiss_appeal", "approver", lambda life: {"reason": WORDS}),
    "uphold_appeal": (
        "uphold_appeal",
        "approver",
        lambda life: {
            "reason": WORDS,
            "receipt_number": "TN-2",
            "promise": PROMISE,
            "calendar": CALENDAR,
        },
    ),
    "choose_delivery": ("choose_delivery", "citizen", lambda life: {"method": "counter", "address": None}),
    "rate": ("rate", "citizen", lambda life: {"stars": 5, "comment": None}),
    "erase_subject": (
        "erase_subject",
        "auditor",
        lambda life: {"erasure_id": "e", "asked_by": "auditor-2", "legal_basis": "Luật"},
    ),
}

ROADS: dict[Status, tuple[str, ...]] = {
    S.DRAFT: (),
    S.SUBMITTED: ("submit",),
    S.ACCEPTED: ("submit", "accept"),
    S.INTAKE_REFUSED: ("submit", "refuse_intake"),
    S.IN_PROCESSING: ("submit", "accept", "assign"),
    S.SUPPLEMENT_REQUESTED: ("submit", "accept", "assign", "request_supplement"),
    S.PAYMENT_REQUESTED: ("submit", "accept", "assign", "request_payment"),
    S.WITHDRAWAL_REQUESTED: ("submit", "accept", "assign", "request_withdrawal"),
    S.WITHDRAWN: ("submit", "accept", "assign", "request_withdrawal", "confirm_withdrawal"),
    S.STOPPED: ("submit", "accept", "assign", "stop"),
    S.APPROVED: ("submit", "accept", "assign", "propose", "approve"),
    S.REJECTED: ("submit", "accept", "assign", "propose", "reject"),
    S.RESULT_RETURNED: ("submit", "accept", "assign", "propose", "approve", "return_result"),
}


def brought_to(status: Status, *moments: str, **changes: Any) -> Life:
    """An application that is at ``status``."""
    life = Life(*moments, **changes)
    for command in ROADS[status]:
        life.do(command)
    assert life.app.status == status
    return life


def ready_for(command: str, life: Life) -> Life:
    """What a command needs besides its status: something to detach, to answer, to decide on."""
    if command == "detach":
        life.do("attach")
    elif command == "answer_consultation":
        life.do("consult")
    elif command in {"approve", "reject", "send_back"}:
        life.do("propose")
    elif command in {"dismiss_appeal", "uphold_appeal"}:
        life.do("appeal")
    return life
