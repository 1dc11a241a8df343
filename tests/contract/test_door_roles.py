"""Every door of every service lets exactly those roles call that the hand-written table names."""

from __future__ import annotations

import pytest

from infra.chassis.settings import SERVICES
from tests.contract.door_roles import PUBLIC, SERVICES_ALONE, WHO, expected
from tests.support.installation import doors, rule_of


def test_every_service_is_in_the_table() -> None:
    assert set(WHO) == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_door_admits_the_roles_of_the_table_and_no_others(service: str) -> None:
    rules = {door: rule_of(service, door) for owner, door in doors() if owner == service}
    kinds = {door: PUBLIC * rule.public or SERVICES_ALONE * rule.internal for door, rule in rules.items()}
    actual = {door: frozenset({kinds[door]}) if kinds[door] else rule.roles for door, rule in rules.items()}
    assert actual == expected(service)
