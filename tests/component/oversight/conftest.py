"""A fresh oversight office in memory for every test, with the agencies and procedures of a made-up country."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.chassis.storage.database import Database
from services.oversight.models import Table
from tests.component.oversight.use_cases import OversightOffice
from tests.support.tables_in_memory import with_tables


@pytest.fixture
def database() -> Iterator[Database]:
    database = with_tables(Table.metadata, "oversight")
    yield database
    database.engine.dispose()


@pytest.fixture
def office(database: Database) -> OversightOffice:
    return OversightOffice(database)
