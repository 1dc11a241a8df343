"""What the README tells a newcomer to do, done."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.demo_run import plain_environment

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_front_end_of_the_readme_runs_with_nothing_but_python(tmp_path):
    (program,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "front_end.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "front_end.py")],
        env=plain_environment(tmp_path / "home", PORTAL_LOG_LEVEL="ERROR"),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    reference, refusal = done.stdout.splitlines()[-2:]
    assert re.fullmatch(r"H26\.01-\d{8}-\d{7} draft", reference)
    assert "SubmissionIncomplete" in refusal or "complete" in refusal


def test_every_step_the_readme_shows_is_a_step_of_the_demo(demo_run):
    steps = re.findall(r"^  ✓ \w+ +(.*?) \d+ ms$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(steps) >= 8
    assert set(steps) <= {step["title"] for step in demo_run.steps}
