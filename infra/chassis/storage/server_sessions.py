"""What needs a session of the database says so at the start, instead of running without one.

A follower's lease is an advisory lock, it receives its wake-ups by ``LISTEN``, the event store prepares its statements,
and limits such as ``lock_timeout`` are options of a connection. A pooler that lends a server per transaction (PgBouncer
with ``pool_mode = transaction`` or ``statement``) gives none of these, and most of it fails in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.chassis.settings import SettingMissing
from infra.chassis.storage.connections import connect, is_postgresql, parameters

if TYPE_CHECKING:
    import psycopg

PROBES = 3  # transactions of others, one of which is lent the server that the first connection had
MARK = "-c portal.session=open"


class SessionNeeded(SettingMissing):
    """The database URL leads to a pooler that gives no session; ends the process by name (78), as a missing setting."""

    vi = (
        "{name} dẫn tới bộ gộp kết nối không giữ phiên ({reason}); nền tảng cần phiên cơ sở dữ liệu (khóa, LISTEN, câu "
        "lệnh soạn sẵn). Hãy nối thẳng tới PostgreSQL hoặc đặt pool_mode = session."
    )
    en = (
        "{name} leads to a connection pooler that keeps no session ({reason}); the platform needs one (locks, LISTEN, "
        "prepared statements). Connect to PostgreSQL directly, or set pool_mode = session."
    )

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name)
        self.message = " ".join(text.format(name=name, reason=reason) for text in (self.vi, self.en))


def require_session(name: str, url: str) -> bool:
    """Whether ``url``, the value of setting ``name``, gives sessions; :class:`SessionNeeded` where it does not.

    One connection when the server itself answers; a pooler shows by the process number it makes up.
    """
    if not is_postgresql(url):
        return True
    import psycopg

    try:
        with connect(url, autocommit=True, connect_timeout=5, options=MARK) as ours:
            server = _server_of(ours)
            if ours.info.backend_pid != server:
                _compare(name, url, ours, server)
    except psycopg.errors.ProtocolViolation as refused:  # transactions are not allowed: pooled by statement
        raise SessionNeeded(name, str(refused)) from refused
    except psycopg.OperationalError as refused:
        if "unsupported startup parameter" not in str(refused):
            raise
        raise SessionNeeded(name, str(refused).rpartition("FATAL:")[2].strip()) from refused
    return True


def _compare(name: str, url: str, ours: psycopg.Connection, server: int) -> None:
    others: list[psycopg.Connection] = []
    try:
        for _ in range(PROBES):
            others.append(connect(url, connect_timeout=5, options=MARK))
            if _server_of(others[-1]) == server or _server_of(ours) != server:
                raise SessionNeeded(name, "pool_mode = transaction")
        options = parameters(url).get("options")
        if options and not _marked(ours):
            raise SessionNeeded(name, f"the pooler drops options={options}")
    finally:
        for other in others:
            other.close()


def options_arrive(url: str) -> bool:
    """Whether options of a connection reach the server; a pooler told to ignore them drops our time limits."""
    if not is_postgresql(url):
        return True
    with connect(url, autocommit=True, connect_timeout=5, options=MARK) as ours:
        return _marked(ours)


def _marked(connection: psycopg.Connection) -> bool:
    return connection.execute("SELECT current_setting('portal.session', true)").fetchone() == ("open",)


def _server_of(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])
