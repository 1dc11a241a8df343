"""The settings of the event store, derived from the service's database URL, and what it does not start with."""

from __future__ import annotations

from sqlalchemy.engine import URL, make_url

from infra.chassis.settings import Settings
from infra.chassis.storage.connections import schema_of
from infra.chassis.storage.database import WORKERS


class UnsafeStore(SystemExit):
    """A setting that loses events for whoever follows the log; the process does not start with it."""

    def __init__(self, setting: str, why: str) -> None:
        self.message = f"{setting} must not be set: {why}"
        super().__init__(78)

    def __str__(self) -> str:
        return self.message


def refuse_unsafe(settings: Settings) -> None:
    """Stop on settings under which followers miss events or services race to make tables."""
    if settings.flag("POSTGRES_ENABLE_DB_FUNCTIONS") or settings.flag("STORED_POSTGRES_ENABLE_DB_FUNCTIONS"):
        raise UnsafeStore("POSTGRES_ENABLE_DB_FUNCTIONS", "the insert function takes no turn, so followers miss events")


def environment(url: str, settings: Settings, mapper: str) -> dict[str, str]:
    """What the event store needs to know, derived from the service's database URL.

    ``mapper``: topic of the service's own mapper, which knows the events that may be read.
    """
    common = {
        "CREATE_TABLE": "no",
        "MAPPER_TOPIC": mapper,
        "AGGREGATE_CACHE_MAXSIZE": "",
    }
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        own = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": parsed.database or ":memory:",
            "SQLITE_LOCK_TIMEOUT": "15",
        }
        recorder = "infra.chassis.event_store.sqlite_recorder:AuthenticSqliteRecorder"
    else:
        own = _postgres(parsed, int(settings.number("MAX_WORKERS", WORKERS)))
        recorder = "infra.chassis.event_store.postgres_recorder:AuthenticPostgresRecorder"
    environ = {
        name: value for name in ("PERSISTENCE_MODULE", "APPLICATION_RECORDER_TOPIC") if (value := settings.get(name))
    }
    return {
        **common,
        **own,
        "APPLICATION_RECORDER_TOPIC": recorder,
        **environ,
    }


def _postgres(url: URL, workers: int) -> dict[str, str]:
    dsn = url.render_as_string(hide_password=False)
    return {
        "DATABASE_URL": dsn,
        "POSTGRES_SCHEMA": schema_of(dsn),
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.database or "",
        "POSTGRES_HOST": url.host or "",  # with the port, and whatever else the URL says: Streams.construct_factory
        "POSTGRES_PORT": str(url.port or ""),
        "POSTGRES_USER": url.username or "",
        "POSTGRES_PASSWORD": url.password or "",
        "POSTGRES_LOCK_TIMEOUT": "5",
        "POSTGRES_IDLE_IN_TRANSACTION_SESSION_TIMEOUT": "15",
        "POSTGRES_POOL_SIZE": "2",
        "POSTGRES_MAX_OVERFLOW": str(workers),
        "POSTGRES_PRE_PING": "no",
    }
