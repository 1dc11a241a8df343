"""The way of an application by curl that the README shows, as it is there."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.support.front_door import FrontDoor

README = Path(__file__).resolve().parents[3] / "README.md"


def test_the_curl_commands_of_the_readme_lead_from_search_to_result(door: FrontDoor, tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "portal.json").write_text(json.dumps({"url": door.url, "people": door.people}), encoding="utf-8")
    command = ["bash", "-eu", "-o", "pipefail", "-c", script]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    fee, version, submitted, due_at, *moves = finished.stdout.split()
    assert (fee, version, submitted) == ("0", "2", "submitted") and re.match(r"\d{4}-\d\d-\d\dT", due_at)
    assert moves == ["in_processing", "in_processing", "approved", "approved", "result_returned"]
