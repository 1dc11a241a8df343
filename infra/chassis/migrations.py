"""Databases brought up to date by ``portal migrate``, never by a service that starts.

Each service has ``migrations/env.py`` that calls :func:`run`, and ``migrations/versions``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Index, MetaData, Table, create_engine, event, func, select, text
from sqlalchemy.engine import make_url

from infra.chassis.contracts import service_folder
from infra.chassis.settings import Settings
from infra.chassis.tables import FIRST, LATER, dead_letter, forgotten_subject, open_letters

MIGRATION_LOCK = 7_071_001  # pg_advisory_lock key: two migration jobs wait for each other


def create_plumbing(op: Operations) -> None:
    """The first tables of :mod:`infra.chassis.tables`, for the first migration of a service."""
    for table in FIRST:
        _create(op, table)


def drop_plumbing(op: Operations) -> None:
    for table in reversed(FIRST):
        op.drop_table(table.name)


def create_forgotten(op: Operations) -> None:
    """The table of erasures, for the migration that brought it."""
    _create(op, forgotten_subject)


def drop_forgotten(op: Operations) -> None:
    op.drop_table(forgotten_subject.name)


def create_index(op: Operations, index: Index) -> None:
    """One index, such as those of :data:`infra.chassis.tables.LATER` for the migration that brought it."""
    assert index.table is not None
    columns = [column.name for column in index.columns]
    op.create_index(index.name, index.table.name, columns, unique=index.unique, **index.dialect_kwargs)


def open_letters_once(op: Operations) -> None:
    """One open letter for each message and consumer, for the migration that brought it; those open twice become one."""
    twin = dead_letter.alias("twin")
    is_open = dead_letter.c.state.in_(["waiting", "unreadable"])
    same = [twin.c[name] == dead_letter.c[name] for name in ("consumer", "message_id", "state")]
    merged = {
        "attempts": select(func.sum(twin.c.attempts)).where(*same).scalar_subquery(),
        "last_at": select(func.max(twin.c.last_at)).where(*same).scalar_subquery(),
    }
    first = select(func.min(twin.c.id)).where(*same).scalar_subquery()
    op.execute(dead_letter.update().where(is_open).values(merged))
    op.execute(dead_letter.delete().where(is_open, dead_letter.c.id > first))
    create_index(op, open_letters)


def _create(op: Operations, table: Table) -> None:
    op.create_table(table.name, *[column._copy() for column in table.columns])
    for index in sorted(table.indexes - LATER, key=lambda one: str(one.name)):
        create_index(op, index)


def configuration(service: str, url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder(service)).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def folder(service: str) -> Path:
    """Where the migrations of ``service`` lie."""
    return service_folder(service) / "migrations"


def upgrade(settings: Settings, service: str, revision: str = "head") -> None:
    """Bring one service's database to ``revision``; makes an embedded one's folder; grants the service its rights."""
    url = settings.migration_url(service)
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    config = configuration(service, url)
    config.attributes["service_role"] = _role_to_grant(settings, service)
    command.upgrade(config, revision)


def at_head(settings: Settings, service: str) -> bool:
    """Whether the database has every migration this code knows."""
    script = ScriptDirectory.from_config(configuration(service, ""))
    engine = create_engine(settings.database_url(service))
    try:
        with engine.connect() as connection:
            return set(MigrationContext.configure(connection).get_current_heads()) == set(script.get_heads())
    finally:
        engine.dispose()


def run(metadata: MetaData, service: str) -> None:
    """What a service's ``migrations/env.py`` calls: runs under a lock, in one transaction."""
    config = context.config
    url: str = config.attributes["url"]
    engine = create_engine(url)
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
            context.run_migrations()
    engine.dispose()


def service_role() -> str | None:
    """Inside a migration: the database role the service works under, when it is not the owner's."""
    return context.config.attributes.get("service_role")


def _role_to_grant(settings: Settings, service: str) -> str | None:
    owner, worker = make_url(settings.migration_url(service)), make_url(settings.database_url(service))
    return worker.username if worker.username and worker.username != owner.username else None


def _grant(connection: Any, role: str) -> None:
    """Tables made later by these migrations are open to the service for reading and writing; a migration may revoke."""
    quoted = '"' + role.replace('"', '""') + '"'
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
    connection.execute(
        text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {quoted}")
    )
    connection.execute(text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {quoted}"))
