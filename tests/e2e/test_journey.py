"""The main job, whole: from catalogue to result, on the embedded default and on real servers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.chassis.settings import SERVICES
from infra.cli.journey.journey import Journey
from infra.cli.journey.narration import Step
from infra.cli.journey.run import run_journey
from tests.e2e.platforms import Processes, real_servers

PARTS = {1, 2, 3, 4, 5, 6, 7}  # the demo adds tampering


def on_the_embedded_default(tmp_path: Path, request: pytest.FixtureRequest) -> set[int]:
    demo_run = request.getfixturevalue("demo_run")
    assert demo_run.verdict["held"] and all(step["held"] for step in demo_run.steps)
    assert all((demo_run.folder / f"{service}.sqlite").exists() for service in SERVICES)
    *journey, tampering = sorted({step["part"] for step in demo_run.steps})
    assert tampering == 8 and demo_run.verdict["tampered"]["version"] >= 1
    return set(journey)


def on_real_servers(tmp_path: Path, request: pytest.FixtureRequest) -> set[int]:
    broker, database = request.getfixturevalue("broker"), request.getfixturevalue("fresh_database")
    progress: list[Step] = []
    with real_servers(tmp_path, broker, database) as world:
        about = run_journey(Journey(world.portal, world.seeded, progress.append, world.mails))
        what_operators_and_auditors_type(world.processes, about["reference"])
        assert world.processes.stop_all() == dict.fromkeys(world.processes.running, 0)
    return {step.part for step in progress}


def what_operators_and_auditors_type(processes: Processes, reference: str) -> None:
    """The command line next to the running platform."""
    items = json.loads(processes.portal("history", reference, "--json"))["items"]
    assert items[-1]["status"] == "result_returned"
    verdict = json.loads(processes.portal("verify", "--json"))
    assert verdict["ok"] and verdict["read_model"]["first_bad"] is None and verdict["leaves"] == len(items)
    rebuilt = json.loads(processes.portal("rebuild", "applications", "--json"))
    assert (rebuilt["events"], rebuilt["differing"], rebuilt["swapped"]) == (len(items), 0, True)
    assert json.loads(processes.portal("dead-letters", "list", "--json")) == []
    assert "ok    broker" in processes.portal("doctor")


@pytest.mark.timeout(400)  # eleven processes start
@pytest.mark.parametrize("platform", [on_the_embedded_default, on_real_servers])
def test_one_application_goes_from_catalogue_to_result(platform, tmp_path, request):
    assert platform(tmp_path, request) >= PARTS
