"""Connections to a database, made from its URL in one place: every pool and every single connection gets all of it.

``sslmode``, several hosts, ``options``, ``search_path``, certificates: whatever the server's own client library knows
may be in the URL. What it does not know is named, not dropped. What the URL says wins over what we would set.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from typing import TYPE_CHECKING

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from infra.chassis.json_types import Json
from infra.chassis.settings import SettingMissing

if TYPE_CHECKING:  # imported by the first connection to PostgreSQL: processes on SQLite have none
    import psycopg

STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 5_000
# A peer that vanished is noticed within half a minute, not after the kernel's two hours.
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
SEARCH_PATH = re.compile(r'search_path\s*=\s*(?:"((?:[^"\\]|\\.)+)"|([^\s,"]+))')
HOSTS = "several hosts are given as ?host=first:5432&host=second:5432"
# The session or its server can do no work, or not any more: read-only, shut down, its prepared statement is gone.
# A lock not had, a deadlock, a race lost, only reading, a statement over its time, a server that goes or comes, and
# all of class 08 (the connection) and 53 (room on disk, memory, connections).
PASSING = frozenset({"55P03", "40P01", "40001", "25006", "57014", "57P01", "57P02", "57P03", "57P05", "25P03"})
PASSING_CLASSES = ("08", "53")
PASSING_ON_SQLITE = ("locked", "readonly", "disk is full", "unable to open", "disk i/o")
USELESS = frozenset({"25006", "57P01", "57P02", "57P03", "57P05", "25P03", "26000", "42P05"})


class UnknownConnectionPart(SettingMissing):
    """A part of a database URL that no client library knows; ends the process by name, as a missing setting does."""

    def __init__(self, url: URL, parts: set[str]) -> None:
        place = url.set(query={}).render_as_string(hide_password=True)
        super().__init__(f"the database URL {place}", f"it has parts nobody knows: {', '.join(sorted(parts))}")


class UnreadableUrl(SettingMissing):
    """A database URL that none can be made of; ends the process by name. It may hold a password and is not repeated."""

    def __init__(self, why: str) -> None:
        super().__init__("database URL", why)
        self.message = f"A database URL cannot be used: {why}."


def url_of(text: str) -> URL:
    """A database URL, read; every way to a database begins here."""
    try:
        url = make_url(text)
        if url.get_backend_name() == "postgres":  # as libpq and many hosts write it
            url = url.set(drivername="postgresql+psycopg")
        url.get_dialect()
    except NoSuchModuleError as error:
        raise UnreadableUrl(f"it names no database that is supported ({error})") from None
    except (ArgumentError, ValueError):
        raise UnreadableUrl(f"it is not one, or its port is no number; {HOSTS}") from None
    if url.get_backend_name() not in ("postgresql", "sqlite"):
        raise UnreadableUrl(f"{url.get_backend_name()} is not supported; PostgreSQL and SQLite are")
    return url


def is_postgresql(url: str) -> bool:
    return url_of(url).get_backend_name() == "postgresql"


def parameters(url: str, **ours: object) -> Json:
    """What libpq is given for ``url``, over ``ours``; options of both are joined, and those of the URL come last."""
    from psycopg.pq import Conninfo

    parsed = url_of(url).set(drivername="postgresql+psycopg")
    _positional, arguments = parsed.get_dialect()().create_connect_args(parsed)
    known_options = {option.keyword.decode() for option in Conninfo.get_defaults()}
    if unknown := set(arguments) - known_options:
        raise UnknownConnectionPart(parsed, unknown)
    arguments = {
        name: ",".join(value) if isinstance(value, list | tuple) else value for name, value in arguments.items()
    }
    options = " ".join(str(value) for value in (ours.get("options"), arguments.get("options")) if value)
    return {**ours, **arguments, **({"options": options} if options else {})}


def connect(url: str, **ours: object) -> psycopg.Connection:
    """One connection, outside any pool."""
    import psycopg

    from infra.chassis.storage.green_wait import wait_on_the_hub

    wait_on_the_hub()
    autocommit = bool(ours.pop("autocommit", False))
    return psycopg.connect(**parameters(url, **ours), autocommit=autocommit)


def schema_of(url: str) -> str:
    """The schema in which the URL has its tables."""
    match = SEARCH_PATH.search(str(parameters(url).get("options", ""))) if is_postgresql(url) else None
    return (match[1] or match[2]) if match else ""


def engine_of(url: str, *, limits: str = "", connect_timeout: int = 5, **pool: object) -> Engine:
    """SQLAlchemy's engine; ``limits``: options of ours such as ``-c lock_timeout=5000``."""
    parsed = url_of(url)
    if not is_postgresql(url):
        if parsed.query:
            raise UnknownConnectionPart(parsed, set(parsed.query))
        return create_engine(parsed, hide_parameters=True, **pool)
    from infra.chassis.storage.green_wait import wait_on_the_hub

    wait_on_the_hub()
    ours = {"connect_timeout": connect_timeout, "application_name": "portal", **KEEPALIVE}
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg", query={}),
        hide_parameters=True,
        connect_args=parameters(url, **ours, **({"options": limits} if limits else {})),
        **pool,
    )
    event.listen(engine, "handle_error", _throw_away)
    event.listen(engine, "checkout", _check_connected)
    return engine


def check_connected(connection: psycopg.Connection) -> None:
    """``OperationalError`` for a connection that the server has ended, without a round trip.

    What a server says at the end, and the end itself, are waiting in the socket: the first look takes the one, the
    second meets the other. A peer that vanished in silence is left to the limits of TCP, as a question would be.
    """
    connection.pgconn.consume_input()
    connection.pgconn.consume_input()


def _check_connected(connection: psycopg.Connection, _record: object, _proxy: object) -> None:
    from psycopg import OperationalError

    try:
        check_connected(connection)
    except OperationalError as ended:
        raise InvalidatePoolError("the server ended the connection") from ended  # the others are as old


def can_be_waited_out(error: BaseException | None) -> bool:
    """Whether a fault of the database is over in a while: a lock not had in time, only reading, away, too much to do.

    A command that it ended may have been carried out; the same command id again tells.
    """
    while error is not None:
        if isinstance(error, sqlite3.OperationalError):
            return any(words in str(error).lower() for words in PASSING_ON_SQLITE)
        state = getattr(error, "sqlstate", None)
        if isinstance(error, PoolTimeout) or (_of_the_driver(error) and state is None):
            return True  # no connection of the pool, or to the server
        if state in PASSING or (state or "").startswith(PASSING_CLASSES):
            return True
        error = getattr(error, "orig", None) or error.__cause__
    return False


def _of_the_driver(error: BaseException) -> bool:
    """Whether psycopg says that something is the matter with the connection or the server."""
    driver = sys.modules.get("psycopg")  # where nobody imported it, it raises nothing
    return driver is not None and isinstance(error, driver.OperationalError)


def _throw_away(context: ExceptionContext) -> None:
    """A connection that cannot do its work leaves the pool at once, and the others made in the same minute."""
    if getattr(context.original_exception, "sqlstate", None) in USELESS:
        context.is_disconnect = True
