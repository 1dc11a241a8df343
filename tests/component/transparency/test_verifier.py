"""The verifier's own reading of things, against the libraries the portal uses: it shares no code with them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.applications.verification import verifier


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("", 2),
        ("[]", 2),
        ('{"events":' + "[" * 50_000 + "]" * 50_000 + "}", 2),
        ("\ud800", 2),
        ("{}", 1),
        ('{"keys": 7, "checkpoint": null}', 1),
        ('{"keys": [null], "checkpoint": "x"}', 1),
    ],
)
def test_no_file_however_broken_is_taken_for_a_verdict_or_ends_in_a_traceback(
    tmp_path: Path, content: str, status: int
) -> None:
    file = tmp_path / "evidence.json"
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    command = [sys.executable, "-I", str(verifier.__file__), "bundle", str(file), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status and "Traceback" not in done.stderr, done.stderr
    assert not json.loads(done.stdout or done.stderr)["ok"]
