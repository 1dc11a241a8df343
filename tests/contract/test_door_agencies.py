"""Every role of every door has its reach in the hand-written table, once."""

from __future__ import annotations

from collections import Counter

from infra.chassis.settings import SERVICES
from tests.contract.door_agencies import rows
from tests.contract.door_roles import PUBLIC, SERVICES_ALONE, expected


def test_every_role_at_every_door_has_a_reach_and_no_other_role_has() -> None:
    admitted = {
        (service, door, role)
        for service in SERVICES
        for door, roles in expected(service).items()
        for role in roles
        if role not in {PUBLIC, SERVICES_ALONE}
    }
    assert {row[:3] for row in rows()} == admitted


def test_nobody_has_two_reaches() -> None:
    assert [pair for pair, times in Counter(row[:3] for row in rows()).items() if times > 1] == []
