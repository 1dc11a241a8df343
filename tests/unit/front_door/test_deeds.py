"""What officers are offered: the moves of the life cycle, to the roles that may make them; nothing that is refused."""

from __future__ import annotations

from typing import Any

from infra.front_door.pages import deeds
from infra.front_door.pages.forms import Form
from infra.front_door.pages.navigation import OFFICERS
from infra.front_door.pages.sessions import Person
from services.applications.domain.moves import allowed_from, roles_for
from services.applications.domain.statuses import Status

AGENCY = "H26.01"


def officer(*roles: str, account_id: str = "me", agency: str = AGENCY) -> Person:
    return Person(account_id, "", frozenset({"citizen", *roles}), {agency: list(roles)}, "")


def application(status: Status, **more: Any) -> dict[str, Any]:
    facts = {"agency_code": AGENCY, "officer_id": None, "proposal": None, "allowed": allowed_from(status)}
    return facts | more


def names(document: dict[str, Any], person: Person) -> set[str]:
    return {deed.name for deed in deeds.offered(document, person)}


def test_every_move_of_an_office_is_offered_to_roles_that_may_make_it() -> None:
    moves = {name: roles_for(name) for status in Status for name in allowed_from(status)}
    of_offices = {name for name, roles in moves.items() if roles & OFFICERS}
    own = {deed.name: deed for deed in deeds.DEEDS if not deed.call}
    assert set(own) == of_offices
    assert all(deed.roles <= moves[name] for name, deed in own.items())


def test_each_role_is_offered_its_own_and_only_at_its_agency() -> None:
    handed_in = application(Status.SUBMITTED)
    assert names(handed_in, officer("intake_officer")) == {"accept", "request_supplement", "refuse_intake"}
    assert names(handed_in, officer("approver")) == {"request_supplement"}
    assert names(handed_in, officer("intake_officer", agency="H29.01")) == set()


def test_an_outcome_is_proposed_by_who_has_it_and_decided_by_another() -> None:
    handled = application(Status.IN_PROCESSING, officer_id="me")
    assert "propose" in names(handled, officer("case_officer"))
    assert "propose" not in names(handled, officer("case_officer", account_id="another"))
    both, another = officer("case_officer", "approver"), officer("approver", account_id="another")
    proposed = handled | {"proposal": {"by": "me", "outcome": "approve"}}
    assert {"approve", "reject", "send_back"} <= names(proposed, another)
    assert not {"approve", "reject", "send_back"} & names(proposed, both)
    assert not {"approve", "reject", "send_back"} & names(handled, another)


def test_an_asked_agency_is_offered_its_answer_and_nothing_else() -> None:
    question = {"consultation_id": "c", "agency_code": "H29.01", "question": "?", "opinion": None}
    handled = application(Status.IN_PROCESSING, officer_id="me", consultations=[question])
    assert names(handled, officer("case_officer", agency="H29.01")) == {"answer_consultation"}
    answered = handled | {"consultations": [question | {"opinion": "Đồng ý"}]}
    assert names(answered, officer("case_officer", agency="H29.01")) == set()


def test_what_is_wrong_where_is_read_from_the_fields_that_were_filled() -> None:
    form = Form([("reason", "Mờ"), ("requirement-don", "Chụp lại"), ("requirement-anh", " "), ("field-phone", "Sai")])
    deed = deeds.BY_NAME["request_supplement"]
    values = deeds.typed(deed, form)
    marks = [{"requirement": "don", "problem": "Chụp lại"}, {"field": "phone", "problem": "Sai"}]
    assert values == {"reason": "Mờ", "marks": marks} and not deeds.missing(deed, values)
    assert deeds.missing(deed, {}) == ["reason"]


def test_an_amount_is_read_with_its_dots() -> None:
    values = deeds.typed(deeds.BY_NAME["request_payment"], Form([("reason", "Phí"), ("amount", "150.000")]))
    assert values["amount"] == {"amount": 150_000, "currency": "VND"}
