"""The main job, whole: from catalogue to result, on the embedded default and on real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.chassis.settings import SERVICES
from infra.cli.journey import Journey, Step
from tests.e2e.platforms import real_servers

PARTS = {1, 2, 3, 4, 5, 6, 7}


def on_the_embedded_default(tmp_path: Path, request: pytest.FixtureRequest) -> set[int]:
    env = {name: value for name, value in os.environ.items() if name != "AMQP_URI" and "_DATABASE_URL" not in name}
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "infra.cli.main",
        "demo",
        "--json",
        "--keep",
        str(tmp_path / "kept"),
    ]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    *steps, verdict = [json.loads(line) for line in done.stdout.splitlines()]
    assert verdict["held"] and all(step["held"] for step in steps)
    assert all((tmp_path / "kept" / f"{service}.sqlite").exists() for service in SERVICES)
    env["PORTAL_HOME"] = str(tmp_path / "kept")
    history = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "infra.cli.main", "history", verdict["reference"], "--json"],
        env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert history.returncode == 0, history.stderr[-2000:]
    assert json.loads(history.stdout)["items"][0]["version"] == 1
    return {step["part"] for step in steps}


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
