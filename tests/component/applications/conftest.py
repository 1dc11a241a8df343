"""A migrated SQLite database, copied for every test; and the use cases on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.event_store.store import Store
from tests.component.applications.use_cases import Portal, embedded
from tests.unit.applications.fakes import Catalog, Identity


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migrated")
    embedded(folder)
    return folder


@pytest.fixture
def open_portal(migrated: Path, tmp_path: Path) -> Iterator[Callable[..., Portal]]:
    """``open_portal("intake", level=3)``: collection moments of the fees, changes to the procedure."""
    shutil.copytree(migrated, tmp_path / "home")
    settings = Settings({"PORTAL_HOME": str(tmp_path / "home")})
    url = settings.database_url("applications")

    def opened(*moments: str, identity: Identity | None = None, **changes: Any) -> Portal:
        return Portal(settings, Catalog(*moments, **changes), identity)

    yield opened
    Database.forget(url)
    store = Store._stores.pop(url, None)
    if store:
        store.streams.close()


@pytest.fixture
def portal(open_portal: Callable[..., Portal]) -> Portal:
    return open_portal()
