"""The sealed access log: what a database's owner does to it afterwards is named."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from infra.chassis import clock
from infra.chassis.contracts import contract_of
from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from services.identity.access_log import AccessRecorder
from services.identity.access_log_seal import AccessLogCheck, AccessLogSealer
from tests.component.identity.test_access_log import reading

GUARDS = [f"access_{table}_stays_{act}" for table in ("entry", "seal", "head") for act in ("update", "delete")]
LAST_SEAL = "(SELECT max(number) FROM access_seal)"


class Log:
    """An installation's access log of twelve entries, sealed."""

    def __init__(self, settings: Settings) -> None:
        upgrade(settings, "identity")
        self.recorder = AccessRecorder.from_settings(settings)
        self.sealer, self.check = AccessLogSealer.from_settings(settings), AccessLogCheck.from_settings(settings)
        self.heads: list[dict[str, Any]] = []
        for number in range(12):
            self.recorder.note_reading(reading(number, "subject", "reader"))
        self.seal()

    def seal(self) -> None:
        with time_machine.travel(clock.now() + timedelta(minutes=2 + len(self.heads)), tick=False):
            assert self.sealer.step()
            assert self.sealer.step() == 0
        self.heads.append(self.check.verify_access_log()["head"])

    def owner_does(self, *statements: str) -> None:
        """Whoever owns the database takes its triggers away first."""
        with self.recorder.database.session() as session:
            for guard in GUARDS:
                session.execute(text(f"DROP TRIGGER {guard}"))
            for statement in statements:
                session.execute(text(statement))

    def kinds(self, heads: list[dict[str, Any]] | None = None) -> set[str]:
        verdict = self.check.verify_access_log(heads or ())
        assert verdict["ok"] == (not verdict["findings"])
        return {finding["kind"] for finding in verdict["findings"]}


@pytest.fixture
def log(tmp_path: Any) -> Log:
    return Log(Settings({"PORTAL_HOME": str(tmp_path)}))


def test_a_log_that_nobody_touched_holds_and_grows(log: Log) -> None:
    assert log.kinds(log.heads) == set() and log.heads[-1]["size"] == 12
    log.recorder.note_reading(reading(99, "subject", "reader"))
    log.seal()
    assert log.kinds(log.heads) == set() and log.heads[-1]["size"] == 13


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("entry_changed", "UPDATE access_entry SET reader_id = 'somebody else' WHERE position = 5"),
        ("entry_changed", "UPDATE access_entry SET commitment = 'a' WHERE position = 5"),
        ("entry_missing", "DELETE FROM access_entry WHERE position = 5"),
        ("seal_missing", "DELETE FROM access_seal WHERE number = 5"),
        ("head_not_signed", "UPDATE access_head SET chain = substr(chain, 2) || substr(chain, 1, 1)"),
        ("log_cut_short", f"DELETE FROM access_seal WHERE number = {LAST_SEAL}"),
    ],
)
def test_what_an_insider_changes_is_named(log: Log, kind: str, statement: str) -> None:
    log.owner_does("DELETE FROM access_purpose WHERE position = 5", statement)
    assert kind in log.kinds()


def test_a_log_sealed_anew_after_a_change_differs_from_the_heads_others_have(log: Log) -> None:
    """Even with identity's own key: the heads lie in another database."""
    log.owner_does(
        "UPDATE access_entry SET reader_id = 'somebody else' WHERE position = 5",
        "DELETE FROM access_seal",
        "DELETE FROM access_head",
    )
    log.sealer.step()
    assert log.kinds() == set()
    assert log.kinds(log.heads) == {"head_differs"}


def test_a_log_cut_short_to_an_earlier_head_is_told_by_the_heads_others_have(log: Log) -> None:
    log.recorder.note_reading(reading(99, "subject", "reader"))
    log.seal()
    log.owner_does("DELETE FROM access_seal WHERE number = 13", "DELETE FROM access_head WHERE size = 13")
    assert log.kinds() == set() and log.kinds(log.heads) == {"log_cut_short"}


def test_each_head_is_published(log: Log) -> None:
    with log.recorder.database.session() as session:
        rows = session.execute(text("SELECT data FROM outbox WHERE type = 'access_log_sealed.v1'")).all()
    assert len(rows) == 1
    assert contract_of("identity").event("access_log_sealed.v1").problems(json.loads(rows[0].data)) == []
