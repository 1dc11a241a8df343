"""One demo whose databases are kept, for every test that looks at what a demo leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.import_path import import_path

PORTAL = [sys.executable, "-W", "ignore", "-m", "infra.cli.main"]


@dataclass(frozen=True)
class DemoRun:
    """``folder``: PORTAL_HOME of the demo; ``steps`` and ``verdict``: what it printed."""

    folder: Path
    steps: list[dict[str, Any]]
    verdict: dict[str, Any]

    @property
    def reference(self) -> str:
        return str(self.verdict["reference"])


def plain_environment(home: Path, **more: str) -> dict[str, str]:
    """An environment that names no server, so that the embedded default is used."""
    env = {name: value for name, value in os.environ.items() if name != "AMQP_URI" and "_DATABASE_URL" not in name}
    return {**env, "PORTAL_HOME": str(home), "PYTHONPATH": import_path(), **more}


def run_demo(folder: Path) -> DemoRun:
    """Run ``portal demo --json --keep``; fails with all it said unless every step held."""
    done = subprocess.run(
        [*PORTAL, "demo", "--json", "--keep", str(folder)],
        env=plain_environment(folder),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    *steps, verdict = [json.loads(line) for line in done.stdout.splitlines()]
    return DemoRun(folder, steps, verdict)
