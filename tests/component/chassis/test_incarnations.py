"""A source whose database was put back to an earlier day: what it publishes then is neither dropped nor done twice."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.event_ids import EventId
from infra.chassis.messaging.outbox import cloud_event, enqueue
from infra.chassis.running.followers import OutboxRelay
from infra.chassis.storage.database import Database
from infra.chassis.storage.inbox import EventIdReused, acknowledge, sources_that_went_back
from infra.chassis.storage.tables import ALL, inbox, outbox


class Wire:
    """What receives the events of a source."""

    service = "identity"

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []

    def publish(self, event: dict[str, Any], *, call_id: str | None = None) -> None:
        self.received.append(event)


class Source:
    """A service's own database, which can be copied away and put back."""

    def __init__(self, folder: Path) -> None:
        self.file, self.backup = folder / "identity.sqlite", folder / "backup"
        self.open()

    def open(self) -> None:
        self.wire = Wire()
        self.database = Database(f"sqlite:///{self.file}")
        ALL[0].metadata.create_all(self.database.engine)
        self.relay = OutboxRelay(self.database, self.wire)  # type: ignore[arg-type]

    def create(self, *codes: str) -> None:
        for code in codes:
            with self.database.session() as session:
                enqueue(session, "agency_created.v1", {"code": code}, subject=code)

    def published(self, *codes: str) -> list[dict[str, Any]]:
        self.create(*codes)
        before = len(self.wire.received)
        self.relay.step()
        return self.wire.received[before:]

    def copy_away(self) -> None:
        self.database.engine.dispose()
        shutil.copy(self.file, self.backup)

    def put_back(self) -> None:
        self.database.engine.dispose()
        for file in (*self.file.parent.glob("identity.sqlite-*"), self.file):
            file.unlink()
        shutil.copy(self.backup, self.file)
        self.open()


class Consumer:
    """Another service, with an inbox of its own."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder / 'catalog.sqlite'}")
        ALL[0].metadata.create_all(self.database.engine)
        self.effects: list[str] = []

    def hear(self, events: list[CloudEvent]) -> None:
        for event in events:
            with self.database.handle_once("record_agency", event) as session:
                if session is not None:
                    self.effects.append(event["data"]["code"])

    def went_back(self) -> list[Any]:
        with self.database.session() as session:
            return sources_that_went_back(session)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


@pytest.fixture
def consumer(tmp_path: Path) -> Consumer:
    return Consumer(tmp_path)


def test_an_event_id_names_the_incarnation_of_its_store(source):
    first, second = source.published("A", "B")
    parsed = EventId.parse(first["id"])
    assert parsed and parsed.position == 1 and len(parsed.incarnation) == 8
    assert EventId.parse(second["id"]) == EventId("identity:", 2, parsed.incarnation)
    assert first["id"].split(":")[0] == "identity"


def test_what_a_source_put_back_publishes_is_handled_by_its_consumers(source, consumer):
    consumer.hear(source.published("A"))
    source.copy_away()
    consumer.hear(source.published("B"))
    source.put_back()
    consumer.hear(source.published("C"))
    assert consumer.effects == ["A", "B", "C"], "C has the position that B had"
    (noticed,) = consumer.went_back()
    assert (noticed.stream, noticed.first_position, noticed.highest_before) == ("identity:", 2, 2)
    with consumer.database.session() as session:
        assert acknowledge(session) == 1
    assert consumer.went_back() == []


def test_what_was_recorded_before_the_follower_looks_again_is_handled_as_well(source, consumer):
    consumer.hear(source.published("A"))
    source.copy_away()
    consumer.hear(source.published("B"))
    source.put_back()
    source.create("C", "D")
    source.relay.step()
    consumer.hear(source.wire.received)
    assert consumer.effects == ["A", "B", "C", "D"]


def test_what_a_backup_held_unpublished_is_not_done_twice_though_its_id_is_another(source, consumer):
    consumer.hear(source.published("A"))
    source.create("B")
    source.copy_away()
    consumer.hear(source.published("C"))
    assert consumer.effects == ["A", "B", "C"]
    source.put_back()
    repeated, new = source.published("D")
    assert repeated["data"] == {"code": "B"} and new["data"] == {"code": "D"}
    consumer.hear([repeated, new])
    assert consumer.effects == ["A", "B", "C", "D"]


def test_a_store_that_only_starts_again_keeps_its_incarnation(source):
    (first,) = source.published("A")
    source.copy_away()
    source.open()
    (second,) = source.published("B")
    assert EventId.parse(first["id"]).incarnation == EventId.parse(second["id"]).incarnation


def test_an_event_published_again_bears_the_id_it_had_before_the_store_went_back(source, consumer):
    (first,) = source.published("A")
    source.copy_away()
    source.published("B")
    source.put_back()
    (third,) = source.published("C")
    with source.database.session() as session:
        began = session.scalar(select(outbox.c.at).order_by(outbox.c.position))
    again = source.relay.events_since("agency_created.v1", since=began, after=0, limit=10)
    assert [event["id"] for _, event in again] == [first["id"], third["id"]]


def test_what_was_published_before_ids_named_incarnations_keeps_its_id(source, consumer):
    source.create("A")
    with source.database.session() as session:
        session.execute(outbox.update().values(published_at=outbox.c.at))
        old = session.execute(select(outbox)).one()
    (new,) = source.published("B")
    (_, again), _ = source.relay.events_since("agency_created.v1", since=old.at, after=0, limit=10)
    assert again["id"] == "identity:1" and new["id"].startswith("identity:2@")
    consumer.hear([{"id": "identity:1", "data": {"code": "A"}}])
    with consumer.database.session() as session:
        session.execute(inbox.update().values(digest=None))  # as an older release wrote it
    consumer.hear([again, new])
    assert consumer.effects == ["A", "B"] and consumer.went_back() == []


def test_one_id_with_two_contents_is_refused_by_name_and_not_dropped(source, consumer):
    (event,) = source.published("A")
    consumer.hear([event, event])
    with pytest.raises(EventIdReused, match=event["id"]):
        consumer.hear([{**event, "subject": "B", "data": {"code": "B"}}])
    assert consumer.effects == ["A"]


def test_an_id_of_another_shape_is_a_name_like_any_other(consumer):
    event = cloud_event("identity", "first", "agency_created.v1", {"code": "A"}, subject="A", at=clock.now())
    consumer.hear([event, event])
    assert consumer.effects == ["A"]
