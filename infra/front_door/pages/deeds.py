"""What officers can do with an application: each a door, what its form asks, and to whom it is offered.

Offering is a courtesy: a page shows nobody a form that would be refused. Whether it may be done, the door says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.chassis.json_types import Json
from infra.front_door.pages.forms import Form
from infra.front_door.pages.navigation import OFFICERS
from infra.front_door.pages.sessions import Person

INTAKE, CASE, APPROVER = (frozenset({role}) for role in ("intake_officer", "case_officer", "approver"))
Offered = Callable[[Json, Person], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """``kind``: words, line, day, choice, amount, demand (what is due now), agency, file, consultation, or marks (what
    is wrong with which paper or answer)."""

    name: str
    kind: str = "words"
    required: bool = True
    options: tuple[str, ...] = ()


REASON = Field("reason")


def _always(application: Json, person: Person) -> bool:
    return True


def _not_mine_yet(application: Json, person: Person) -> bool:
    return bool(application["officer_id"] != person.account_id)


def _mine(application: Json, person: Person) -> bool:
    return bool(application["officer_id"] == person.account_id)


def _proposed_by_another(application: Json, person: Person) -> bool:
    proposed_by = (application.get("proposal") or {}).get("by")
    return proposed_by is not None and proposed_by != person.account_id


def _appealed_and_decided_by_another(application: Json, person: Person) -> bool:
    decided_by = (application.get("decision") or {}).get("by")
    return bool(application.get("appeal")) and decided_by != person.account_id


def _owed(application: Json, person: Person) -> bool:
    return bool(application.get("owed"))


def open_consultation(application: Json, person: Person) -> Json | None:
    """The first question to an agency of the caller's that nobody has answered."""
    consultations: list[Json] = application.get("consultations") or []
    own = [entry for entry in consultations if set(person.posts.get(entry["agency_code"], [])) & OFFICERS]
    return next((entry for entry in own if entry["opinion"] is None), None)


def _is_asked(application: Json, person: Person) -> bool:
    return open_consultation(application, person) is not None


@dataclass(frozen=True, slots=True)
class Deed:
    """``name`` is the door's, unless ``call`` names another; ``kind`` that of its button."""

    name: str
    roles: frozenset[str]
    fields: tuple[Field, ...] = ()
    offered: Offered = _always
    kind: str = "second"
    call: str = ""

    @property
    def door(self) -> str:
        return self.call or f"applications.{self.name}"

    def asks(self, kind: str) -> bool:
        return any(field.kind == kind for field in self.fields)


DEEDS = (
    Deed("accept", INTAKE, kind="first"),
    Deed("assign", CASE, offered=_not_mine_yet, kind="first"),
    Deed(
        "propose",
        CASE,
        (Field("outcome", "choice", options=("approve", "reject")), Field("reason", required=False)),
        _mine,
        "first",
    ),
    Deed(
        "approve",
        APPROVER,
        (
            Field("title", "line"),
            Field("number", "line", required=False),
            Field("valid_until", "day", required=False),
            Field("file", "file", required=False),
        ),
        _proposed_by_another,
        "first",
    ),
    Deed(
        "return_result",
        OFFICERS,
        (
            Field("method", "choice", options=("counter", "online", "post")),
            Field("tracking_number", "line", required=False),
        ),
        kind="first",
    ),
    Deed(
        "answer_consultation",
        OFFICERS,
        (Field("consultation_id", "consultation"), Field("opinion")),
        _is_asked,
        "first",
    ),
    Deed(
        "decide_appeal",
        APPROVER,
        (Field("outcome", "choice", options=("uphold", "dismiss")), REASON),
        _appealed_and_decided_by_another,
        "first",
    ),
    Deed("confirm_withdrawal", OFFICERS, (Field("reason", required=False),), kind="first"),
    Deed("decline_withdrawal", OFFICERS, (Field("reason", required=False),)),
    Deed(
        "record_offline",
        INTAKE,
        (
            Field("amount", "demand"),
            Field("method", "choice", options=("cash", "transfer")),
            Field("receipt_book_number", "line"),
        ),
        _owed,
        call="payments.record_offline",
    ),
    Deed("send_back", APPROVER, (REASON,), _proposed_by_another),
    Deed("request_supplement", OFFICERS, (REASON, Field("marks", "marks", required=False))),
    Deed("request_payment", OFFICERS, (REASON, Field("amount", "amount", required=False))),
    Deed("consult", OFFICERS, (Field("agency_code", "agency"), Field("question"), Field("due_at", "day"))),
    Deed("extend", OFFICERS, (Field("due_at", "day"), REASON)),
    Deed("refuse_intake", INTAKE, (REASON,), kind="danger"),
    Deed("reject", APPROVER, (REASON,), _proposed_by_another, "danger"),
    Deed("stop", APPROVER, (REASON, Field("legal_basis", "line", required=False)), kind="danger"),
)
BY_NAME = {deed.name: deed for deed in DEEDS}


def offered(application: Json, person: Person) -> list[Deed]:
    """What this person can do now with this application, the likely next step first."""
    return [deed for deed in DEEDS if is_offered(deed, application, person)]


def is_offered(deed: Deed, application: Json, person: Person) -> bool:
    posts = set(person.posts.get(application["agency_code"], []))
    has_role = bool(posts & deed.roles) or deed.name == "answer_consultation"
    allowed = bool(deed.call) or deed.name in application["allowed"]
    return has_role and allowed and deed.offered(application, person)


def typed(deed: Deed, form: Form) -> Json:
    """What was filled in, by field; what was left empty is not there."""
    values = {field.name: _typed(field, form) for field in deed.fields}
    return {name: value for name, value in values.items() if value}


def _typed(field: Field, form: Form) -> object:
    if field.kind == "day":
        return form.date(field.name)
    if field.kind == "file":
        file = form.files.get(field.name)
        return file.arguments() if file else None
    if field.kind == "marks":
        return marks(form)
    if field.kind in ("amount", "demand"):
        digits = form.text(field.name).replace(".", "").replace(",", "").replace(" ", "")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 13 else digits
        return {"amount": number, "currency": "VND"} if digits else None
    return form.text(field.name)


def marks(form: Form) -> list[dict[str, str]]:
    """What is wrong where: every ``requirement-…`` and ``field-…`` that was filled."""
    filled = [(name.partition("-"), value) for name in form if (value := form.text(name))]
    return [
        {place: rest, "problem": value}
        for (place, _, rest), value in filled
        if place in ("requirement", "field") and rest
    ]


def missing(deed: Deed, values: Mapping[str, object]) -> list[str]:
    return [field.name for field in deed.fields if field.required and field.name not in values]


def arguments(deed: Deed, values: Json, application_id: str, person: Person) -> Json:
    """As the door takes them."""
    if deed.name == "assign":
        return {"application_id": application_id, "officer_id": person.account_id}
    if deed.name == "approve":
        facts = {name: value for name, value in values.items() if name != "file"}
        return {"application_id": application_id, "result": facts | values.get("file", {})}
    if deed.name == "request_supplement":
        return {"application_id": application_id, "marks": values.get("marks", []), "reason": values["reason"]}
    return {"application_id": application_id, **values}
