"""psycopg waits on the hub itself; a connection that the server has ended is noticed without asking the server."""

from __future__ import annotations

import eventlet
import psycopg
import pytest
from psycopg import waiting
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from infra.chassis.storage import connections, green_wait
from infra.chassis.storage.database import Database


@pytest.fixture
def url(fresh_database):
    return fresh_database("identity")


@pytest.fixture
def connection(url):
    made = connections.connect(url, autocommit=True)
    yield made
    made.close()  # whatever a test has left it in


@pytest.fixture
def database(url):
    yield Database.at(url)
    Database.forget(url)


def test_this_process_waits_on_its_hub(connection):
    assert waiting.wait is green_wait.wait


def test_others_work_while_a_statement_is_waited_for(connection):
    ticks = []

    def tick():
        while True:
            ticks.append(1)
            eventlet.sleep(0.01)

    ticking = eventlet.spawn(tick)
    with eventlet.Timeout(60):
        while len(ticks) < 5:  # as many as come in a loaded moment, of statements alone
            assert connection.execute("SELECT pg_sleep(0.3), 7").fetchone()[1] == 7
    ticking.kill()


def test_a_large_answer_and_a_large_question_arrive_whole(connection):
    sent = "ký " * 3_000_000
    assert connection.execute("SELECT %s::text", [sent]).fetchone() == (sent,)


def test_a_wait_for_notifications_ends_at_its_time_and_with_what_came(url, connection):
    connection.execute("LISTEN heard")
    assert list(connection.notifies(timeout=0.05)) == []
    with connections.connect(url, autocommit=True) as other:
        other.execute("NOTIFY heard, 'now'")
    assert [each.payload for each in connection.notifies(timeout=60, stop_after=1)] == ["now"]


def test_a_look_without_waiting_finds_what_is_there(url, connection):
    connection.execute("LISTEN heard")
    with connections.connect(url, autocommit=True) as other:
        other.execute("NOTIFY heard, 'now'")
    eventlet.hubs.trampoline(connection.fileno(), read=True, timeout=60)
    assert [each.payload for each in connection.notifies(timeout=0)] == ["now"]


def test_a_statement_ends_with_its_time(connection):
    connection.execute("SET statement_timeout = 50")
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("SELECT pg_sleep(100)")


def test_a_deadline_ends_a_wait_and_leaves_no_trace_on_the_hub(connection):
    with pytest.raises(eventlet.Timeout), eventlet.Timeout(0.05):
        connection.execute("SELECT pg_sleep(100)")
    hub = eventlet.hubs.get_hub()
    assert connection.fileno() not in hub.listeners[hub.READ]


def test_a_session_the_server_ends_while_it_is_waited_for_is_an_error(url, connection):
    with connections.connect(url, autocommit=True) as other:
        eventlet.spawn_after(0.1, other.execute, "SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT pg_sleep(100)")


def test_sessions_that_the_server_ended_are_replaced_before_anything_is_asked(url, database):
    sessions = [database.engine.connect() for _ in range(3)]
    pids = [each.connection.driver_connection.info.backend_pid for each in sessions]
    for each in sessions:
        each.close()
    with connections.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", [pids])
    for _ in range(3):
        with database.session() as session:
            assert session.scalar(text("SELECT pg_backend_pid()")) not in pids


def test_what_breaks_in_the_middle_is_thrown_away_with_the_others(url, database):
    with pytest.raises(OperationalError), database.session() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with connections.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        session.scalar(text("SELECT 1"))
    with database.session() as session:
        assert session.scalar(text("SELECT 1")) == 1
