"""Every service at every door for everybody: what the door decides is what the hand-written table says."""

from __future__ import annotations

import ast
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.access.auth import ENVELOPE, Call
from infra.chassis.refusals import Refusal
from infra.chassis.settings import SERVICES
from infra.chassis.trust.service_calls import table
from tests.contract.service_calls import ABOUT, ANYONE, ITSELF, MAY, PEOPLE
from tests.support.installation import doors, rule_of

ROOT = Path(__file__).resolve().parents[2]
BY_CHASSIS = {"identity.jwks", "identity.access_endings"}  # what every check of a token asks


class Checks:
    """Stands for the check of signatures: this caller, this person."""

    def __init__(self, caller: str, person: str | None) -> None:
        self.caller, self.person = caller, person

    def caller_of(self, *_about: Any) -> str:
        return self.caller

    def actor_of(self, token: str) -> Actor:
        return Actor("a", roles=frozenset({str(self.person)}))


def admitted(caller: str, service: str, door: str, person: str | None) -> bool:
    """Whether a genuine call of a service is let in."""
    data = {"assertion": "genuine", ENVELOPE: None} | ({"auth_token": "genuine"} if person else {})
    context: Any = SimpleNamespace(data=data, service_name=service, call_id="c")
    try:
        rule_of(service, door).admit(Call(context, Checks(caller, person)), door)  # type: ignore[arg-type]
    except Refusal:
        return False
    return True


@pytest.mark.parametrize("caller", [*SERVICES, "elsewhere"])
def test_a_service_is_admitted_where_and_for_whom_the_table_says_and_nowhere_else(caller: str) -> None:
    tried = 0
    for service, door in doors():
        row = MAY.get(caller, {}).get(f"{service}.{door}", "").split()
        for person in (None, *PEOPLE):
            expected = rule_of(service, door).public or (person or ITSELF) in row
            assert admitted(caller, service, door, person) == expected, f"{caller} → {service}.{door} for {person}"
            tried += 1
    assert tried > 1000


def test_the_chassis_reads_the_same_table() -> None:
    for caller, rows in table().items():
        read = {
            key: (ANYONE * row.public or " ".join(sorted([*row.roles, *[ITSELF] * row.itself])))
            for key, row in rows.items()
        }
        assert read == {key: " ".join(sorted(row.split())) for key, row in MAY[caller].items()}, caller
        assert {key: row.person for key, row in rows.items() if row.person} == {
            key: name for key, name in ABOUT.items() if key in rows
        }
    assert set(table()) == set(MAY) == set(SERVICES)


def test_a_row_says_why_unless_its_door_is_open_to_anyone() -> None:
    for rows in table().values():
        for key, row in rows.items():
            assert row.public == (row.purpose is None) == rule_of(*key.split(".")).public, key


def test_on_behalf_of_nobody_may_a_service_enter_where_that_person_may_not() -> None:
    for rows in table().values():
        for key, row in rows.items():
            rule = rule_of(*key.split("."))
            assert row.roles <= rule.roles or rule.internal, key


@pytest.mark.parametrize("service", SERVICES)
def test_the_calls_of_a_service_s_clients_are_those_of_the_table(service: str) -> None:
    assert {key for key in MAY[service] if key not in BY_CHASSIS} == client_calls(service)
    assert MAY[service].keys() >= BY_CHASSIS or service == "identity"


def client_calls(service: str) -> set[str]:
    """What ``clients.py`` declares: the methods of each Protocol that a ``Neighbour(…)`` is given out as."""
    path = ROOT / "services" / service / "clients.py"
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
    protocols = {
        node.name: [part.name for part in node.body if isinstance(part, ast.FunctionDef)]
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases)
    }
    return {
        f"{ast.literal_eval(part.value.args[0])}.{method}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for part in ast.walk(node)
        if isinstance(part, ast.AnnAssign) and isinstance(part.value, ast.Call)
        for method in protocols[ast.unparse(part.annotation)]
    }


def test_a_call_for_one_person_is_about_nobody_else() -> None:
    for key, name in ABOUT.items():
        service, door = key.split(".")
        data = {"assertion": "genuine", ENVELOPE: None, "auth_token": "genuine", "deadline": str(time.time() + 9)}
        context: Any = SimpleNamespace(data=data, service_name=service, call_id="c")
        call = Call(context, Checks("applications", "citizen"))  # type: ignore[arg-type]
        rule_of(service, door).admit(call, door)
        call.check_about({name: "a"})
        with pytest.raises(Refusal):
            call.check_about({name: "b"})
