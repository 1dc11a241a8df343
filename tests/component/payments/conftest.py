"""A fresh payments office in memory for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.chassis.storage.database import Database
from services.payments.models import metadata
from tests.component.payments.use_cases import PaymentsOffice
from tests.support.tables_in_memory import with_tables


@pytest.fixture
def database() -> Iterator[Database]:
    database = with_tables(metadata, "payments")
    yield database
    database.engine.dispose()


@pytest.fixture
def office(database: Database) -> PaymentsOffice:
    return PaymentsOffice(database)
