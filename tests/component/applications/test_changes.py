"""A feed's position is one of a life of the log: put back to an earlier day, the log gives positions out again."""

from __future__ import annotations

from typing import Any

from infra.chassis.messaging.incarnations import renew
from services.applications.duties.announcer import Announcer
from services.applications.queries.changes import ChangeFeed
from tests.unit.applications import actors


class Nowhere:
    def publish(self, event: Any, *, call_id: str | None = None) -> None: ...


def test_a_position_of_a_log_that_was_put_back_meanwhile_is_told_to_load_again(portal):
    feed, announcer = ChangeFeed(portal.store), Announcer(portal.store, Nowhere())

    def ask(after: int | None = None, incarnation: str | None = None) -> Any:
        portal.follow()
        announcer.step()
        who = {"by": actors.CITIZEN, "identity": portal.identity, "call_id": "call"}
        return feed.changes(after=after, incarnation=incarnation, **who)

    portal.submitted()
    ask()
    first = ask()
    portal.submitted()
    second = ask(first["position"], first["incarnation"])
    assert second["items"] and not second["resync"] and second["incarnation"] == first["incarnation"] != ""

    with portal.database.session() as session:  # as whoever puts a database back says so
        renew(session)
    portal.submitted()
    third = ask(second["position"], second["incarnation"])
    assert third["items"] and not third["resync"], "what was read before is in both lives of the log"
    assert third["incarnation"] not in ("", second["incarnation"])
    answer = ask(third["position"], second["incarnation"])
    assert answer["resync"] and answer["items"] == []
    assert ask(third["position"], third["incarnation"])["resync"] is False
    assert "incarnation" not in ask(third["position"])
