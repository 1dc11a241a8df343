"""Identity on a real PostgreSQL, its tables made by its own migrations."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from tests.support.servers import patient

DEVELOPMENT = {"AMQP_URI": "amqp://unused", "PORTAL_ENVIRONMENT": "development"}


@pytest.fixture
def settings(migrated_database: Callable[[str], str], tmp_path) -> Iterator[Settings]:
    """Settings of a development installation whose identity database is on PostgreSQL and up to date."""
    url = migrated_database("identity")
    made = Settings({**DEVELOPMENT, "PORTAL_HOME": str(tmp_path), "IDENTITY_DATABASE_URL": patient(url)})
    yield made
    Database.forget_all()
