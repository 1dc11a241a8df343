"""One document on its way with one receiver: a stream of steps, each of one side, and what they come to.

Nothing is overwritten: a status is reached by a step and stays in the history. What may happen next is a row of one
table. Codes: QCVN 102:2016, status packets (01 arrived … 06 finished, 13 recalled, 15 agreed, 16 declined; 103 and 104
where a request waits).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypedDict

SENDER, RECEIVER, AXIS = "sender", "receiver", "axis"
NEW, SENT, CANCELLED = "", "sent", "cancelled"
ARRIVED, REFUSED, ACCEPTED, ASSIGNED = "arrived", "refused", "accepted", "assigned"
IN_WORK, FINISHED, RECALLED, SUPERSEDED = "in_work", "finished", "recalled", "superseded"
OPEN = frozenset({ARRIVED, ACCEPTED, ASSIGNED, IN_WORK, FINISHED})
STATUSES = (SENT, CANCELLED, ARRIVED, REFUSED, ACCEPTED, ASSIGNED, IN_WORK, FINISHED, RECALLED, SUPERSEDED)

RECALL, UPDATE, REPLACE = "recall", "update", "replace"
CODES = {ARRIVED: "01", REFUSED: "02", ACCEPTED: "03", ASSIGNED: "04", IN_WORK: "05", FINISHED: "06", RECALLED: "13"}
AGREED, DECLINED = "15", "16"
PENDING_CODES = {RECALL: "103", UPDATE: "104", REPLACE: "104"}
MOST_SENDINGS = 5


class DocumentMove(NamedTuple):
    """Whose step it is, from which statuses, and to which (None: it stays)."""

    side: str
    origins: frozenset[str]
    to: str | None


MOVES: dict[str, DocumentMove] = {
    "send": DocumentMove(SENDER, frozenset({NEW, REFUSED, CANCELLED}), SENT),
    "cancel": DocumentMove(SENDER, frozenset({SENT}), CANCELLED),
    "arrive": DocumentMove(AXIS, frozenset({SENT}), ARRIVED),
    "refuse": DocumentMove(RECEIVER, frozenset({ARRIVED}), REFUSED),
    "accept": DocumentMove(RECEIVER, frozenset({ARRIVED}), ACCEPTED),
    "assign": DocumentMove(RECEIVER, frozenset({ACCEPTED}), ASSIGNED),
    "begin": DocumentMove(RECEIVER, frozenset({ACCEPTED, ASSIGNED}), IN_WORK),
    "finish": DocumentMove(RECEIVER, frozenset({ACCEPTED, ASSIGNED, IN_WORK}), FINISHED),
    "reply": DocumentMove(RECEIVER, OPEN, None),
    "ask": DocumentMove(SENDER, OPEN, None),
    "agree": DocumentMove(RECEIVER, OPEN, None),
    "decline": DocumentMove(RECEIVER, OPEN, None),
}
ANSWERS = frozenset({"agree", "decline"})
RESPONSES = {"refuse": REFUSED, "accept": ACCEPTED, "assign": ASSIGNED, "begin": IN_WORK, "finish": FINISHED}
ACT_OF = {status: act for act, status in RESPONSES.items()} | {CODES[to]: act for act, to in RESPONSES.items()}


class StepFacts(TypedDict, total=False):
    """What a step brings, each its own part of it."""

    content_version: int
    due_on: str | None
    document_id: str
    replacement_id: str | None
    request: str


class DocumentStep(NamedTuple):
    """One recorded step. ``at``: ISO 8601; ``facts``: what the step brings (a request, a version, an answer's id)."""

    kind: str
    at: str
    facts: StepFacts


@dataclass(frozen=True)
class BusinessRequest:
    """What the sender has asked for and nobody has answered. ``content_version``, ``due_on``: of an update."""

    kind: str
    at: str
    content_version: int | None = None
    due_on: str | None = None
    replacement_id: str | None = None


@dataclass(frozen=True)
class Consignment:
    """A document as it stands with one receiver. ``version``: of its stream; ``reached``: when each status was last."""

    status: str = NEW
    version: int = 0
    sendings: int = 0
    content_version: int = 0
    due_on: str | None = None
    pending: BusinessRequest | None = None
    superseded_by: str | None = None
    replies: tuple[tuple[str, str], ...] = ()
    reached: Mapping[str, str] = field(default_factory=dict)

    def allowed(self, side: str) -> list[str]:
        """What this side may do next."""
        return [act for act, move in MOVES.items() if move.side == side and self.may(act)]

    def may(self, act: str) -> bool:
        """Whether the step can be taken by whoever's it is."""
        if self.status not in MOVES[act].origins or (act == "send" and self.exhausted):
            return False
        if act in ANSWERS:
            recall_of_decided = self.pending is not None and self.pending.kind == RECALL and self.decided
            return self.pending is not None and not (act == "agree" and recall_of_decided)
        return self.pending is None or act == "reply"

    @property
    def exhausted(self) -> bool:
        """Whether it has been sent as often as it may be."""
        return self.sendings >= MOST_SENDINGS

    @property
    def decided(self) -> bool:
        """Whether the receiver has decided on it, so that it cannot be recalled any more."""
        return self.status == FINISHED

    @property
    def code(self) -> str | None:
        """The code of a status packet for the present status."""
        if self.pending is not None:
            return PENDING_CODES[self.pending.kind]
        return CODES.get(self.status)

    def after(self, step: DocumentStep) -> Consignment:
        """The consignment after one more step."""
        moved = replace(self, version=self.version + 1)
        if (to := MOVES[step.kind].to) is not None:
            moved = moved._at(to, step.at)
        if step.kind == "send":
            version, due_on = step.facts["content_version"], step.facts.get("due_on")
            return replace(moved, sendings=self.sendings + 1, content_version=version, due_on=due_on)
        if step.kind == "reply":
            return replace(moved, replies=(*self.replies, (step.facts["document_id"], step.at)))
        if step.kind == "ask":
            new = step.facts
            asked_for = BusinessRequest(
                new["request"], step.at, new.get("content_version"), new.get("due_on"), new.get("replacement_id")
            )
            return replace(moved, pending=asked_for)
        if step.kind in ANSWERS:
            return replace(moved._answered(step), pending=None)
        return moved

    def _answered(self, step: DocumentStep) -> Consignment:
        request = self.pending
        if step.kind == "decline" or request is None:
            return self
        if request.kind == RECALL:
            return self._at(RECALLED, step.at)
        if request.kind == UPDATE:
            return replace(self, content_version=request.content_version or self.content_version, due_on=request.due_on)
        return replace(self._at(SUPERSEDED, step.at), superseded_by=request.replacement_id)

    def _at(self, status: str, at: str) -> Consignment:
        return replace(self, status=status, reached={**self.reached, status: at})


def consignment_of(steps: Iterable[DocumentStep]) -> Consignment:
    """The consignment that these steps make."""
    consignment = Consignment()
    for step in steps:
        consignment = consignment.after(step)
    return consignment


def status_code(step: DocumentStep) -> str | None:
    """The code under which a step goes out as a status packet."""
    if step.kind == "ask":
        return PENDING_CODES[step.facts["request"]]
    if step.kind in ANSWERS:
        return AGREED if step.kind == "agree" else DECLINED
    return CODES.get(MOVES[step.kind].to or "")
