"""The migrations make exactly the tables the service's models name, on both databases."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.applications.models import Rows
from services.applications.transparency.tables import ALL

# The recorder's own: written by the event store, in no models.
EVENT_STORE = {"stored_events", "event_mac", "alembic_version"}


def test_the_migrations_make_exactly_the_tables_of_the_models(stores: Any) -> None:
    store = stores.empty()

    def compared(item: Any, name: str, kind: str, reflected: bool, other: Any) -> bool:
        return not (kind == "table" and name in EVENT_STORE)

    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": compared})
        assert compare_metadata(context, Rows.metadata) == []
    store.close()


def test_the_models_know_every_table_of_the_audit_log() -> None:
    assert {table.name for table in ALL} <= set(Rows.metadata.tables)
