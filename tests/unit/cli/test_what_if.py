"""What would have been: the given figures go to the door as a change, and come back beside the official ones."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli import what_if as command
from infra.cli.app import app

ACTUAL = {"rules": "766/2022", "score": 47.07, "received": 1280, "late": 7, "beyond": 2, "owed": 900, "collected": 600}
ANSWER = {
    "note": {"vi": "Số liệu giả định", "en": "Hypothetical"}, "unit": "01", "period": "2025-09", "actual": ACTUAL,
    "hypothetical_outcome": {**ACTUAL, "score": 48.5, "late": 3, "collected": None},
    "ranks": [
        {"unit": "01", "rank": 2, "hypothetical_rank": 1, "moved": 1},
        {"unit": "15", "rank": 4, "hypothetical_rank": 4, "moved": 0},
    ],
}  # fmt: skip


@pytest.fixture
def change_calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def door(**call: Any) -> dict[str, Any]:
        calls.append(call)
        return ANSWER

    @contextlib.contextmanager
    def session(**_: Any) -> Iterator[Any]:
        yield SimpleNamespace(oversight=SimpleNamespace(what_if=door))

    monkeypatch.setattr(command, "official_session", session)
    return calls


def test_what_is_given_is_the_change_that_is_asked_for(change_calls: list[dict[str, Any]]) -> None:
    result = CliRunner().invoke(
        app, ["what-if", "2025-09", "--unit", "01", "--due-days", "2", "--procedure", "1.001193"]
    )
    assert result.exit_code == 0, result.output
    assert change_calls == [
        {"change": {"due_days": 2, "procedure_code": "1.001193"}, "period": "2025-09", "unit": "01"}
    ]
    lines = {line.split("│")[1].strip(): line for line in result.output.splitlines() if "│" in line}
    assert "+1.43" in lines["điểm chỉ số / index score"] and "-4" in lines["trễ hạn / finished late"]
    assert "–" in lines["đã thu / collected"] and "+1" in lines["01"] and "15" not in lines
    assert result.output.startswith("Số liệu giả định / Hypothetical")


def test_a_procedure_alone_changes_nothing_and_nobody_is_asked(change_calls: list[dict[str, Any]]) -> None:
    assert CliRunner().invoke(app, ["what-if", "2025-09", "--procedure", "1.001193"]).exit_code != 0
    assert change_calls == []
