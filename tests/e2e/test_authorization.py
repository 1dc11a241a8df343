"""Another citizen, another agency's officer: nobody without a part in an application sees or touches it. And a command
that comes twice has one effect and one answer."""

from __future__ import annotations

from typing import Any

import pytest

from infra.chassis.contracts import contract_of
from tests.e2e.refusal_table import example
from tests.e2e.scenes import FREE, Scenes
from tests.support.days import years_ahead
from tests.support.installation import IN_TIME, Refused, Town, command, doors

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
    return isinstance(reply, Refused) and reply.name in {"Forbidden", "ApplicationNotFound"} and reply.took < IN_TIME


@pytest.mark.parametrize("stranger", ["neighbour", "other_agency"])
@pytest.mark.parametrize(("service", "door", "thing"), FOREIGN, ids=["-".join(one) for one in FOREIGN])
def test_a_stranger_neither_sees_nor_touches_it(
    town: Town, scenes: Scenes, service: str, door: str, thing: str, stranger: str
) -> None:
    before = town.recorded()
    for scene in THINGS[thing]:
        arguments = {**example(service, door), thing: getattr(scenes, scene)}
        reply = town.answer(service, door, stranger, **arguments)
        assert turned_away(reply), f"{scene}: {reply}"
        assert str(town.people["citizen"]["full_name"]) not in str(reply)
    assert town.recorded() == before


def test_an_officer_has_the_queue_of_their_own_agency_only(town: Town, scenes: Scenes) -> None:
    for officer in ("intake_officer", "case_officer", "approver"):
        assert town.call("applications", "queue", officer, agency_code=town.agency)["items"]
    for door in ("queue", "affected_due_dates"):
        assert turned_away(town.answer("applications", door, "other_agency", agency_code=town.agency))
    other = town.people["other_agency"]["agency_code"]
    assert town.call("applications", "queue", "other_agency", agency_code=other)["items"] == []
    assert turned_away(town.answer("applications", "affected_due_dates", "other_agency"))


def test_a_citizen_lists_nothing_of_another(town: Town, scenes: Scenes) -> None:
    assert town.call("applications", "mine", "neighbour")["items"] == []
    assert town.call("notifications", "inbox", "neighbour")["items"] == []
    assert all(one["direction"] == "received" for one in town.call("identity", "delegations", "neighbour")["items"])


def test_a_delegate_acts_in_the_procedures_named_and_no_other(town: Town, scenes: Scenes) -> None:
    principal = {"on_behalf_of": town.people["citizen"]["citizen_number"], "channel": "online"}
    refused = town.answer("applications", "start", "neighbour", procedure_code=FREE, command_id=command(), **principal)
    assert turned_away(refused)


TWICE: list[tuple[str, str, str, dict[str, Any]]] = [
    ("applications", "start", "citizen", {"procedure_code": FREE, "channel": "online"}),
    ("catalog", "set_calendar_day", "catalog_editor", {"date": years_ahead(4), "kind": "holiday", "reason": "Nghỉ bù"}),
    ("identity", "create_agency", "operator", {"code": "H77", "name": "Cơ quan thử"}),
    ("notifications", "set_preferences", "citizen", {"preferences": {"email": False}}),
    ("notifications", "subscribe", "operator", {"url": "http://127.0.0.1:9/x", "event_types": ["fee_settled.v1"]}),
]


@pytest.mark.parametrize(("service", "door", "person", "arguments"), TWICE, ids=[f"{one[0]}-{one[1]}" for one in TWICE])
def test_the_same_command_twice_has_one_effect_and_one_answer(
    town: Town, scenes: Scenes, service: str, door: str, person: str, arguments: dict[str, Any]
) -> None:
    once = {**example(service, door), **arguments, "command_id": command()}
    once = {name: value for name, value in once.items() if name != "parent_code"}
    first = town.call(service, door, person, **once)
    recorded = town.quiet()
    assert town.call(service, door, person, **once) == first
    assert town.call(service, door, person, **{**once, "command_id": once["command_id"].upper()}) == first
    assert town.recorded() == recorded


def test_the_same_command_id_with_other_arguments_is_refused_whoever_was_first(town: Town, scenes: Scenes) -> None:
    again = {"procedure_code": FREE, "channel": "counter", "command_id": scenes.draft_command}
    reused = town.answer("applications", "start", "citizen", **again)
    assert isinstance(reused, Refused) and reused.name == "CommandIdReused" and scenes.draft_command in reused.words
    assert isinstance(town.call("applications", "start", "neighbour", **again), dict)  # ids are each caller's own


def test_a_move_of_a_status_that_does_not_allow_it_says_what_is_allowed(town: Town, scenes: Scenes) -> None:
    refused = town.answer(
        "applications", "rate", "citizen", "en", application_id=scenes.draft, stars=5, command_id=command()
    )
    assert isinstance(refused, Refused) and refused.name == "TransitionNotAllowed"
    assert "draft" in refused.words and "submit" in refused.words
