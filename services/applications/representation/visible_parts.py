"""What of an application each relation to it is shown: one table, for every door that opens contents.

Facts (status, times, money, ids) are every reader's. What is between offices is no applicant's; collecting a fee needs
no answers; an asked agency sees what it is asked about, and its own question.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from infra.chassis.json_types import Json


class Part(StrEnum):
    """What next to a stream may be opened."""

    ANSWERS = "answers"
    PAPERS = "papers"
    NAME = "name"
    ADDRESS = "address"
    WORDS = "words"  # of offices to the applicant, and of the applicant
    BETWEEN_OFFICES = "between offices"


EVERY_PART = frozenset(Part)
VISIBLE_PARTS: dict[str, frozenset[Part]] = {
    "applicant": EVERY_PART - {Part.BETWEEN_OFFICES},
    "delegate": EVERY_PART - {Part.BETWEEN_OFFICES},
    "agency": EVERY_PART,
    "asked_agency": frozenset({Part.ANSWERS, Part.PAPERS, Part.NAME, Part.WORDS}),
    "accountant": frozenset({Part.NAME}),
    "auditor": EVERY_PART,
    "service": frozenset(),
}
OFFICES_ALONE = ("consultations", "proposal")
# Events whose words are between offices, by the name of their kind.
EVENTS_BETWEEN_OFFICES = frozenset(
    {"ConsultationRequested", "ConsultationAnswered", "OutcomeProposed", "ProposalReturned"}
)


def without_hidden_parts(view: Json, relation: str, agencies: frozenset[str] = frozenset()) -> Json:
    """The view of an application as somebody in this relation gets it.

    ``agencies``: where an asked official holds a post; of consultations they see those of their own.
    """
    parts = VISIBLE_PARTS[relation]
    visible = {key: value for key, value in view.items() if Part.BETWEEN_OFFICES in parts or key not in OFFICES_ALONE}
    if relation == "asked_agency":
        visible["consultations"] = [entry for entry in view["consultations"] if entry["agency_code"] in agencies]
    if Part.NAME not in parts:
        visible["applicant_name"] = None
    if Part.ANSWERS not in parts:
        visible["answers"] = None
    if Part.PAPERS not in parts:
        visible["attachments"] = []
    if Part.ADDRESS not in parts and isinstance(visible.get("delivery"), Mapping):
        visible["delivery"] = {**visible["delivery"], "address": None}
    return visible
