"""What alarms find is recorded once, however often the follower starts again."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.applications.verification.integrity_findings import IntegrityCheck, recorded_findings
from tests.unit.transparency.test_integrity_rules import APPLICATION, PROPOSED, START, history


class Histories:
    """One application that grows."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.all = rows

    def after(self, position: int, limit: int) -> list[tuple[int, str]]:
        return [(row["position"], row["application_id"]) for row in self.all if row["position"] > position][:limit]

    def in_batches(self, application_ids: Sequence[str]) -> list[list[dict[str, Any]]]:
        return [self.all]


def test_findings_are_recorded_once_and_cite_their_events(stores: Any) -> None:
    store = stores.empty()
    own: tuple[str, str, str, dict[str, Any]] = ("06:00", "Approved", "k:approver", {})
    duty = IntegrityCheck(store.database, Histories(history(START, PROPOSED)))
    assert duty.step() == 2 and duty.step() == 0 and recorded_findings(store.database)["items"] == []
    for steps in ((START, PROPOSED, own), (START, PROPOSED, own, own)):
        assert IntegrityCheck(store.database, Histories(history(*steps))).step() == 1
    match = recorded_findings(store.database, kind="decided_by_proposer", application_id=APPLICATION, limit=1)
    assert match["items"][0]["events"] == [{"version": 2, "position": 102}, {"version": 3, "position": 103}]
    assert len(recorded_findings(store.database, after=match["next"])["items"]) == 1
    store.close()


def test_a_crash_between_finding_and_position_records_nothing_twice(
    stores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.applications.verification import integrity_findings as module

    store, rows = stores.empty(), history(START, PROPOSED, ("06:00", "Approved", "k:approver", {}))
    duty = IntegrityCheck(store.database, Histories(rows))
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(module, "advance", lambda *_: (_ for _ in ()).throw(RuntimeError("crash")))
        duty.step()
    assert recorded_findings(store.database)["items"] == []
    assert duty.step() == 3 and len(recorded_findings(store.database)["items"]) == 1
    store.close()
