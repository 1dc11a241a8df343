"""Stores on both databases, sealed once and copied for each act of tampering."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.audit.stores import PostgresStores, SqliteStores


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Somewhere to make, copy and drop stores."""
    if request.param == "sqlite":
        yield SqliteStores(tmp_path_factory.mktemp("stores"))
        return
    kept = PostgresStores(request.getfixturevalue("database_server"))
    yield kept
    kept.drop()


@pytest.fixture(scope="module")
def sealed(stores: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    """A store of 1,000 sealed events and the folder its log was published to."""
    store, folder = stores.empty(), tmp_path_factory.mktemp("tiles")
    for seed in range(4):
        store.grow(250, seed)
        store.seal()
    store.publish(folder)
    yield store, folder
    store.close()
