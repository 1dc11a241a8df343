"""Work before authentication is bounded; what a caller can wait out is refused by name; own credentials are renewed."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
import time

import psycopg
import pytest
from nameko.exceptions import RemoteError
from sqlalchemy.exc import OperationalError

from infra.chassis import migrations
from infra.chassis.json_limits import MAX_VALUES
from infra.chassis.messaging.envelopes import MalformedBody, check_body
from infra.chassis.settings import Settings
from infra.chassis.storage.revisions import at_head

SHAPES = {
    "one list": lambda values: [0] * values,
    "lists of lists": lambda values: [[0] * 3000] * (values // 3000),
    "members": lambda values: {str(number): 0 for number in range(values)},
    "mixed": lambda values: [{"a": [{}] * 2000}] * (values // 2000),
}


def refused_after(text):
    """CPU seconds until a body of too many values is refused."""
    began = time.process_time()
    with pytest.raises(MalformedBody) as refused:
        check_body({"args": [], "kwargs": {"text": text}}, 1)
    took = time.process_time() - began
    assert refused.value.problem["pointer"] == "/text" and str(MAX_VALUES) in refused.value.problem["en"]
    return took


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_request_of_too_many_values_is_refused_before_anybody_walks_through_it(shape):
    few, many = (min(refused_after(text) for _ in range(3)) for text in (shape(300_000), shape(3_000_000)))
    assert many < 3 * few + 0.01, "ten times the values do not cost more"


def test_a_request_of_many_values_is_taken():
    check_body({"args": [], "kwargs": {"records": [{"a": 1, "b": [1, 2]}] * 20_000}}, 1)


def failing(error):
    def fail(self, command):
        raise error

    return fail


class StoreFault(Exception):
    """As the event store hands on what psycopg raised."""

    def __init__(self, words):
        super().__init__(words)
        self.__cause__ = psycopg.OperationalError(words)


def of_the_server(kind):
    return OperationalError("UPDATE", {}, kind("what the server says"))


@pytest.mark.parametrize(
    "error",
    [
        of_the_server(psycopg.errors.LockNotAvailable),
        of_the_server(psycopg.errors.ReadOnlySqlTransaction),
        of_the_server(psycopg.errors.QueryCanceled),
        of_the_server(psycopg.errors.DeadlockDetected),
        of_the_server(psycopg.errors.TooManyConnections),
        of_the_server(psycopg.OperationalError),  # the server refused the connection, or closed it
        of_the_server(psycopg.errors.AdminShutdown),
        of_the_server(psycopg.errors.CannotConnectNow),
        of_the_server(psycopg.errors.ConnectionFailure),
        of_the_server(psycopg.errors.DiskFull),
        of_the_server(psycopg.errors.SerializationFailure),
        StoreFault("the server closed the connection unexpectedly"),
        OperationalError("UPDATE", {}, sqlite3.OperationalError("database or disk is full")),
        OperationalError("UPDATE", {}, sqlite3.OperationalError("unable to open database file")),
        OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked")),
        OperationalError("UPDATE", {}, sqlite3.OperationalError("attempt to write a readonly database")),
    ],
    ids=lambda error: type(getattr(error, "orig", error)).__name__,
)
def test_what_a_caller_can_wait_out_is_refused_by_name(echo, monkeypatch, error):
    monkeypatch.setattr(echo.counter, "count", failing(error))
    with pytest.raises(RemoteError) as refused:
        echo.call("count", command_id="7d9f1c52-0b1f-4f2e-9d3f-5b8f0f1a2c04")
    assert refused.value.exc_type == "ServiceUnavailable"


@pytest.mark.parametrize(
    "error",
    [
        of_the_server(psycopg.errors.UndefinedTable),
        of_the_server(psycopg.errors.NotNullViolation),
        OperationalError("UPDATE", {}, sqlite3.OperationalError("no such table: counter")),
    ],
)
def test_any_other_fault_of_a_database_stays_a_failure(echo, monkeypatch, error):
    monkeypatch.setattr(echo.counter, "count", failing(error))
    with pytest.raises(RemoteError) as failed:
        echo.call("count", command_id="7d9f1c52-0b1f-4f2e-9d3f-5b8f0f1a2c05")
    assert failed.value.exc_type == "InternalFailure"


def test_three_first_migrations_at_once_on_sqlite_make_one_database(tmp_path):
    settings = Settings({"PORTAL_HOME": str(tmp_path / "50% cổng #1?")})
    program = (
        "import sys; from infra.chassis import migrations; from infra.chassis.settings import Settings\n"
        "migrations.upgrade(Settings({'PORTAL_HOME': sys.argv[1]}), 'payments')"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(settings.home)], stderr=subprocess.PIPE) for _ in range(3)
    ]
    for process in started:
        _out, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()[-500:]
    assert (settings.home / "payments.sqlite").exists() and at_head(settings, "payments")


def test_while_a_migration_runs_on_sqlite_no_other_can_begin(tmp_path, monkeypatch):
    begun = []

    def upgrade(*_about):
        with (tmp_path / "catalog.sqlite.migrating").open("a", encoding="utf-8") as file:
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            begun.append(file.name)

    monkeypatch.setattr("infra.chassis.migrations.command.upgrade", upgrade)
    migrations.upgrade(Settings({"PORTAL_HOME": str(tmp_path)}), "catalog")
    assert begun
