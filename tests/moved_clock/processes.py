"""Any Python process of the project, and every process it starts, with the wall clock of another day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from tests.moved_clock.days import MovedDay
from tests.support.import_path import import_path

STARTUP = Path(__file__).parent / "startup"
PYTHON = [sys.executable, "-W", "ignore", "-m"]


def on_day(day: MovedDay) -> dict[str, str]:
    """The environment in which a process lives on that day; random lives are fewer, they do not ask for the day."""
    return {"LIVES": "40", **os.environ, "MOVED_CLOCK": str(day.moved_by), "PYTHONPATH": import_path(STARTUP)}


def demo(day: MovedDay, log: Path) -> str | None:
    """Run the whole demo on that day; what was wrong with it, or nothing."""
    command = [*PYTHON, "infra.cli.main", "demo", "--json"]
    done = subprocess.run(command, env=on_day(day), capture_output=True, text=True, timeout=300, check=False)
    log.write_text(done.stdout + done.stderr)
    verdict = json.loads((done.stdout.splitlines() or ['{"held": false, "why": "nothing said"}'])[-1])
    if done.returncode or not verdict["held"]:
        return f"demo: {verdict.get('why')} ({log})"
    filed = verdict["reference"].split("-")[1]  # H26.01-20270205-0000001
    if filed not in {f"{day.at + late:%Y%m%d}" for late in (timedelta(), timedelta(minutes=5))}:
        return f"demo: {verdict['reference']} is of another day, so the clock was not moved"
    return None


def run_tests(day: MovedDay, selection: list[str], log: Path) -> str | None:
    """Run tests on that day; pytest's last line when it was not content, or nothing."""
    command = [*PYTHON, "pytest", "-q", "--durations=25", "-p", "no:cacheprovider", *selection]
    with log.open("w") as output:
        done = subprocess.run(command, env=on_day(day), stdout=output, stderr=output, check=False)
    last = (log.read_text().splitlines() or ["nothing said"])[-1]
    return f"{last} ({log})" if done.returncode else None
