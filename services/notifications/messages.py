"""What is kind to whom: which events a citizen is notified of, under which text, and with which facts.

An event that is not in ``SAID`` is the offices' own business: nobody is written to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from infra.chassis.json_types import Json
from services.notifications.procedures import Names, name_in

ATTACHMENT = {"vi": "Giấy tờ đính kèm", "en": "Attached paper"}
LANGUAGES = ("vi", "en")
CHANNELS = ("inbox", "email", "sms")


@dataclass(frozen=True)
class MessageKind:
    """One kind of message, about the event ``<key>.v1`` of ``source``.

    ``sms``: worth a text, because somebody must act or something has come to its end.
    ``optional``: facts an event may lack; templates see them as none.
    """

    key: str
    source: str = "applications"
    email: bool = True
    sms: bool = False
    optional: tuple[str, ...] = ()


MESSAGE_KINDS: Mapping[str, MessageKind] = {
    f"{kind.key}.v1": kind
    for kind in (
        # A draft, an officer's name: worth keeping in the inbox, not worth an e-mail.
        MessageKind("application_started", email=False),
        MessageKind("application_submitted", optional=("quote",)),
        MessageKind("application_supplemented"),
        MessageKind("application_accepted", optional=("receipt_number", "due_at")),
        MessageKind("intake_refused", sms=True, optional=("reason",)),
        MessageKind("supplement_requested", sms=True, optional=("reason", "marks", "answer_by")),
        MessageKind("application_assigned", email=False),
        MessageKind("payment_requested", sms=True, optional=("amount", "reason")),
        # The receipt of the payment, or the waiver, is the e-mail; this is the application's side of it.
        MessageKind("fee_settled", email=False, optional=("amount",)),
        MessageKind("fee_waived", "payments", optional=("reason", "legal_basis")),
        MessageKind("deadline_extended", optional=("reason",)),
        MessageKind("application_overdue", optional=("due_at",)),
        MessageKind("withdrawal_requested", optional=("reason",)),
        MessageKind("application_withdrawn"),
        MessageKind("withdrawal_declined", optional=("reason",)),
        MessageKind("application_stopped", optional=("reason",)),
        MessageKind("application_approved", sms=True),
        MessageKind("application_rejected", sms=True, optional=("reason",)),
        MessageKind("result_returned", sms=True, optional=("tracking_number",)),
        MessageKind("appealed"),
        MessageKind("appeal_dismissed", optional=("reason",)),
        MessageKind("appeal_upheld", optional=("reason",)),
        MessageKind("payment_settled", "payments", optional=("receipt_number",)),
        MessageKind("payment_failed", "payments", optional=("amount",)),
        MessageKind("payment_expired", "payments", optional=("amount",)),
        MessageKind("payment_surplus", "payments"),
        MessageKind("refund_requested", "payments", email=False),
        MessageKind("refund_declined", "payments", optional=("reason",)),
        MessageKind("refund_settled", "payments"),
    )
}
KINDS_BY_KEY: Mapping[str, MessageKind] = {kind.key: kind for kind in MESSAGE_KINDS.values()}
# Every text there is: key and channel. Inbox and e-mail share theirs; texts are written for the few that are sent.
TEXTS: Sequence[tuple[str, str]] = [
    (key, channel) for key, kind in KINDS_BY_KEY.items() for channel in CHANNELS if channel != "sms" or kind.sms
]

# Who acted is in the record; a message does not name them.
ACTOR_FIELDS = frozenset({"by", "applicant_id", "account_id", "officer_id", "previous_officer_id", "command_id"})


class MarkedPlace(TypedDict, total=False):
    """One thing to correct: of a paper (``requirement``) or of a place in the form."""

    requirement: str | None
    field: str | None
    pointer: str | None
    problem: str | None


def facts_of(kind: MessageKind, data: Json, *, language: str, full_name: str, reference: str, names: Names) -> Json:
    """What a template may use: the event's own facts, the recipient, and the names of things."""
    facts = {name: value for name, value in data.items() if name not in ACTOR_FIELDS}
    if facts.get("marks"):
        facts["marks"] = [_mark(mark, language, names) for mark in facts["marks"]]
    recipient_facts = {"full_name": full_name, "reference": reference}
    if "procedure_code" in data:
        recipient_facts["procedure_name"] = name_in(names.title, language, str(data["procedure_code"]))
    return {**dict.fromkeys(kind.optional), **facts, **recipient_facts}


def _mark(mark: MarkedPlace, language: str, names: Names) -> dict[str, str]:
    """One thing to correct: a paper or a place in the form by its name, and what is wrong with it."""
    return {"where": _name_of_place(mark, language, names), "problem": mark.get("problem") or ""}


def _name_of_place(mark: MarkedPlace, language: str, names: Names) -> str:
    if paper := mark.get("requirement"):
        return name_in(names.papers.get(paper, {}), language, str(paper))
    place = str(mark.get("field") or mark.get("pointer") or "")
    name = place.removeprefix("/answers").strip("/").partition("/")[0]
    if name in names.fields:
        return name_in(names.fields[name], language, place)
    return place or ATTACHMENT[language]


def addressee(data: Mapping[str, object]) -> str:
    """The account that the message is for."""
    return str(data["applicant_id"])
