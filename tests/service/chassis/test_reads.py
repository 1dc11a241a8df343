"""A read is one prepared statement outside any transaction, and is asked once more where its connection broke."""

from __future__ import annotations

from datetime import UTC, datetime

import eventlet
import psycopg
import pytest
from sqlalchemy import JSON, Integer, MetaData, String, Table, bindparam, func, insert, literal, select
from sqlalchemy import Column as TableColumn

from infra.chassis.storage import connections
from infra.chassis.storage.database import Database, UtcDateTime
from infra.chassis.storage.reads import Read

NOTES = Table(
    "note",
    MetaData(),
    TableColumn("number", Integer, primary_key=True),
    TableColumn("words", String(80)),
    TableColumn("facts", JSON),
    TableColumn("at", UtcDateTime),
)
NARROW = Table("narrow", MetaData(), TableColumn("a", Integer))
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
BY_NUMBER = Read(select(NOTES).where(NOTES.c.number == bindparam("number")))
SERVER = Read(select(func.pg_backend_pid().label("pid")))


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request, fresh_database, tmp_path):
    url = fresh_database("notes") if request.param == "postgresql" else f"sqlite:///{tmp_path}/notes.sqlite"
    made = Database.at(url)
    NOTES.metadata.create_all(made.engine)
    with made.session() as session:
        session.execute(insert(NOTES).values(number=1, words="một", facts={"a": [1]}, at=NOON))
    yield made
    Database.forget(url)


@pytest.fixture
def served(fresh_database):
    made = Database.at(fresh_database("notes"))
    yield made
    Database.forget(made.url)


def end_sessions(database, once_asked=""):
    """The server ends every session but the one that asks for it; ``once_asked``: as soon as one asks for this."""
    with connections.connect(database.url, autocommit=True) as other:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        asking = f"SELECT 1 FROM pg_stat_activity WHERE {others} AND state = 'active' AND query LIKE %s"
        while once_asked and not other.execute(asking, [f"%{once_asked}%"]).fetchone():
            eventlet.sleep(0.02)
        other.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")


def test_a_read_gives_the_same_values_on_both_databases(database):
    (row,) = database.rows(BY_NUMBER, number=1)
    assert (row.number, row.words, row.facts, row.at) == (1, "một", {"a": [1]}, NOON)
    assert row.at.utcoffset() == NOON.utcoffset()
    assert database.rows(BY_NUMBER, number=2) == []


def test_a_read_sees_what_was_committed_before_it(database):
    with database.session() as session:
        session.execute(insert(NOTES).values(number=2, words="hai"))
    assert [row.words for row in database.rows(BY_NUMBER, number=2)] == ["hai"]


def test_a_read_leaves_no_transaction_open(served):
    pid = served.rows(SERVER)[0].pid
    with connections.connect(served.url, autocommit=True) as other:
        row = other.execute("SELECT state, xact_start FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
    assert row == ("idle", None)
    with served.session() as session:
        assert session.connection().connection.driver_connection.autocommit is False


def test_a_read_on_a_session_that_ended_is_asked_on_a_new_one(served):
    before = served.rows(SERVER)[0].pid
    end_sessions(served)
    assert served.rows(SERVER)[0].pid != before


def test_a_read_whose_session_ends_under_it_is_asked_once_more(served):
    sleep = Read(select(func.pg_backend_pid().label("pid"), func.pg_sleep(1).label("slept")))
    eventlet.spawn(end_sessions, served, once_asked="pg_sleep")
    assert len(served.rows(sleep)) == 1


def test_a_fault_of_the_statement_itself_is_not_asked_again(served):
    with pytest.raises(psycopg.errors.DivisionByZero):
        served.rows(Read(select((literal(1) // bindparam("by", type_=Integer)).label("answer"))), by=0)
    assert served.rows(SERVER)


def test_a_migration_that_changes_a_prepared_statement_s_answer_breaks_no_read(served):
    everything = Read(select(NARROW))
    with served.session() as session:
        session.connection().exec_driver_sql("CREATE TABLE narrow (a integer); INSERT INTO narrow VALUES (7)")
    assert served.rows(everything)[0].a == 7
    with served.session() as session:
        session.connection().exec_driver_sql("ALTER TABLE narrow ALTER a TYPE bigint")
    assert served.rows(everything)[0].a == 7


def test_a_deadline_that_ends_a_read_gives_its_connection_back_to_nobody(served):
    before = served.rows(SERVER)[0].pid
    with pytest.raises(eventlet.Timeout), eventlet.Timeout(0.05):
        served.rows(Read(select(func.pg_sleep(100).label("slept"))))
    assert served.rows(SERVER)[0].pid != before
