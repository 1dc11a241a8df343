"""The servers that tests use are real, are the test's own, and come back after a power cut."""

import contextlib
from collections.abc import Callable, Iterator

import eventlet
import kombu
import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.support import servers


@pytest.fixture
def own_broker() -> Iterator[servers.Broker]:
    with servers.running_broker(own=True) as broker:
        assert isinstance(broker, servers.Broker)
        yield broker


@pytest.fixture
def own_databases() -> Iterator[servers.Databases]:
    with servers.running_databases(own=True, durable=True) as databases:
        yield databases


def test_a_message_sent_to_the_broker_comes_back(broker: str) -> None:
    with kombu.Connection(broker) as connection:
        queue = connection.SimpleQueue("letters")
        queue.put({"to": "Nguyễn Thị Mẫu"})
        letter = queue.get(timeout=60)
        letter.ack()
        assert letter.payload == {"to": "Nguyễn Thị Mẫu"}


def test_each_test_has_its_virtual_host_to_itself(broker_server: servers.Broker, broker: str) -> None:
    with kombu.Connection(broker) as connection:
        connection.SimpleQueue("mine").put("x")
        with broker_server.virtual_host() as other, kombu.Connection(other) as elsewhere:
            assert other != broker or isinstance(broker_server, servers.GivenBroker)
            elsewhere.SimpleQueue("theirs").put("y")


def test_each_service_has_a_database_to_itself(fresh_database: Callable[[str], str]) -> None:
    names = set()
    for service in ("identity", "payments"):
        engine = create_engine(fresh_database(service))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE mark (id int)"))
            names.add(connection.execute(text("SELECT current_database()")).scalar_one())
        engine.dispose()
    assert len(names) == 2


def test_waiting_for_the_database_does_not_stop_the_other_workers(fresh_database: Callable[[str], str]) -> None:
    url = make_url(fresh_database("catalog")).set(drivername="postgresql").render_as_string(hide_password=False)

    def doze() -> None:
        with psycopg.connect(url) as connection, contextlib.suppress(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(100)")

    others = "datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"
    workers = [eventlet.spawn(doze) for _ in range(5)]
    with psycopg.connect(url, autocommit=True) as connection, eventlet.Timeout(60):
        while connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {others}").fetchone() != (5,):
            eventlet.sleep(0.05)
        connection.execute(f"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE {others}")
    for worker in workers:
        worker.wait()


def test_a_killed_broker_comes_back_with_its_durable_messages(own_broker: servers.Broker) -> None:
    with own_broker.virtual_host() as uri:
        with kombu.Connection(uri, transport_options={"confirm_publish": True}) as connection:
            connection.SimpleQueue("kept").put("before the power cut")
        own_broker.server.kill()
        own_broker.server.start()
        with kombu.Connection(uri) as connection:
            letter = connection.SimpleQueue("kept").get(timeout=60)
            letter.ack()
            assert letter.payload == "before the power cut"


def test_a_killed_database_comes_back_with_what_was_committed(own_databases: servers.Databases) -> None:
    url = (
        make_url(own_databases.make("applications")).set(drivername="postgresql").render_as_string(hide_password=False)
    )
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert own_databases.server is not None
    own_databases.server.kill()
    own_databases.server.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
