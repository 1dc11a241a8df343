"""The main job, whole: from catalogue to result, on the embedded default and on real servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.chassis.settings import SERVICES
from infra.cli.journey import Journey, Step
from tests.e2e.platforms import real_servers

PARTS = {1, 2, 3, 4, 5, 6, 7}


def on_the_embedded_default(tmp_path: Path, request: pytest.FixtureRequest) -> set[int]:
    kept = request.getfixturevalue("kept")
    assert kept.verdict["held"] and all(step["held"] for step in kept.steps)
    assert all((kept.folder / f"{service}.sqlite").exists() for service in SERVICES)
    *journey, tampering = sorted({step["part"] for step in kept.steps})
    assert tampering == 8 and kept.verdict["tampered"]["version"] >= 1
    return set(journey)


def on_real_servers(tmp_path: Path, request: pytest.FixtureRequest) -> set[int]:
    broker, database = request.getfixturevalue("broker"), request.getfixturevalue("fresh_database")
    told: list[Step] = []
    with real_servers(tmp_path, broker, database) as world:
        Journey(world.portal, world.seeded, told.append, world.mails).run()
        assert world.processes.stop_all() == dict.fromkeys(world.processes.running, 0)
    return {step.part for step in told}


@pytest.mark.timeout(400)  # eleven processes start
@pytest.mark.parametrize("platform", [on_the_embedded_default, on_real_servers])
def test_one_application_goes_from_catalogue_to_result(platform, tmp_path, request):
    assert platform(tmp_path, request) == PARTS
