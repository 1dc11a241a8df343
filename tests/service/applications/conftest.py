"""The use cases of applications on a real PostgreSQL, as its owner and as the service's own role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.event_store.store import Store
from tests.component.applications.use_cases import Portal
from tests.unit.applications.fakes import Catalog, Identity

ROLE, PASSWORD = "applications_service", "plainly-for-tests"


@pytest.fixture
def on_postgresql(fresh_database: Callable[[str], str], tmp_path: Path) -> Iterator[Settings]:
    """Settings with an owner who migrates and a role of lesser rights that works."""
    owner = fresh_database("applications")
    make_role(owner)
    worker = make_url(owner).set(username=ROLE, password=PASSWORD).render_as_string(hide_password=False)
    settings = Settings(
        {
            "APPLICATIONS_DATABASE_URL": worker,
            "APPLICATIONS_MIGRATION_DATABASE_URL": owner,
            "PORTAL_ENVIRONMENT": "development",
            "PORTAL_HOME": str(tmp_path),
            "AMQP_URI": "amqp://nobody@127.0.0.1:1//",
        }
    )
    upgrade(settings, "applications")
    yield settings
    store = Store._stores.pop(worker, None)
    if store:
        store.streams.close()
    Database.forget(worker)


@pytest.fixture
def open_portal(on_postgresql: Settings) -> Callable[..., Portal]:
    def opened(*moments: str, identity: Identity | None = None, **changes: Any) -> Portal:
        return Portal(on_postgresql, Catalog(*moments, **changes), identity)

    return opened


@pytest.fixture
def portal(open_portal: Callable[..., Portal]) -> Portal:
    return open_portal()


def make_role(url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": ROLE}).first():
            connection.execute(text(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'"))
    engine.dispose()
