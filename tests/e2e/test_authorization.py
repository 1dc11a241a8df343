"""Another citizen, another agency's officer: nobody without a part in an application sees or touches it. And a command
that comes twice has one effect and one answer."""

from __future__ import annotations

from typing import Any

import pytest

from infra.chassis.contracts import contract_of
from tests.e2e.refusal_table import example
from tests.e2e.scenes import FREE, Fixtures
from tests.support.days import years_ahead
from tests.support.installation import AT_ONCE, Installation, RefusedCall, command, doors

# What a door speaks of, and the scene that is somebody else's.
THINGS = {
    "application_id": ("draft", "submitted", "handled", "returned"),
    "payment_id": ("payment", "payment_open"),
    "refund_id": ("refund",),
}
PUBLIC = {"track"}
FOREIGN = [
    (service, door, thing)
    for service, door in doors()
    for thing in THINGS
    if service in {"applications", "payments"} and door not in PUBLIC
    if thing in contract_of(service).rpc[door]["parameters"].get("properties", {})
]


def turned_away(reply: Any) -> bool:
    return (
        isinstance(reply, RefusedCall) and reply.name in {"Forbidden", "ApplicationNotFound"} and reply.cost < AT_ONCE
    )


@pytest.mark.parametrize("stranger", ["neighbour", "other_agency"])
@pytest.mark.parametrize(("service", "door", "thing"), FOREIGN, ids=["-".join(entry) for entry in FOREIGN])
def test_a_stranger_neither_sees_nor_touches_it(
    installation: Installation, scenes: Fixtures, service: str, door: str, thing: str, stranger: str
) -> None:
    before = installation.recorded()
    for scene in THINGS[thing]:
        arguments = {**example(service, door), thing: getattr(scenes, scene)}
        reply = installation.answer(service, door, stranger, **arguments)
        assert turned_away(reply), f"{scene}: {reply}"
        assert str(installation.people["citizen"]["full_name"]) not in str(reply)
    assert installation.recorded() == before


def test_an_officer_has_the_queue_of_their_own_agency_only(installation: Installation, scenes: Fixtures) -> None:
    for officer in ("intake_officer", "case_officer", "approver"):
        assert installation.call("applications", "queue", officer, agency_code=installation.agency)["items"]
    for door in ("queue", "affected_due_dates"):
        assert turned_away(installation.answer("applications", door, "other_agency", agency_code=installation.agency))
    other = installation.people["other_agency"]["agency_code"]
    assert installation.call("applications", "queue", "other_agency", agency_code=other)["items"] == []
    assert turned_away(installation.answer("applications", "affected_due_dates", "other_agency"))


def test_a_citizen_lists_nothing_of_another(installation: Installation, scenes: Fixtures) -> None:
    assert installation.call("applications", "mine", "neighbour")["items"] == []
    assert installation.call("notifications", "inbox", "neighbour")["items"] == []
    assert all(
        item["direction"] == "received" for item in installation.call("identity", "delegations", "neighbour")["items"]
    )


def test_a_delegate_acts_in_the_procedures_named_and_no_other(installation: Installation, scenes: Fixtures) -> None:
    principal = {"on_behalf_of": installation.people["citizen"]["citizen_number"], "channel": "online"}
    refused = installation.answer(
        "applications", "start", "neighbour", procedure_code=FREE, command_id=command(), **principal
    )
    assert turned_away(refused)


TWICE: list[tuple[str, str, str, dict[str, Any]]] = [
    ("applications", "start", "citizen", {"procedure_code": FREE, "channel": "online"}),
    ("catalog", "set_calendar_day", "catalog_editor", {"date": years_ahead(4), "kind": "holiday", "reason": "Nghỉ bù"}),
    ("identity", "create_agency", "operator", {"code": "H77", "name": "Cơ quan thử"}),
    ("notifications", "set_preferences", "citizen", {"preferences": {"email": False}}),
    ("notifications", "subscribe", "operator", {"url": "http://127.0.0.1:9/x", "event_types": ["fee_settled.v1"]}),
]


@pytest.mark.parametrize(
    ("service", "door", "person", "arguments"), TWICE, ids=[f"{entry[0]}-{entry[1]}" for entry in TWICE]
)
def test_the_same_command_twice_has_one_effect_and_one_answer(
    installation: Installation, scenes: Fixtures, service: str, door: str, person: str, arguments: dict[str, Any]
) -> None:
    once = {**example(service, door), **arguments, "command_id": command()}
    once = {name: value for name, value in once.items() if name != "parent_code"}
    first = installation.call(service, door, person, **once)
    recorded = installation.quiet()
    assert installation.call(service, door, person, **once) == first
    assert installation.call(service, door, person, **{**once, "command_id": once["command_id"].upper()}) == first
    assert installation.recorded() == recorded


def test_the_same_command_id_with_other_arguments_is_refused_whoever_was_first(
    installation: Installation, scenes: Fixtures
) -> None:
    again = {"procedure_code": FREE, "channel": "counter", "command_id": scenes.draft_command}
    reused = installation.answer("applications", "start", "citizen", **again)
    assert isinstance(reused, RefusedCall) and reused.name == "CommandIdReused" and scenes.draft_command in reused.words
    assert isinstance(
        installation.call("applications", "start", "neighbour", **again), dict
    )  # ids are each caller's own


def test_a_move_of_a_status_that_does_not_allow_it_says_what_is_allowed(
    installation: Installation, scenes: Fixtures
) -> None:
    refused = installation.answer(
        "applications", "rate", "citizen", "en", application_id=scenes.draft, stars=5, command_id=command()
    )
    assert isinstance(refused, RefusedCall) and refused.name == "TransitionNotAllowed"
    assert "draft" in refused.words and "submit" in refused.words
