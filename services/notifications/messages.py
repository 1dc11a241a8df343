"""What is said to whom: which events a citizen hears of, under which text, and with which facts.

An event that is not in ``SAID`` is the offices' own business: nobody is written to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.notifications.procedures import Names, called

ATTACHMENT = {"vi": "Giấy tờ đính kèm", "en": "Attached paper"}
LANGUAGES = ("vi", "en")
CHANNELS = ("inbox", "email", "sms")


@dataclass(frozen=True)
class Said:
    """One kind of message. ``sms``: worth a text, because somebody must act or something has come to its end.
    ``optional``: facts an event may lack; templates see them as none."""

    key: str
    email: bool = True
    sms: bool = False
    optional: tuple[str, ...] = ()


SAID: Mapping[str, Said] = {
    f"{said.key}.v1": said
    for said in (
        # A draft, an officer's name: worth keeping in the inbox, not worth an e-mail.
        Said("application_started", email=False),
        Said("application_submitted", optional=("quote",)),
        Said("application_supplemented"),
        Said("application_accepted", optional=("receipt_number", "due_at")),
        Said("intake_refused", sms=True, optional=("reason",)),
        Said("supplement_requested", sms=True, optional=("reason", "marks", "answer_by")),
        Said("application_assigned", email=False),
        Said("payment_requested", sms=True, optional=("amount", "reason")),
        # The receipt of the payment, or the waiver, is the letter; this is the application's side of it.
        Said("fee_settled", email=False, optional=("amount",)),
        Said("fee_waived", optional=("reason", "legal_basis")),
        Said("deadline_extended", optional=("reason",)),
        Said("application_overdue", optional=("due_at",)),
        Said("withdrawal_requested", optional=("reason",)),
        Said("application_withdrawn"),
        Said("withdrawal_declined", optional=("reason",)),
        Said("application_stopped", optional=("reason",)),
        Said("application_approved", sms=True),
        Said("application_rejected", sms=True, optional=("reason",)),
        Said("result_returned", sms=True, optional=("tracking_number",)),
        Said("appealed"),
        Said("appeal_dismissed", optional=("reason",)),
        Said("appeal_upheld", optional=("reason",)),
        Said("payment_settled", optional=("receipt_number",)),
        Said("payment_failed", optional=("amount",)),
        Said("payment_expired", optional=("amount",)),
        Said("payment_surplus"),
        Said("refund_requested", email=False),
        Said("refund_declined", optional=("reason",)),
        Said("refund_settled"),
    )
}
KEYS: Mapping[str, Said] = {said.key: said for said in SAID.values()}
# Every text there is: key and channel. Inbox and e-mail share theirs; texts are written for the few that are sent.
TEXTS: Sequence[tuple[str, str]] = [
    (key, channel) for key, said in KEYS.items() for channel in CHANNELS if channel != "sms" or said.sms
]

# Whose deed it was is the record's business, not the letter's.
UNSPOKEN = frozenset({"by", "applicant_id", "account_id", "officer_id", "previous_officer_id", "command_id"})


def facts_of(
    said: Said, data: Mapping[str, Any], *, language: str, full_name: str, reference: str, names: Names
) -> dict[str, Any]:
    """What a text may speak of: the event's own facts, whom it is written to, and what things are called."""
    spoken = {name: value for name, value in data.items() if name not in UNSPOKEN}
    if spoken.get("marks"):
        spoken["marks"] = [_mark(mark, language, names) for mark in spoken["marks"]]
    known = {"full_name": full_name, "reference": reference}
    if "procedure_code" in data:
        known["procedure_name"] = called(names.title, language, str(data["procedure_code"]))
    return {**dict.fromkeys(said.optional), **spoken, **known}


def _mark(mark: Mapping[str, Any], language: str, names: Names) -> dict[str, str]:
    """One thing to correct: a paper or a place in the form by its name, and what is wrong with it."""
    return {"where": _place(mark, language, names), "problem": mark.get("problem") or ""}


def _place(mark: Mapping[str, Any], language: str, names: Names) -> str:
    if paper := mark.get("requirement"):
        return called(names.papers.get(paper, {}), language, str(paper))
    place = str(mark.get("field") or mark.get("pointer") or "")
    name = place.removeprefix("/answers").strip("/").partition("/")[0]
    if name in names.fields:
        return called(names.fields[name], language, place)
    return place or ATTACHMENT[language]


def addressee(data: Mapping[str, Any]) -> str:
    """The account that hears of it."""
    return str(data["applicant_id"])
