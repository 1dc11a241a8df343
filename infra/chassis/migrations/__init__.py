"""Databases brought up to date by ``portal migrate``, never by a service that starts.

Each service has ``migrations/env.py`` that calls :func:`run`, and ``migrations/versions``. The tables every service
has from the chassis come from a branch of their own, ``versions`` next to this file, which runs in every database.
A revision is frozen: literal columns and literal SQL, so that what the tables become later does not change what it did.
"""

from __future__ import annotations

import fcntl
import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, event, inspect, text
from sqlalchemy.engine import make_url

from infra.chassis.settings import Settings
from infra.chassis.storage.connections import engine_of, is_postgresql
from infra.chassis.storage.revisions import CHASSIS_VERSIONS, migrations_of

MIGRATION_LOCK = 7_071_001  # pg_advisory_lock key: two migration jobs wait for each other


def configuration(service: str, url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", _escaped(migrations_of(service)))
    config.set_main_option("path_separator", "newline")
    versions = (migrations_of(service) / "versions", CHASSIS_VERSIONS)
    config.set_main_option("version_locations", "\n".join(map(_escaped, versions)))
    config.attributes["url"] = url
    return config


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


def upgrade(settings: Settings, service: str, revision: str = "heads") -> None:
    """Bring one service's database to ``revision``; makes an embedded one's folder; grants the service its rights."""
    url = settings.migration_url(service)
    config = configuration(service, url)
    config.attributes["service_role"] = _role_to_grant(settings, service)
    with _one_at_a_time(url):
        command.upgrade(config, revision)
        if revision == "heads":
            _after_migrations(settings, service)


def _after_migrations(settings: Settings, service: str) -> None:
    """What a service does with its data once its tables are up to date: ``migrations/afterwards.py``, if it has one."""
    name = f"services.{service}.migrations.afterwards"
    if importlib.util.find_spec(name) is not None:
        importlib.import_module(name).run(settings)


@contextmanager
def _one_at_a_time(url: str) -> Iterator[None]:
    """On SQLite by a file next to the database; on PostgreSQL :func:`run` takes a lock of the server."""
    path = make_url(url).database
    if is_postgresql(url) or not path or path == ":memory:":
        yield
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{path}.migrating").open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(metadata: MetaData, service: str, retired: Mapping[str, str]) -> None:
    """What a service's ``migrations/env.py`` calls: runs under a lock, in one transaction.

    ``retired``: numbers of revisions whose work the chassis' own branch does now, and what came before each. A database
    that is at one is taken to be at the other; the numbers are never used again.
    """
    config = context.config
    url: str = config.attributes["url"]
    engine = engine_of(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA journal_mode=WAL"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.configure(
            connection=connection, target_metadata=metadata, render_as_batch=True, transaction_per_migration=False
        )
        with context.begin_transaction():
            if role := config.attributes.get("service_role"):
                _grant(connection, role)
            _leave_retired(connection, retired)
            context.run_migrations()
    engine.dispose()


def _leave_retired(connection: Connection, retired: Mapping[str, str]) -> None:
    if not inspect(connection).has_table("alembic_version"):
        return
    move = text("UPDATE alembic_version SET version_num = :before WHERE version_num = :number")
    for number, before in retired.items():
        connection.execute(move, {"number": number, "before": before})


def _role_to_grant(settings: Settings, service: str) -> str | None:
    owner, worker = make_url(settings.migration_url(service)), make_url(settings.database_url(service))
    return worker.username if worker.username and worker.username != owner.username else None


def _grant(connection: Connection, role: str) -> None:
    """Tables made later by these migrations are open to the service for reading and writing; a migration may revoke."""
    quoted = '"' + role.replace('"', '""') + '"'
    schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}"))
    connection.execute(
        text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {quoted}")
    )
    connection.execute(
        text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {quoted}")
    )
