"""The catalogue on a real PostgreSQL, its tables made by its own migrations."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from tests.component.catalog.use_cases import Catalogue, catalogue
from tests.support.servers import patient


@pytest.fixture
def settings(migrated_database: Callable[[str], str], tmp_path) -> Iterator[Settings]:
    """Settings of an installation whose catalogue is on PostgreSQL and up to date."""
    url = migrated_database("catalog")
    made = Settings({"AMQP_URI": "amqp://unused", "PORTAL_HOME": str(tmp_path), "CATALOG_DATABASE_URL": patient(url)})
    yield made
    Database.forget_all()


@pytest.fixture
def on_postgresql(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """With a connection for each of the many who come at once."""
    monkeypatch.setattr(Database, "_workers", 50)
    return catalogue(database=Database.at(settings.database_url("catalog")))
