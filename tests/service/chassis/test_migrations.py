"""Databases of the release before and empty ones alike come to exactly the tables of the models, on both engines."""

from __future__ import annotations

import importlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, create_engine, inspect, text

from infra.chassis import migrations
from infra.chassis.settings import SERVICES, Settings
from infra.chassis.storage import tables
from infra.chassis.storage.revisions import at_head

RELEASED = Path(__file__).parent / "released_schemas"  # as 0.1.0 left them; never edited
ENGINES = ("sqlite", "postgresql")
# What is in no models: written by the event store, or a way of its own in which one database finds words.
OWN = {"stored_events", "event_mac", "alembic_version", "vector", "search_entry_vector", "search_entry_code"}

BEFORE_ERASURES = {
    "applications": "0007",
    "catalog": "0002",
    "identity": "0002",
    "notifications": "0003",
    "payments": "0003",
}
RELEASED_SERVICES = tuple(BEFORE_ERASURES)  # those of 0.1.0; whichever came later begins empty


@pytest.fixture
def home(tmp_path: Path, fresh_database: Any) -> Any:
    def settings(service: str, engine: str) -> Settings:
        if engine == "sqlite":
            return Settings({"PORTAL_HOME": str(tmp_path)})
        return Settings({f"{service.upper()}_DATABASE_URL": fresh_database(service)})

    return settings


def as_released(settings: Settings, service: str, engine: str) -> None:
    """The database as the release before left it."""
    script = (RELEASED / f"{service}.{engine}.sql").read_text(encoding="utf-8")
    url = settings.database_url(service)
    if engine == "sqlite":
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.executescript(script)
        connection.close()
        return
    made = create_engine(url)
    with made.begin() as transaction:
        transaction.connection.cursor().execute(script)
    made.dispose()


def metadata(service: str) -> MetaData:
    models = importlib.import_module(f"services.{service}.models")
    return next(
        result
        for value in vars(models).values()
        if isinstance(result := getattr(value, "metadata", value), MetaData) and result.tables
    )


def in_the_models(_item: Any, name: str | None, _kind: str, _reflected: bool, _other: Any) -> bool:
    return name not in OWN and not (name or "").startswith("search_text")


def differences(settings: Settings, service: str) -> list[Any]:
    engine = create_engine(settings.database_url(service))
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": in_the_models}
        result = compare_metadata(MigrationContext.configure(connection, opts=options), metadata(service))
    engine.dispose()
    return result


def run(settings: Settings, service: str, *statements: str) -> list[Any]:
    engine = create_engine(settings.database_url(service))
    with engine.begin() as connection:
        results = [connection.execute(text(statement)) for statement in statements]
        rows = [tuple(row) for row in results[-1]] if results[-1].returns_rows else []
    engine.dispose()
    return rows


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("service", SERVICES)
def test_an_empty_database_comes_to_exactly_the_tables_of_the_models(home, service, engine):
    settings = home(service, engine)
    migrations.upgrade(settings, service)
    assert differences(settings, service) == []
    assert at_head(settings, service)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("service", RELEASED_SERVICES)
def test_a_database_of_the_release_before_is_brought_up_to_date_with_what_it_holds(home, service, engine):
    settings = home(service, engine)
    as_released(settings, service, engine)
    run(settings, service, "INSERT INTO inbox VALUES ('evt', 'catalog:7', '2026-03-02T00:00:00.000000+00:00')")
    assert not at_head(settings, service)
    migrations.upgrade(settings, service)
    assert run(settings, service, "SELECT message_id FROM inbox") == [("catalog:7",)]
    assert differences(settings, service) == []
    assert at_head(settings, service)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("service", RELEASED_SERVICES)
def test_a_database_from_before_erasures_gets_what_it_lacks(home, service, engine):
    settings = home(service, engine)
    as_released(settings, service, engine)
    run(
        settings,
        service,
        "DROP INDEX dead_letter_message",
        "DROP INDEX dead_letter_open",
        "DROP TABLE forgotten_subject",
        f"UPDATE alembic_version SET version_num = '{BEFORE_ERASURES[service]}'",
    )
    migrations.upgrade(settings, service)
    assert differences(settings, service) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_bills_whose_demands_were_dropped_have_ended_after_the_migration(home, engine):
    settings = home("payments", engine)
    as_released(settings, "payments", engine)
    now = "2026-03-02T00:00:00.000000+00:00"
    rows = (("stopped", now, "dropped"), ("stopped", now, "settled"), ("open", now, "due"))
    bill = "INSERT INTO bill VALUES ('{0}', 'R', '1.001', 1, 'H01', 'a', 'a', 4, '{{}}', '{1}', NULL)"
    demand = (
        "INSERT INTO demand VALUES ('{0}{2}', '{0}', '{2}', 'intake', '[]', 5, 'VND', '{2}', true, NULL, NULL, NULL, "
        "'{1}', NULL, NULL)"
    )
    run(
        settings,
        "payments",
        *[bill.format(name, now) for name in ("stopped", "open")],
        *[demand.format(*row) for row in rows],
    )
    migrations.upgrade(settings, "payments")
    bills = run(settings, "payments", "SELECT application_id, phase, phase_version FROM bill ORDER BY application_id")
    assert bills == [("open", "open", 0), ("stopped", "ended", 0)]


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_come_after_erasures_whichever_of_them_a_database_has(home, engine):
    settings = home("notifications", engine)
    as_released(settings, "notifications", engine)
    run(
        settings,
        "notifications",
        "ALTER TABLE preference DROP COLUMN sms",
        "UPDATE alembic_version SET version_num = '0002'",
    )
    migrations.upgrade(settings, "notifications")
    assert differences(settings, "notifications") == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("service", SERVICES)
def test_every_migration_can_be_taken_back(home, service, engine):
    settings = home(service, engine)
    migrations.upgrade(settings, service)
    command.downgrade(migrations.configuration(service, settings.database_url(service)), "base")
    made = create_engine(settings.database_url(service))
    assert set(inspect(made).get_table_names()) == {"alembic_version"}
    made.dispose()


def test_a_column_added_to_the_tables_later_leaves_a_first_installation_alone(home, monkeypatch):
    later = Column("noted_later", Integer)
    tables.dead_letter.append_column(later)
    try:
        settings = home("payments", "sqlite")
        migrations.upgrade(settings, "payments")
        columns = {
            column["name"]
            for column in inspect(create_engine(settings.database_url("payments"))).get_columns("dead_letter")
        }
    finally:
        tables.dead_letter._columns.remove(later)
    assert "noted_later" not in columns
