"""Nothing lost, nothing twice: the short variant of every fault, on one platform, for `make test`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.engine.environment import Environment, running_environment
from tests.faults.engine.runner import run_scenario
from tests.faults.engine.schedule import SHORT_SECONDS
from tests.faults.scenarios.table import ALL

SEED = int(os.environ.get("SEED", "1"))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with running_environment(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.mark.timeout(480)  # crash_points starts 46 processes
@pytest.mark.parametrize("scenario", ALL, ids=lambda entry: entry.__name__)
def test_nothing_is_lost_and_nothing_happens_twice(platform, scenario):
    verdict = run_scenario(platform, scenario, seed=SEED, seconds=SHORT_SECONDS[scenario.__name__])
    assert verdict.passed, (
        verdict.summary() + "\n" + "\n".join([*verdict.lost[:5], *verdict.duplicated[:5], *verdict.unexpected[:5]])
    )


def test_every_scenario_has_a_short_variant():
    assert {scenario.__name__ for scenario in ALL} == set(SHORT_SECONDS)
