"""A code that nobody knows, at every door that takes one: refused by name, or what the table says instead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.code_table import FINDS_NOTHING, WHAT_DOORS_DO, CodeArgument, code_arguments, laid_over
from tests.e2e.refusal_table import example
from tests.e2e.scenes import Fixtures
from tests.support.installation import Installation, RefusedCall

ARGUMENTS = list(code_arguments())
BY_NAME = [each for each in ARGUMENTS if WHAT_DOORS_DO.get(each[:3], "").isidentifier()]
EMPTY = [each for each in ARGUMENTS if WHAT_DOORS_DO.get(each[:3]) == FINDS_NOTHING]
WHO = {
    "start": "citizen", "changes": "case_officer", "queue": "intake_officer", "affected_due_dates": "auditor",
    "consult": "case_officer", "request_payment": "case_officer", "create_agency": "operator", "appoint": "operator",
    "dismiss": "operator", "send_document": "approver", "documents": "auditor", "document_figures": "auditor",
    "respond": "approver", "update_document": "approver", "answer_business": "approver", "report": "auditor",
    "index": "auditor", "what_if": "auditor", "integrity": "auditor", "feedback_queue": "operator",
    "route_feedback": "operator", "record_offline": "accountant", "refund": "accountant", "reconcile": "accountant",
    **dict.fromkeys(("publish", "set_agency", "merge_agency", "agency_changes", "draft", "publish_draft",
                     "discard_draft", "approve_publication", "decline_publication", "retire"), "catalog_editor"),
}  # fmt: skip


def who(each: CodeArgument) -> str | None:
    if (each.service, each.door) == ("catalog", "changes"):
        return "catalog_editor"
    return WHO.get(each.door)


def arguments_of(each: CodeArgument, installation: Installation, scenes: Fixtures) -> dict[str, Any]:
    """The contract's example for things there are, with the code nobody knows in its place."""
    things = {
        "application_id": scenes.handled, "procedure_code": "2.001159", "payment_id": scenes.refunded,
        "amount": scenes.amount, "available": scenes.amount, "feedback_id": scenes.ticket,
        "agency_code": installation.agency, "from_agency": installation.agency, "due_at": "2099-03-02",
    }  # fmt: skip
    options = example(each.service, each.door)
    options |= {name: value for name, value in things.items() if name in options}
    own: dict[tuple[str, str], dict[str, Any]] = {
        ("merge_agency", "into"): {"code": installation.agency},
        ("what_if", "change.procedure_code"): {"change": {"due_days": -1}},
        ("request_payment", "amount.currency"): {"amount": {"amount": 1000, "currency": "VND"}},
        ("publish", each.path): {"definition": scenes.sample | {"code": "9.000098"}},
        ("set_agency", each.path): {
            "agency": {"code": "H58", "name": {"vi": "Cơ quan mẫu"}},
            "valid_from": "2026-01-01",
        },
    }
    return laid_over(options | own.get((each.door, each.path), {}), each.path, each.unknown)


def test_the_table_says_of_every_door_that_takes_a_code_what_it_does_with_an_unknown_one() -> None:
    assert {each[:3] for each in ARGUMENTS} == set(WHAT_DOORS_DO)


@pytest.mark.parametrize("each", BY_NAME, ids=lambda each: "-".join(each[:3]))
def test_an_unknown_code_is_refused_by_name_in_both_languages(
    installation: Installation, scenes: Fixtures, each: CodeArgument
) -> None:
    before = installation.recorded()
    for language in ("vi", "en"):
        options = arguments_of(each, installation, scenes)
        reply = installation.answer(each.service, each.door, who(each), language, **options)
        assert isinstance(reply, RefusedCall), f"let through with {reply}"
        assert reply.name == WHAT_DOORS_DO[each[:3]], reply.words
        if reply.name == "InvalidRequest":
            assert "/" + each.path.split(".", 1)[0] in reply.words
    assert installation.recorded() == before


@pytest.mark.parametrize("each", EMPTY, ids=lambda each: "-".join(each[:3]))
def test_a_list_narrowed_by_an_unknown_code_is_empty(
    installation: Installation, scenes: Fixtures, each: CodeArgument
) -> None:
    reply = installation.call(each.service, each.door, who(each), **arguments_of(each, installation, scenes))
    assert reply["items"] == []
