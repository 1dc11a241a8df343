"""The table of the broker's users says what contracts and code do: no more, and no less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.chassis.contracts import contract_of
from infra.chassis.messaging.topology import DEFAULT_TIERS
from infra.chassis.settings import SERVICES
from infra.front_door.surface import INTERNAL
from infra.rabbitmq.definitions import definitions, permissions, table, topic_permissions, user_names
from tests.support.installation import doors, rule_of

ROOT = Path(__file__).resolve().parents[2]
ROWS = table()


def test_the_table_has_every_service() -> None:
    assert set(ROWS["services"]) == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_publishes_and_hears_what_its_contract_says(service: str) -> None:
    row, contract = ROWS["services"][service], contract_of(service)
    assert sorted(row["publishes"]) == sorted(contract.events)
    subscriptions = [f"{source}/{event_type}" for source, types in row["consumes"].items() for event_type in types]
    assert sorted(subscriptions) == sorted(contract.consumes)


def test_what_is_for_services_alone_is_what_the_doors_say() -> None:
    closed = {f"{service}.{door}" for service, door in doors() if rule_of(service, door).internal}
    assert set(ROWS["for_services_alone"]) == closed == {".".join(pair) for pair in INTERNAL}


@pytest.mark.parametrize("caller", ["front-door", "operator"])
def test_a_front_end_and_the_operator_s_desk_call_every_door_but_those_for_services_alone(caller: str) -> None:
    every = {f"{service}.{door}" for service, door in doors()}
    assert set(ROWS["callers"][caller]["calls"]) == every - set(ROWS["for_services_alone"])


def test_retry_tiers_are_those_of_the_default_setting() -> None:
    assert ROWS["retry_milliseconds"] == [round(float(seconds) * 1000) for seconds in DEFAULT_TIERS.split(",")]


def test_what_call_backs_may_call_is_what_they_call() -> None:
    source = (ROOT / "infra" / "front_door" / "callbacks.py").read_text(encoding="utf-8")
    called = {".".join(pair) for pair in re.findall(r'call\("([a-z]+)", "([a-z_]+)"', source)}
    assert called == set(ROWS["callers"]["callbacks"]["calls"])


def test_nobody_but_who_makes_the_topology_reaches_the_default_exchange_or_everything() -> None:
    for user in user_names(ROWS):
        may = permissions(ROWS, user)
        open_to_all = any(re.fullmatch(pattern, "amq.default") for pattern in may.values())
        assert open_to_all == (user in ROWS["makes_topology"]), user


def test_every_pattern_is_a_regular_expression_that_begins_and_ends() -> None:
    made = definitions(dict.fromkeys(user_names(ROWS), "x" * 16))
    for grant in [*made["permissions"], *made["topic_permissions"]]:
        for kind in ("configure", "write", "read"):
            pattern = grant.get(kind, "^$")
            assert re.compile(pattern) and (pattern == ".*" or (pattern[0], pattern[-1]) == ("^", "$")), grant
    assert topic_permissions(ROWS, "front-door")["nameko-rpc"][1].startswith("^([0-9a-f]")
