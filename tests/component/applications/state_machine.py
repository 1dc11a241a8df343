"""How an application must behave, stated a second time: a pure model, on plain values, to hold the service against.

Nothing here comes from the service: the table is the one its decision record gives in words. ``judge`` names the
refusal (``None``: the command is carried out) and changes nothing; ``carry_out`` changes and refuses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

OFFICE = ZoneInfo("Asia/Ho_Chi_Minh")
OPENS, BREAKS, BACK_AT, CLOSES = time(7, 30), time(11, 30), time(13), time(17)
# command | who | from | to (= stays, < where the waiting began)
TABLE = """
save_answers attach detach | citizen | draft supplement_requested | =
submit | citizen | draft | submitted
accept | intake_officer | submitted | accepted
refuse_intake | intake_officer | submitted | intake_refused
request_supplement | intake_officer case_officer approver | submitted accepted in_processing | supplement_requested
supplement | citizen | supplement_requested | <
assign | intake_officer case_officer approver | accepted in_processing | in_processing
request_payment | intake_officer case_officer approver | accepted in_processing | payment_requested
consult answer_consultation | intake_officer case_officer approver | in_processing | =
extend | intake_officer case_officer approver | accepted in_processing | =
request_withdrawal | citizen | submitted accepted in_processing supplement_requested payment_requested | \
withdrawal_requested
confirm_withdrawal | intake_officer case_officer approver | withdrawal_requested | withdrawn
decline_withdrawal | intake_officer case_officer approver | withdrawal_requested | <
stop | approver | accepted in_processing supplement_requested payment_requested | stopped
propose | case_officer | in_processing | =
approve | approver | in_processing | approved
reject | approver | in_processing | rejected
send_back | approver | in_processing | =
return_result | intake_officer case_officer approver | approved rejected | result_returned
appeal | citizen | approved rejected result_returned stopped intake_refused | =
decide_appeal | approver | approved rejected result_returned stopped intake_refused | =
choose_delivery | citizen | draft submitted accepted in_processing supplement_requested payment_requested \
withdrawal_requested approved rejected | =
rate | citizen | result_returned intake_refused stopped withdrawn | =
"""
# The codes of the national portal; a draft is not known there.
OFFICIAL = {
    "draft": None, "submitted": 1, "accepted": 2, "intake_refused": 3, "in_processing": 4, "supplement_requested": 5,
    "payment_requested": 6, "withdrawal_requested": 7, "withdrawn": 8, "stopped": 8, "approved": 9, "rejected": 9,
    "result_returned": 10,
}  # fmt: skip
EVENTS = {
    "start": "Started", "save_answers": "AnswersSaved", "attach": "Attached", "detach": "Detached",
    "submit": "Submitted", "accept": "Accepted", "refuse_intake": "IntakeRefused",
    "request_supplement": "SupplementRequested", "supplement": "Supplemented", "assign": "Assigned",
    "request_payment": "PaymentRequested", "settle": "FeeSettled", "consult": "ConsultationRequested",
    "answer_consultation": "ConsultationAnswered", "extend": "DeadlineExtended",
    "request_withdrawal": "WithdrawalRequested", "confirm_withdrawal": "WithdrawnByApplicant",
    "decline_withdrawal": "WithdrawalDeclined", "stop": "Stopped", "propose": "OutcomeProposed",
    "approve": "Approved", "reject": "Rejected", "send_back": "ProposalReturned", "return_result": "ResultReturned",
    "appeal": "Appealed", "decide_appeal": "AppealDismissed", "uphold": "AppealUpheld",
    "choose_delivery": "DeliveryChosen", "rate": "Rated",
}  # fmt: skip
ENDED_BY = {"refuse_intake", "stop", "approve", "reject"}
FORM, PAPER, ONLINE_LEVEL, DELIVERY_LEVEL = "ho_ten", "to-khai", 3, 4
SUPPLEMENT_DAYS, PAYMENT_DAYS, APPEAL_DAYS = 30, 15, 90


@dataclass(frozen=True)
class Row:
    roles: frozenset[str]
    sources: frozenset[str]
    target: str


def rows() -> dict[str, Row]:
    entries = {}
    for line in TABLE.strip().splitlines():
        commands, roles, sources, target = (part.strip() for part in line.split("|"))
        for command in commands.split():
            entries[command] = Row(frozenset(roles.split()), frozenset(sources.split()), target)
    return entries


ROWS = rows()


@dataclass(frozen=True)
class Person:
    """``offices``: the roles held at each agency."""

    account_id: str
    offices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    citizen: bool = False

    def serves(self, agency: str, roles: frozenset[str]) -> bool:
        return bool(self.offices.get(agency, frozenset()) & roles)


@dataclass
class Case:
    """One application as it should be.

    ``fees``: what is owed per moment; ``waits``, the innermost last: kind, status it came from, moments, until when.
    """

    applicant: str
    agency: str
    level: int
    quote: dict[str, int]
    holidays: frozenset[date]
    delegates: set[str] = field(default_factory=set)
    status: str = "draft"
    kinds: list[str] = field(default_factory=lambda: ["Started"])
    statuses: list[str] = field(default_factory=lambda: ["draft"])
    complete: bool = False  # the form's answers
    papers: dict[str, str] = field(default_factory=dict)
    fees: dict[str, int] = field(default_factory=dict)
    waits: list[tuple[str, str, frozenset[str], datetime | None]] = field(default_factory=list)
    officer: str | None = None
    proposer: str | None = None
    decided: tuple[str, datetime] | None = None  # by whom, when
    rejected: bool = False
    appealed: bool = False
    consultations: dict[str, tuple[str, bool]] = field(default_factory=dict)  # id -> agency, answered

    @property
    def version(self) -> int:
        return len(self.kinds)

    def allowed(self) -> set[str]:
        """What the table allows now, whoever asks, and what only the system does."""
        entries = {command for command, row in ROWS.items() if self.status in row.sources}
        return entries | {"erase_subject"} | ({"settle_fee"} if self.status != "draft" else set())

    # ── judging
    def judge(self, command: str, who: Person, arguments: Mapping[str, Any]) -> str | None:
        """The name of the refusal, ``None`` when there is none."""
        row = ROWS[command]
        if arguments.get("method") == "post" and not arguments.get("to"):
            return "InvalidRequest"
        if not self._may(command, who, row):
            return "Forbidden"
        if arguments.get("malformed"):
            return "InvalidRequest"
        if arguments.get("expected_version") not in (None, self.version):
            return "VersionConflict"
        if self.status not in row.sources:
            return "TransitionNotAllowed"
        rule = getattr(self, f"_rule_{command}", None)
        return rule(who, arguments) if rule else None

    def _may(self, command: str, who: Person, row: Row) -> bool:
        if row.roles == {"citizen"}:
            return who.citizen and (who.account_id == self.applicant or who.account_id in self.delegates)
        arguments = [agency for agency, _ in self.consultations.values()] if command == "answer_consultation" else []
        return any(who.serves(agency, row.roles) for agency in [self.agency, *arguments])

    def _rule_detach(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        return None if arguments["attachment_id"] in self.papers else "AttachmentNotFound"

    def _rule_submit(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        return None if self.complete and PAPER in self.papers.values() else "SubmissionIncomplete"

    def _rule_supplement(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        complete = self.complete if arguments["answers"] is None else FORM in arguments["answers"]
        return None if complete and PAPER in self.papers.values() else "SubmissionIncomplete"

    def _rule_accept(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        return "FeeNotPaid" if self.fees.get("intake") else None

    def _rule_request_payment(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        return None if arguments["amount"] or self.fees.get("intake") or self.fees.get("supplement") else "NothingOwed"

    def _rule_answer_consultation(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        agency, answered = self.consultations.get(arguments["consultation_id"], ("", True))
        officers = ROWS["answer_consultation"].roles
        return "ConsultationNotFound" if answered or not who.serves(agency, officers) else None

    def _rule_extend(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        return None if arguments["later"] else "NotExtendable"

    def _rule_assign(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        return None if self.agency in arguments["offices"] else "NotAnOfficer"

    def _rule_propose(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        return None if who.account_id == self.officer else "NotAssigned"

    def _rule_approve(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        if self.proposer is None:
            return "NoProposal"
        return "ApproverIsProposer" if self.proposer == who.account_id else None

    _rule_reject = _rule_send_back = _rule_approve

    def _rule_return_result(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        unpaid = self.status == "approved" and self.fees.get("result")
        return self._rule_choose_delivery(who, arguments) or ("FeeNotPaid" if unpaid else None)

    def _rule_choose_delivery(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        return "DeliveryNotOffered" if arguments["method"] != "counter" and self.level < DELIVERY_LEVEL else None

    def _rule_appeal(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        if self.appealed:
            return "AppealPending"
        assert self.decided is not None
        return "AppealTooLate" if arguments["at"] > self._limit(self.decided[1], APPEAL_DAYS) else None

    def _rule_decide_appeal(self, who: Person, arguments: Mapping[str, Any]) -> str | None:
        if not self.appealed:
            return "AppealNotPending"
        assert self.decided is not None
        return "DeciderDecidesAppeal" if self.decided[0] == who.account_id else None

    # ── carrying out
    def carry_out(self, command: str, who: Person, arguments: Mapping[str, Any]) -> None:
        """What the command leaves behind: one event, two for a supplement with new answers."""
        effect = getattr(self, f"_do_{command}", None)
        target = ROWS[command].target
        if target == "<":
            target = self._back()
        if effect:
            effect(who, arguments)
        if command in ENDED_BY:
            self.decided = (who.account_id, arguments["at"])
            self.rejected = command == "reject"
            self.proposer = None
        if command == "stop":
            self.waits.clear()
        uphold = command == "decide_appeal" and arguments["outcome"] == "uphold"
        self._happened("uphold" if uphold else command, "in_processing" if uphold else target)

    def _happened(self, what: str, status: str) -> None:
        self.status = self.status if status == "=" else status
        self.kinds.append(EVENTS[what])
        self.statuses.append(self.status)

    def _back(self) -> str:
        """Where the waiting began; a payment that came in meanwhile is not waited for any more."""
        came_from = self.waits.pop()[1]
        while self.waits and self.waits[-1][0] == "payment" and not self._owed(self.waits[-1][2]):
            came_from = self.waits.pop()[1]
        return came_from

    def owed(self) -> dict[str, int]:
        """What is still to be paid: nothing after an end without a decision, nothing for the result of a rejection."""
        if self.status in {"withdrawn", "stopped", "intake_refused"}:
            return {}
        return {
            moment: owed for moment, owed in self.fees.items() if owed and (moment, self.rejected) != ("result", True)
        }

    def _owed(self, moments: frozenset[str]) -> bool:
        return any(self.fees.get(moment) for moment in moments)

    def _do_save_answers(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.complete = FORM in arguments["answers"]

    def _do_attach(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.papers[arguments["attachment_id"]] = arguments["requirement"]

    def _do_detach(self, who: Person, arguments: Mapping[str, Any]) -> None:
        del self.papers[arguments["attachment_id"]]

    def _do_submit(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.fees = dict(self.quote)

    def _do_supplement(self, who: Person, arguments: Mapping[str, Any]) -> None:
        if arguments["answers"] is not None:
            self.complete = FORM in arguments["answers"]
            self.kinds.append("AnswersSaved")
            self.statuses.append("supplement_requested")

    def _do_assign(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.officer = arguments["officer_id"]

    def _do_request_supplement(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.waits.append(("supplement", self.status, frozenset(), self._limit(arguments["at"], SUPPLEMENT_DAYS)))

    def _do_request_payment(self, who: Person, arguments: Mapping[str, Any]) -> None:
        moments = {moment for moment in ("intake", "supplement") if self.fees.get(moment)}
        if arguments["amount"]:
            moments.add("supplement")
            self.fees["supplement"] = self.fees.get("supplement", 0) + arguments["amount"]
        self.waits.append(("payment", self.status, frozenset(moments), self._limit(arguments["at"], PAYMENT_DAYS)))

    def _do_request_withdrawal(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.waits.append(("withdrawal", self.status, frozenset(), None))

    def _do_confirm_withdrawal(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.waits.clear()

    def _do_consult(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.consultations[arguments["consultation_id"]] = (arguments["agency"], False)

    def _do_answer_consultation(self, who: Person, arguments: Mapping[str, Any]) -> None:
        agency, _ = self.consultations[arguments["consultation_id"]]
        self.consultations[arguments["consultation_id"]] = (agency, True)

    def _do_propose(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.proposer = who.account_id

    def _do_send_back(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.proposer = None

    def _do_appeal(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.appealed = True

    def _do_decide_appeal(self, who: Person, arguments: Mapping[str, Any]) -> None:
        self.appealed = False
        if arguments["outcome"] == "uphold":
            self.decided = self.proposer = None
            self.rejected = False

    # ── what nobody commands
    def settle(self, moments: list[str]) -> None:
        """Fees of these moments came in or were waived."""
        for moment in moments:
            self.fees[moment] = 0
        waiting = self.status == "payment_requested" and not self._owed(self.waits[-1][2])
        self._happened("settle", self.waits.pop()[1] if waiting else "=")

    def time_is(self, now: datetime) -> bool:
        """Whether a limit has passed, so that the system has stopped it."""
        if self.status not in {"supplement_requested", "payment_requested"}:
            return False
        until = self.waits[-1][3]
        if until is None or until >= now:
            return False
        self.waits.clear()
        self.decided, self.proposer = ("system", now), None
        self._happened("stop", "stopped")
        return True

    def _limit(self, at: datetime, days: int) -> datetime:
        """The end of the day so many days later, or of the first working day from then on."""
        day = self._working(at.astimezone(OFFICE).date() + timedelta(days=days))
        return datetime.combine(day, time.max, OFFICE)

    def _works(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.holidays

    def _working(self, day: date) -> date:
        while not self._works(day):
            day += timedelta(days=1)
        return day
