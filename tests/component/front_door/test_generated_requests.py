"""Requests that schemathesis makes of the document: every route, as one of the sample people, with all its checks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.front_door import FrontDoor

HERE = Path(__file__).resolve().parents[2] / "support" / "schemathesis"
ROOT = HERE.parents[2]
CASES = 1  # of each route; the long form is --max-examples 12 --phases examples,coverage,fuzzing,stateful


@pytest.mark.timeout(300)
def test_no_request_that_is_made_of_the_document_finds_a_fault(door: FrontDoor, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.support.schemathesis.hooks",
        "PORTAL_URL": door.url,
        "PORTAL_PEOPLE": json.dumps(door.people),
    }
    program = Path(sys.executable).with_name("schemathesis")
    options = ["--checks=all", "--phases=fuzzing", f"--max-examples={CASES}", "--workers=1", "--no-shrink",
               "--generation-deterministic"]  # fmt: skip
    command = [
        str(program),
        f"--config-file={HERE / 'schemathesis.toml'}",
        "--no-color",
        "run",
        f"{door.url}/openapi.json",
    ]
    done = subprocess.run(
        [*command, *options], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert int(re.findall(r"(\d+) generated", done.stdout)[0]) > 200, done.stdout[-2000:]
