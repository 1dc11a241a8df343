"""A question for help loads nothing that it does not need: no hub, no broker, no database, no calendar."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"eventlet", "kombu", "nameko", "sqlalchemy", "psycopg", "eventsourcing", "holidays", "reportlab"}
ASK = """
import sys
from infra.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(",".join(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("question", [["--help"], ["sources", "--help"], ["history", "--help"]], ids=" ".join)
def test_help_is_words_alone(question: list[str]) -> None:
    answer = subprocess.run([sys.executable, "-c", ASK, *question], capture_output=True, text=True, check=True)
    assert "Usage" in answer.stdout
    assert HEAVY.isdisjoint(answer.stderr.strip().split("\n")[-1].split(","))
