"""Where a process that a test starts finds the project."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def import_path(*first: Path) -> str:
    """``PYTHONPATH``: the project after what is there already, as a moved clock is (``tests/moved_clock``)."""
    before = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    return os.pathsep.join(dict.fromkeys([*map(str, first), *before, str(ROOT)]))
