"""Nothing lost, nothing twice: the short variant of every fault, on one platform, for `make test`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults import scenarios
from tests.faults.play import play
from tests.faults.world import World, world

SEED = int(os.environ.get("SEED", "1"))
SECONDS = {
    "processes_killed": 8,
    "crash_points": 12,
    "broker_killed": 4,
    "broker_disturbed": 8,
    "queues_deleted": 8,
    "database_stopped": 6,
    "ambiguous_commits": 8,
    "partitions": 10,
    "lost_replies": 4,
    "poisoned": 6,
    "stopped_and_scaled": 8,
    "zombies": 5,
    "duplicates": 6,
    "contention": 4,
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scenario", scenarios.ALL, ids=lambda one: one.__name__)
def test_nothing_is_lost_and_nothing_happens_twice(platform, scenario):
    verdict = play(platform, scenario, seed=SEED, seconds=SECONDS[scenario.__name__])
    assert verdict.held, (
        verdict.told() + "\n" + "\n".join([*verdict.lost[:5], *verdict.duplicated[:5], *verdict.unexpected[:5]])
    )


def test_every_scenario_has_a_short_variant():
    assert {one.__name__ for one in scenarios.ALL} == set(SECONDS)
