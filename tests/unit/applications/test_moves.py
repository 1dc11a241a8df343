"""The table of moves: every arrow allowed and refused, and nothing that is not in the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import services.applications as package
from infra.chassis.contracts import contract_of
from infra.chassis.settings import SERVICES
from services.applications.domain import moves
from services.applications.domain.events import KINDS, TOPICS
from services.applications.domain.moves import BACK, MOVES, OFFICERS, SAME
from services.applications.domain.statuses import NAMES, OFFICIAL_CODE, Status
from services.applications.duties.announcements import WIRE_NAMES
from services.applications.errors import Forbidden, TransitionNotAllowed
from services.applications.read_model.projection import OWN
from tests.unit.applications.actors import act
from tests.unit.applications.builders import PERFORM, ROADS, brought_to, ready_for

S = Status
ARROWS = [arrow for arrow in moves.arrows() if arrow[0] is not None]
STARTS = sorted({(source, command, event) for source, command, event, _ in ARROWS})
NO_ROADS = {"decide_appeal": {"AppealDismissed": "dismiss_appeal", "AppealUpheld": "uphold_appeal"}}


def perform_of(command: str, event: str) -> str:
    return NO_ROADS.get(command, {}).get(event, command)


@pytest.mark.parametrize(("source", "command", "event"), STARTS)
def test_every_arrow_is_walked_and_records_its_event(source, command, event):
    name = perform_of(command, event)
    life = ready_for(name, brought_to(source))
    came_from = Status(life.app.waits[-1]["came_from"]) if life.app.waits else None
    move = moves.find(command, source, event)
    assert move is not None
    life.do(name)
    assert life.kinds()[-1] == event
    assert life.app.status == move.leads_to(source, came_from)


@pytest.mark.parametrize("command", list(PERFORM))
@pytest.mark.parametrize("status", list(Status))
def test_what_the_table_does_not_allow_is_refused_and_nothing_is_recorded(status, command):
    door = "decide_appeal" if command.endswith("_appeal") else command
    if moves.find(door, status) is not None:
        return
    life = brought_to(status)
    before = life.app.version
    with pytest.raises(TransitionNotAllowed) as refused:
        life.do(command)
    assert refused.value.facts["status"] == status
    assert life.app.version == before


@pytest.mark.parametrize(("source", "command", "event"), STARTS)
def test_no_other_role_walks_an_arrow(source, command, event):
    name = perform_of(command, event)
    life = ready_for(name, brought_to(source))
    move = moves.find(command, source, event)
    before = life.app.version
    for role in {"citizen", "intake_officer", "case_officer", "approver", "auditor", "system"} - move.roles:
        with pytest.raises(Forbidden):
            life.do(name, role=role)
    assert life.app.version == before


@pytest.mark.parametrize(("source", "command"), sorted({(s, c) for s, c, _ in STARTS if moves.roles_for(c) & OFFICERS}))
def test_officers_of_another_agency_walk_no_arrow(source, command):
    name = {"decide_appeal": "dismiss_appeal"}.get(command, command)
    life = ready_for(name, brought_to(source))
    method, role, arguments = PERFORM[name]
    with pytest.raises(Forbidden):
        getattr(life.app, method)(**arguments(life), by=act("stranger", role, "H99.99", at=life.at))


@pytest.mark.parametrize("command", sorted({c for _, c, _ in STARTS if moves.roles_for(c) == {"citizen"}}))
def test_a_citizen_moves_only_their_own_application(command):
    source = next(s for s, c, _ in STARTS if c == command)
    life = ready_for(command, brought_to(source))
    with pytest.raises(Forbidden):
        life.do(command, account_id="somebody-else")


def test_each_waiting_comes_back_to_every_place_it_can_begin() -> None:
    for request, answer in (
        ("request_supplement", "supplement"),
        ("request_withdrawal", "decline_withdrawal"),
        ("request_payment", "settle_fee"),
    ):
        for row in moves.moves_of(request):
            for origin in row.sources:
                life = brought_to(origin)
                life.do(request)
                life.do(answer)
                assert life.app.status == origin, (request, origin)


def test_every_event_kind_has_a_move_a_wire_name_and_a_topic_written_by_hand() -> None:
    event_data = {move.event for move in MOVES}
    assert event_data == set(KINDS) == set(WIRE_NAMES)
    assert {topic.split(".")[1] for topic in TOPICS} == event_data
    assert all(re.fullmatch(r"applications\.[A-Z][A-Za-z]+", topic) for topic in TOPICS)
    assert set(OWN) <= event_data


def test_every_command_has_a_door_and_every_wire_name_a_contract() -> None:
    contract = contract_of("applications")
    doors = set(contract.rpc)
    assert {move.command for move in MOVES if move.command != "settle_fee"} <= doors
    assert set(WIRE_NAMES.values()) <= set(contract.events)
    forgotten = {f"{service}/subject_forgotten.v1" for service in SERVICES if service != "applications"}
    settling = {"payment_settled.v1", "fee_waived.v1", "refund_approved.v1", "refund_declined.v1"}
    money = {f"payments/{name}" for name in settling}
    surroundings = {"catalog/calendar_changed.v1", "identity/agency_created.v1", "identity/delegation_granted.v1"}
    heads = {"identity/access_log_sealed.v1"}
    terms = {"catalog/procedure_published.v1", "catalog/procedure_retired.v1"}
    elsewhere = {"interchange/own_dossier_changed.v1"}
    assert set(contract.consumes) == money | forgotten | surroundings | heads | terms | elsewhere


def test_every_door_with_a_command_id_is_a_move_of_the_table() -> None:
    contract = contract_of("applications")
    changing = {name for name, door in contract.rpc.items() if "command_id" in door["parameters"]["properties"]}
    assert changing == {move.command for move in MOVES} - {"settle_fee"}


def test_every_status_can_be_reached_has_a_name_and_a_code() -> None:
    assert {target for *_, target in moves.arrows()} == set(Status)
    assert set(NAMES) == set(OFFICIAL_CODE) == set(ROADS) == set(Status)
    assert sorted(code for code in set(OFFICIAL_CODE.values()) if code) == list(range(1, 11))


def test_the_table_has_no_row_twice_for_one_start() -> None:
    collected = [(source, move.command, move.event) for move in MOVES for source in move.sources]
    assert len(collected) == len(set(collected))
    assert all(move.target in (SAME, BACK) or isinstance(move.target, Status) for move in MOVES)


def test_the_picture_in_the_readme_is_made_from_the_table() -> None:
    readme = Path(next(iter(package.__path__))) / "README.md"
    assert moves.lifecycle_diagram() in readme.read_text(encoding="utf-8")
