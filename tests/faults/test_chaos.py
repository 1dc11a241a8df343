"""The long runs: ``make chaos SEED=… MINUTES=…``. Verdicts and a page with charts are left in ``build/verdicts``."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults import scenarios
from tests.faults.page import write_page
from tests.faults.play import play
from tests.faults.world import World, world

SEED = int(os.environ.get("SEED", "1"))
MINUTES = float(os.environ.get("MINUTES", "60"))
RUNS = (*scenarios.ALL, scenarios.everything_at_once)
GROWTH = 1.5  # times the memory and the descriptors a soak may end with

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("faults")) as made:
        yield made
    write_page()


@pytest.mark.timeout(0)
@pytest.mark.parametrize("scenario", RUNS, ids=lambda one: one.__name__)
def test_nothing_is_lost_and_nothing_happens_twice(platform, scenario):
    """Each scenario gets its share of the time; the soak a third of it."""
    share = 1 / 3 if scenario is scenarios.everything_at_once else 2 / 3 / (len(RUNS) - 1)
    verdict = play(platform, scenario, seed=SEED, seconds=MINUTES * 60 * share, clients=3)
    for name, (memory, descriptors) in verdict.facts.get("sizes", {}).get("last", {}).items():
        before = verdict.facts["sizes"]["first"].get(name, (memory, descriptors))
        assert memory <= before[0] * GROWTH + 60 and descriptors <= before[1] * GROWTH + 30, f"{name} grew"
    assert verdict.held, (
        verdict.told() + "\n" + "\n".join([*verdict.lost[:5], *verdict.duplicated[:5], *verdict.unexpected[:5]])
    )
