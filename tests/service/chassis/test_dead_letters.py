"""Dead letters as rows, written by many workers at once, on a real PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, select

from infra.chassis import migrations
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import dead_letter

EVENT = {"id": "applications:7", "type": "application_read.v1", "source": "/applications", "data": {}}
WAYS = {
    "record_unreadable": ("identity", "evt-read", b"{no json", "undecodable"),
    "record": ("evt-read", EVENT, {}, "ValueError: 7", 6, 0.0),
}


@pytest.fixture
def settings(fresh_database):
    url = fresh_database("identity")
    yield Settings({"IDENTITY_DATABASE_URL": url, "PORTAL_ENVIRONMENT": "development"})
    Database.forget(url)


def rows(settings: Settings) -> list[tuple[int, str]]:
    engine = create_engine(settings.database_url("identity"))
    with engine.connect() as connection:
        result = connection.execute(select(dead_letter.c.attempts, dead_letter.c.state).order_by(dead_letter.c.id))
        listed = [tuple(row) for row in result]
    engine.dispose()
    return listed


@pytest.mark.parametrize(("way", "attempts"), [("record_unreadable", 40), ("record", 6)])
def test_what_many_workers_put_aside_at_once_has_one_row(settings, way, attempts):
    migrations.upgrade(settings, "identity")
    letters, start = DeadLetters(Database(settings.database_url("identity"))), threading.Barrier(8)

    def worker() -> None:
        start.wait()
        for _ in range(5):
            getattr(letters, way)(*WAYS[way])

    workers = [threading.Thread(target=worker) for _ in range(8)]
    for entry in workers:
        entry.start()
    for entry in workers:
        entry.join()
    letters.database.engine.dispose()
    assert [count for count, _ in rows(settings)] == [attempts]


def test_letters_that_stood_twice_become_one_when_the_database_is_brought_up_to_date(settings):
    migrations.upgrade(settings, "identity", "chassis_0003")
    engine, at = create_engine(settings.database_url("identity")), datetime(2026, 3, 2, tzinfo=UTC)
    letter = {
        "consumer": "evt-read",
        "message_id": "sha256:1",
        "routing": {},
        "headers": {},
        "body": b"{}",
        "content_type": "application/json",
        "error": "undecodable",
        "first_at": at,
        "last_at": at,
    }
    with engine.begin() as connection:
        for state, attempts in (("unreadable", 2), ("unreadable", 3), ("dropped", 1), ("dropped", 1)):
            connection.execute(dead_letter.insert().values(state=state, attempts=attempts, **letter))
    engine.dispose()
    migrations.upgrade(settings, "identity")
    assert rows(settings) == [(5, "unreadable"), (1, "dropped"), (1, "dropped")]
