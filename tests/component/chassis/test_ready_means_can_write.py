"""A database on SQLite is ready while its file can be written to and is the one that was opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from infra.chassis.storage.database import Database, DatabaseReadOnly


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    made.ping()
    return made


def test_a_connection_that_only_reads_is_not_ready(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=1")
    with pytest.raises(DatabaseReadOnly):
        database.ping()


def test_a_file_that_another_process_writes_to_can_be_written_to(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database.ping()
    other.close()


@pytest.mark.parametrize("put_back", [False, True])
def test_a_file_that_is_gone_or_another_one_is_not_ready(database: Database, tmp_path: Path, put_back: bool) -> None:
    (tmp_path / "x.sqlite").rename(tmp_path / "old.sqlite")
    if put_back:
        sqlite3.connect(tmp_path / "x.sqlite").execute("CREATE TABLE x (y)").connection.close()
    with pytest.raises(DatabaseReadOnly):
        database.ping()
    (tmp_path / "old.sqlite").replace(tmp_path / "x.sqlite")
    database.ping()
