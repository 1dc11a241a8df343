"""The long runs: ``make chaos SEED=… MINUTES=…``. Verdicts and a page with charts are left in ``build/verdicts``."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.engine.environment import Environment, running_environment
from tests.faults.engine.report import write_page
from tests.faults.engine.runner import run_scenario
from tests.faults.engine.schedule import TimeBudget
from tests.faults.scenarios.table import LONG

SEED = int(os.environ.get("SEED", "1"))
CLIENTS = int(os.environ.get("CLIENTS", "3"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "0")) or float(os.environ.get("MINUTES", "60")) * 60

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def budget(request: pytest.FixtureRequest) -> TimeBudget:
    """Of the scenarios that were chosen, which may be some of them only (``-k``)."""
    return TimeBudget(
        SECONDS,
        [
            item.callspec.params["scenario"].__name__  # type: ignore[attr-defined]
            for item in request.session.items
            if chosen(item)
        ],
    )


def chosen(item: pytest.Item) -> bool:
    return item.path.name == "test_chaos.py" and hasattr(item, "callspec")


@pytest.fixture(scope="module")
def platform(budget: TimeBudget, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with running_environment(tmp_path_factory.mktemp("faults")) as made:
        yield made
    write_page()


@pytest.mark.timeout(0)
@pytest.mark.parametrize("scenario", LONG, ids=lambda entry: entry.__name__)
def test_nothing_is_lost_and_nothing_happens_twice(platform, budget, scenario):
    verdict = run_scenario(
        platform, scenario, seed=SEED, seconds=budget.seconds_for(scenario.__name__), clients=CLIENTS
    )
    assert verdict.passed, (
        verdict.summary() + "\n" + "\n".join([*verdict.lost[:5], *verdict.duplicated[:5], *verdict.unexpected[:5]])
    )
