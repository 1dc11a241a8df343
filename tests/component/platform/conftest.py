"""Both services of the two books, each on a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.event_store.store import Store
from services.payments.models import metadata
from tests.component.applications.use_cases import Portal, embedded
from tests.component.payments.use_cases import PaymentsOffice
from tests.component.platform.two_books import TwoBooks
from tests.support.tables_in_memory import with_tables
from tests.unit.applications.fakes import Catalog


@pytest.fixture
def open_books(tmp_path: Path) -> Iterator[Callable[..., TwoBooks]]:
    """``open_books("intake", "result")``: the collection moments of the procedure's fees."""
    settings: Settings = embedded(tmp_path)
    database = with_tables(metadata, "payments")

    def opened(*moments: str) -> TwoBooks:
        return TwoBooks(Portal(settings, Catalog(*moments)), PaymentsOffice(database))

    yield opened
    database.engine.dispose()
    Store.from_settings(settings).streams.close()
    Database.at(settings.database_url("applications")).engine.dispose()
