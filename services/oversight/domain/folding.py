"""From events to facts. What an event changes is a row of one table; applying never asks and never reads a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from services.oversight.domain.fact import OWN, Fact, MoveFacts, RecordedMove, micros
from services.oversight.domain.mirrored import stated_order

Change = Callable[[Fact, RecordedMove], None]

COUNTER_METHODS = frozenset({"cash", "transfer"})  # any other way of paying goes through a gateway
KNOWN_OF_PAPERS = ("digitised", "reused", "from_store", "replaced", "registers", "verified_sign_in")

# Members of an event's data that are kept; whatever else it says is of no concern here.
KEPT_MEMBERS: dict[str, tuple[str, ...]] = {
    "application_started": ("channel", "level"),
    "application_attached": ("attachment_id",),
    "application_detached": ("attachment_id",),
    "application_submitted": ("channel", "level", *KNOWN_OF_PAPERS),
    "application_accepted": ("due_at",),
    "application_supplemented": ("due_at",),
    "withdrawal_declined": ("due_at",),
    "fee_settled": ("how", "method", "amount", "due_at"),
    "deadline_extended": ("due_at", "previous_due_at"),
    "appeal_upheld": ("due_at",),
    "application_approved": ("result_code", "electronic_result", "result_repeats_paper"),
    "application_rated": ("stars",),
}


COUNTED = "VND"


def kept_members(kind: str, data: Mapping[str, Any]) -> MoveFacts:
    """What of an event's data figures keep; a quote only as its total, an amount only as its number.

    Figures are in đồng: money in another currency is in no sum of them.
    """
    facts = {name: data[name] for name in KEPT_MEMBERS.get(kind, ()) if data.get(name) is not None}
    if "amount" in facts:
        money = facts.pop("amount")
        facts |= {"amount": money["amount"]} if money["currency"] == COUNTED else {}
    if kind == "application_submitted" and data.get("quote"):
        total = data["quote"]["total"]
        facts["fee_owed"] = total["amount"]
        facts |= {} if total["currency"] == COUNTED else {"fee_currency": total["currency"]}
    return cast(MoveFacts, facts)  # as the contract of the event says


def move_of(event: Mapping[str, Any], position: int) -> RecordedMove:
    """An event as it came, as figures know it."""
    data = event["data"]
    kind = str(event["type"]).removesuffix(".v1")
    return RecordedMove(
        version=data["version"],
        kind=kind,
        at=micros(data["at"]),
        position=position,
        event_id=event["id"],
        status=data["status"],
        role=data["by"]["role"],
        facts=kept_members(kind, data),
    )


def first_fact(data: Mapping[str, Any], source: str = OWN) -> Fact:
    """The fact of an application before any of its events is applied."""
    return Fact(
        application_id=data["application_id"],
        source=source,
        reference=data["reference"],
        agency_code=data["agency_code"],
        procedure_code=data["procedure_code"],
        applicant_id=data["applicant_id"],
    )


def fold(fact: Fact, moves: Iterable[RecordedMove]) -> Fact:
    """The fact after these moves, in the order of the stream; what other systems state, by the time they state."""
    for move in moves if fact.source == OWN else sorted(moves, key=stated_order):
        change = CHANGES.get(move.kind)
        if change is not None:
            change(fact, move)
        fact.status = move.status
        fact.last_at = max(fact.last_at, move.at, move.facts.get("received_at", 0))
        fact.last_version = move.version
        fact.event_ids.append(move.event_id)
    return fact


def _started(fact: Fact, move: RecordedMove) -> None:
    fact.channel, fact.level = move.facts.get("channel"), move.facts.get("level")


def _attached(fact: Fact, _move: RecordedMove) -> None:
    fact.papers += 1


def _detached(fact: Fact, _move: RecordedMove) -> None:
    fact.papers -= 1


def _submitted(fact: Fact, move: RecordedMove) -> None:
    _started(fact, move)
    fact.submitted_at = move.at
    fact.fee_owed, fact.fee_currency = move.facts.get("fee_owed"), move.facts.get("fee_currency")
    for name in KNOWN_OF_PAPERS:
        setattr(fact, name, move.facts.get(name))


def _accepted(fact: Fact, move: RecordedMove) -> None:
    fact.accepted_at = move.at
    _promised(fact, move)


def _promised(fact: Fact, move: RecordedMove) -> None:
    due = move.facts.get("due_at")
    fact.promised_at = fact.due_at = None if due is None else micros(due)


def _answered(fact: Fact, move: RecordedMove) -> None:
    if (due := move.facts.get("due_at")) is not None:
        fact.due_at = micros(due)


def _supplement_requested(fact: Fact, move: RecordedMove) -> None:
    fact.supplements.append([move.at, None])


def _supplemented(fact: Fact, move: RecordedMove) -> None:
    _answered(fact, move)
    if fact.supplements and fact.supplements[-1][1] is None:
        fact.supplements[-1][1] = move.at


def _fee_settled(fact: Fact, move: RecordedMove) -> None:
    _answered(fact, move)
    if move.facts.get("how") != "paid":
        return
    if move.facts.get("method") in COUNTER_METHODS:
        fact.paid_at_counter = True
    else:
        fact.paid_online = True
    fact.paid_amount += move.facts.get("amount", 0)


def _ended(ending: str) -> Change:
    def change(fact: Fact, move: RecordedMove) -> None:
        fact.ended_at, fact.ending = move.at, ending

    return change


def _approved(fact: Fact, move: RecordedMove) -> None:
    _ended("approved")(fact, move)
    fact.result_due = True
    fact.electronic_result = move.facts.get("electronic_result")


def _returned(fact: Fact, move: RecordedMove) -> None:
    fact.returned_at = move.at


def _returned_elsewhere(fact: Fact, move: RecordedMove) -> None:
    """What was returned was finished before, or by then."""
    if fact.ended_at is None:
        _approved(fact, move)
    _returned(fact, move)


def _paid_elsewhere(fact: Fact, move: RecordedMove) -> None:
    """Stated with every content, counted once."""
    fact.paid_online, fact.paid_amount = True, move.facts["amount"]


def _appealed(fact: Fact, _move: RecordedMove) -> None:
    fact.appealed = True


def _reopened(fact: Fact, move: RecordedMove) -> None:
    """An appeal upheld: handling starts again under a new promise; the date of acceptance stays the first one."""
    fact.ended_at = fact.ending = fact.returned_at = fact.result_due = fact.electronic_result = None
    fact.accepted_at = move.at if fact.accepted_at is None else fact.accepted_at
    _promised(fact, move)


def _rated(fact: Fact, move: RecordedMove) -> None:
    fact.stars = move.facts.get("stars")


CHANGES: dict[str, Change] = {
    "application_started": _started,
    "application_attached": _attached,
    "application_detached": _detached,
    "application_submitted": _submitted,
    "application_accepted": _accepted,
    "intake_refused": _ended("intake_refused"),
    "supplement_requested": _supplement_requested,
    "application_supplemented": _supplemented,
    "fee_settled": _fee_settled,
    "deadline_extended": _promised,
    "withdrawal_declined": _answered,
    "application_withdrawn": _ended("withdrawn"),
    "application_stopped": _ended("stopped"),
    "application_approved": _approved,
    "application_rejected": _ended("rejected"),
    "result_returned": _returned,
    "dossier_returned": _returned_elsewhere,
    "dossier_paid": _paid_elsewhere,
    "appealed": _appealed,
    "appeal_upheld": _reopened,
    "application_rated": _rated,
}
