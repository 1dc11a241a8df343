"""SQLite databases in memory whose tables are made once and copied: making them takes longer than most tests do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sqlalchemy import MetaData
from sqlalchemy.engine import Engine

from infra.chassis.storage.database import Database

_made: dict[str, Database] = {}


def with_tables(metadata: MetaData, name: str) -> Database:
    """A database of its own with the tables of ``metadata``; ``name`` says whose they are."""
    return copy_of(name, metadata.create_all)


def copy_of(name: str, make: Callable[[Engine], None]) -> Database:
    """A database of its own with what ``make`` puts into one, the first time that ``name`` is asked for."""
    if name not in _made:
        _made[name] = Database("sqlite://")
        make(_made[name].engine)
    copied = Database("sqlite://")
    _connection(_made[name]).backup(_connection(copied))
    return copied


def _connection(database: Database) -> sqlite3.Connection:
    """The one connection that a database in memory is."""
    connection = database.engine.raw_connection().driver_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection
