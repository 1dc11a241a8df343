"""Heads of identity's access log in a second database: added to, never changed; two pasts are logged."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.contracts import contract_of
from services.applications.access_log_heads import SealedHeads
from tests.component.applications.use_cases import Portal
from tests.support.cloud_events import event_of


def head(number: int, size: int, chain: str) -> CloudEvent:
    data = {"size": size, "chain_id": chain * 64, "at": "2026-03-02T02:15:00+00:00"}
    assert contract_of("applications").consumed("identity", "access_log_sealed.v1").accepts(data)
    return event_of(f"identity:{number}", data)


def test_heads_are_kept_once_and_shown_newest_first(portal: Portal) -> None:
    heads = SealedHeads(portal.database)
    for number, size in ((1, 12), (1, 12), (2, 12), (3, 20)):
        heads.access_log_sealed(head(number, size, "a"))
    answer = heads.access_log_heads()
    assert contract_of("applications").reply("access_log_heads").problems(answer) == []
    assert [item["size"] for item in answer["items"]] == [20, 12]


def test_a_second_past_is_logged_and_both_are_kept(portal: Portal) -> None:
    heads = SealedHeads(portal.database)
    with capture_logs() as lines:
        for number, chain in ((1, "a"), (2, "b")):
            heads.access_log_sealed(head(number, 12, chain))
    assert [line["event"] for line in lines] == ["access_log_forked"]
    assert len(heads.access_log_heads()["items"]) == 2


@pytest.mark.parametrize("change", ["UPDATE access_log_head SET size = 1", "DELETE FROM access_log_head"])
def test_a_head_is_neither_changed_nor_removed(portal: Portal, change: str) -> None:
    SealedHeads(portal.database).access_log_sealed(head(1, 12, "a"))
    with pytest.raises(IntegrityError, match="never changed"), portal.database.session() as session:
        session.execute(text(change))
