"""Faults of the stock event store that the applications' store answers, pinned on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import eventlet
import psycopg
import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import IntegrityError
from sqlalchemy.engine import URL, make_url

from tests.faults.engine.tcp_proxy import Proxy


@pytest.fixture
def address(fresh_database) -> URL:
    return make_url(fresh_database("applications"))


def stock(address: URL, port: int, **env: str) -> Application[Any]:
    """An application of the library as it comes; it makes its own tables."""
    own = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(address.database),
        "POSTGRES_HOST": "127.0.0.1",
        "POSTGRES_PORT": str(port),
        "POSTGRES_USER": str(address.username),
        "POSTGRES_PASSWORD": str(address.password or ""),
    }
    return Application(env={**own, **env})


@pytest.fixture
def proxy(address: URL) -> Iterator[Proxy]:
    with Proxy(int(address.port or 5432)) as made:
        yield made


def test_the_stock_store_calls_its_own_committed_write_a_conflict(address, proxy):
    """Its retry after a lost answer meets what it wrote. Here the answer stored next to the events tells
    (`test_commands`, and the scenario `ambiguous_commits`).
    """
    application = stock(address, proxy.port)
    application.save(Aggregate())
    aggregate: Aggregate = Aggregate()
    once = eventlet.spawn(cut_once, proxy)
    eventlet.sleep(0.05)
    with pytest.raises(IntegrityError):
        application.save(aggregate)
    once.wait()
    assert application.repository.get(aggregate.id) == aggregate, "it was there all the time"
    application.close()


def cut_once(proxy: Proxy) -> None:
    """The next commit reaches the server, and its answer nobody."""
    before = proxy.cuts
    proxy.cut(1.0)
    while proxy.cuts == before:
        eventlet.sleep(0.01)
    proxy.cut(0.0)


def tailed(address: URL, port: int, **env: str) -> tuple[list[int], list[int]]:
    """What a reader sees while an earlier writer has not committed, and after that, going on from where it was."""
    application = stock(address, port, **env)
    application.save(Aggregate())
    after = application.recorder.max_notification_id() or 0
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as slow:
        slow.execute("LOCK TABLE application_events IN ROW EXCLUSIVE MODE")
        slow.execute("SET LOCAL statement_timeout = '5s'")
        slow.execute("SELECT nextval(pg_get_serial_sequence('application_events', 'notification_id'))")
        accepted = slow.execute("SELECT lastval()").fetchone()
        assert accepted is not None
        try:
            application.save(Aggregate())
        except Exception:  # noqa: BLE001 - a writer that waits for its turn gives up here
            application.close()
            return [], []
        collected = [
            notification.id for notification in application.recorder.select_notifications(start=after + 1, limit=10)
        ]
        slow.execute(
            "INSERT INTO application_events (originator_id, originator_version, topic, state, notification_id) "
            "OVERRIDING SYSTEM VALUE VALUES (gen_random_uuid(), 1, 'x:Y', '', %s)",
            (accepted[0],),
        )
    later = [
        notification.id
        for notification in application.recorder.select_notifications(start=max(collected) + 1, limit=10)
    ]
    application.close()
    return collected, [*later, -accepted[0]]


def test_with_functions_in_the_database_a_follower_misses_what_is_committed_late(address):
    """The default makes writers take turns; the functions do not, so they are refused (`test_on_postgresql`)."""
    collected, later = tailed(address, int(address.port or 5432), POSTGRES_ENABLE_DB_FUNCTIONS="yes")
    assert collected and -later[-1] < min(collected) and later[:-1] == [], (
        "an earlier position appeared behind the reader"
    )


def test_by_default_a_writer_waits_until_an_earlier_one_has_committed(address):
    assert tailed(address, int(address.port or 5432), POSTGRES_LOCK_TIMEOUT="1") == ([], [])
