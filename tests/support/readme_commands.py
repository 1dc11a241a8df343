"""What the README shows at a shell, run as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[2] / "README.md"


def taken_through_by_curl(url: str, people: dict[str, Any], folder: Path, authority: Path | None = None) -> None:
    """The README's way of an application by ``curl`` alone, from search to result, at this front door.

    ``authority``: the certificate that its certificate is checked with.
    """
    env = {**os.environ, **({"CURL_CA_BUNDLE": str(authority)} if authority else {})}
    (script,) = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (folder / "portal.json").write_text(json.dumps({"url": url, "people": people}), encoding="utf-8")
    command = ["bash", "-eu", "-o", "pipefail", "-c", script]
    finished = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=280, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    fee, version, submitted, due_at, *moves = finished.stdout.split()
    assert (fee, version, submitted) == ("0", "2", "submitted") and re.match(r"\d{4}-\d\d-\d\dT", due_at)
    assert moves == ["in_processing", "in_processing", "approved", "approved", "result_returned"]
