"""What the services promise has its counterpart over HTTP; see CONTRIBUTING.md, "Adding a door"."""

from __future__ import annotations

from infra.chassis.contracts import contract_of
from infra.chassis.settings import SERVICES
from infra.front_door import problems
from infra.front_door.statuses import STATUS
from tests.support.problem_texts import refusal_texts


def test_every_refusal_of_every_contract_has_an_http_status() -> None:
    names = {name for service in SERVICES for door in contract_of(service).rpc.values() for name in door["refusals"]}
    assert len(names) > 60
    assert names - set(STATUS) == set(), "give it a row in infra/front_door/statuses.py"


def test_the_words_of_the_front_door_are_those_of_the_services() -> None:
    assert problems.texts() == refusal_texts(), "run: python -m tests.support.problem_texts"
