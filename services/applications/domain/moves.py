"""Every move an application can make, as one table: who may do what from where, and where it leads.

Doors, aggregate, tests and the picture in the README are all checked against it or made from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.applications.domain.statuses import FINAL, Status

SAME = "same"
BACK = "where it came from"

CITIZEN = frozenset({"citizen"})
INTAKE = frozenset({"intake_officer"})
CASE = frozenset({"case_officer"})
APPROVER = frozenset({"approver"})
OFFICERS = frozenset({"intake_officer", "case_officer", "approver"})
SYSTEM = frozenset({"system"})
AUDITOR = frozenset({"auditor"})

S = Status
OPEN = (S.SUBMITTED, S.ACCEPTED, S.IN_PROCESSING, S.SUPPLEMENT_REQUESTED, S.PAYMENT_REQUESTED)
APPEALABLE = (S.APPROVED, S.REJECTED, S.RESULT_RETURNED, S.STOPPED, S.INTAKE_REFUSED)
AFTER_SUBMISSION = tuple(status for status in S if status is not S.DRAFT)


@dataclass(frozen=True)
class Move:
    """One arrow (or a bundle of arrows that share all but their start).

    ``command``: name of the door and of the aggregate's method; ``event``: the event recorded;
    ``roles``: who may; ``sources``: statuses it may start from (``None``: nothing is there yet);
    ``target``: a status, ``SAME``, or ``BACK`` (where the waiting began).
    """

    command: str
    event: str
    roles: frozenset[str]
    sources: tuple[Status | None, ...]
    target: Status | str

    def leads_to(self, status: Status | None, came_from: Status | None = None) -> Status:
        """The status after this move from ``status``."""
        if isinstance(self.target, Status):
            return self.target
        after = came_from if self.target == BACK else status
        if after is None:
            raise ValueError(f"{self.command}: nothing to come back to")
        return after


MOVES: tuple[Move, ...] = (
    Move("start", "Started", CITIZEN, (None,), S.DRAFT),
    Move("save_answers", "AnswersSaved", CITIZEN, (S.DRAFT, S.SUPPLEMENT_REQUESTED), SAME),
    Move("attach", "Attached", CITIZEN, (S.DRAFT, S.SUPPLEMENT_REQUESTED), SAME),
    Move("detach", "Detached", CITIZEN, (S.DRAFT, S.SUPPLEMENT_REQUESTED), SAME),
    Move("submit", "Submitted", CITIZEN, (S.DRAFT,), S.SUBMITTED),
    Move("accept", "Accepted", INTAKE, (S.SUBMITTED,), S.ACCEPTED),
    Move("refuse_intake", "IntakeRefused", INTAKE, (S.SUBMITTED,), S.INTAKE_REFUSED),
    Move(
        "request_supplement",
        "SupplementRequested",
        OFFICERS,
        (S.SUBMITTED, S.ACCEPTED, S.IN_PROCESSING),
        S.SUPPLEMENT_REQUESTED,
    ),
    Move("supplement", "Supplemented", CITIZEN, (S.SUPPLEMENT_REQUESTED,), BACK),
    Move("assign", "Assigned", OFFICERS, (S.ACCEPTED, S.IN_PROCESSING), S.IN_PROCESSING),
    Move("request_payment", "PaymentRequested", OFFICERS, (S.ACCEPTED, S.IN_PROCESSING), S.PAYMENT_REQUESTED),
    Move("settle_fee", "FeeSettled", SYSTEM, (S.PAYMENT_REQUESTED,), BACK),
    Move("settle_fee", "FeeSettled", SYSTEM, tuple(s for s in AFTER_SUBMISSION if s is not S.PAYMENT_REQUESTED), SAME),
    Move("consult", "ConsultationRequested", OFFICERS, (S.IN_PROCESSING,), SAME),
    Move("answer_consultation", "ConsultationAnswered", OFFICERS, (S.IN_PROCESSING,), SAME),
    Move("extend", "DeadlineExtended", OFFICERS, (S.ACCEPTED, S.IN_PROCESSING), SAME),
    Move("request_withdrawal", "WithdrawalRequested", CITIZEN, OPEN, S.WITHDRAWAL_REQUESTED),
    Move("confirm_withdrawal", "WithdrawnByApplicant", OFFICERS, (S.WITHDRAWAL_REQUESTED,), S.WITHDRAWN),
    Move("decline_withdrawal", "WithdrawalDeclined", OFFICERS, (S.WITHDRAWAL_REQUESTED,), BACK),
    Move(
        "stop",
        "Stopped",
        APPROVER | SYSTEM,
        (S.ACCEPTED, S.IN_PROCESSING, S.SUPPLEMENT_REQUESTED, S.PAYMENT_REQUESTED),
        S.STOPPED,
    ),
    Move("propose", "OutcomeProposed", CASE, (S.IN_PROCESSING,), SAME),
    Move("approve", "Approved", APPROVER, (S.IN_PROCESSING,), S.APPROVED),
    Move("reject", "Rejected", APPROVER, (S.IN_PROCESSING,), S.REJECTED),
    Move("send_back", "ProposalReturned", APPROVER, (S.IN_PROCESSING,), SAME),
    Move("return_result", "ResultReturned", OFFICERS, (S.APPROVED, S.REJECTED), S.RESULT_RETURNED),
    Move("appeal", "Appealed", CITIZEN, APPEALABLE, SAME),
    Move("decide_appeal", "AppealDismissed", APPROVER, APPEALABLE, SAME),
    Move("decide_appeal", "AppealUpheld", APPROVER, APPEALABLE, S.IN_PROCESSING),
    # Outside the life cycle: nothing here changes the status.
    Move(
        "choose_delivery",
        "DeliveryChosen",
        CITIZEN,
        (S.DRAFT, *OPEN, S.WITHDRAWAL_REQUESTED, S.APPROVED, S.REJECTED),
        SAME,
    ),
    Move("rate", "Rated", CITIZEN, (S.RESULT_RETURNED, S.INTAKE_REFUSED, S.STOPPED, S.WITHDRAWN), SAME),
    Move("erase_subject", "SubjectErased", AUDITOR, tuple(S), SAME),
)


def moves_of(command: str) -> tuple[Move, ...]:
    """The rows of one command; KeyError for one the table does not know."""
    moves = tuple(move for move in MOVES if move.command == command)
    if not moves:
        raise KeyError(command)
    return moves


def find(command: str, status: Status | None, event: str | None = None) -> Move | None:
    """The row that lets ``command`` (leading to ``event``) start from ``status``; None when no row does."""
    rows = (move for move in moves_of(command) if status in move.sources and event in (None, move.event))
    return next(rows, None)


def allowed_from(status: Status | None) -> list[str]:
    """The commands the table allows from ``status``, in the table's order."""
    return list(dict.fromkeys(move.command for move in MOVES if status in move.sources))


def roles_for(command: str) -> frozenset[str]:
    return frozenset().union(*(move.roles for move in moves_of(command)))


def arrows() -> Iterator[tuple[Status | None, str, str, Status]]:
    """Every single arrow: (from, command, event, to). ``BACK`` is spread over the places waiting can begin."""
    for move in MOVES:
        for source in move.sources:
            for target in _targets(move, source):
                yield source, move.command, move.event, target


def _targets(move: Move, source: Status | None) -> list[Status]:
    if move.target != BACK:
        return [move.leads_to(source)]
    into = [row.sources for row in MOVES if row.target == source]
    return sorted({origin for sources in into for origin in sources if origin is not None}, key=list(Status).index)


def lifecycle_diagram() -> str:
    """The table as a Mermaid state diagram; moves that change nothing are left out."""
    labels: dict[tuple[str, str], list[str]] = {}
    for source, command, _event, target in arrows():
        if source != target:
            labels.setdefault((source or "[*]", target), []).append(command)
    lines = ["stateDiagram-v2"]
    for (source_name, target_name), commands in labels.items():
        lines.append(f"    {source_name} --> {target_name}: {', '.join(dict.fromkeys(commands))}")
    lines += [f"    {status} --> [*]" for status in Status if status in FINAL]
    return "\n".join(lines)
