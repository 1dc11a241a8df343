"""Payments on a real PostgreSQL, its tables made by its own migrations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from tests.component.payments.use_cases import TMN, PaymentsOffice
from tests.support.servers import patient
from tests.unit.payments.builders import SECRET

AT_ONCE = 50  # citizens, or notices


@pytest.fixture
def settings(migrated_database: Callable[[str], str], tmp_path: Path) -> Iterator[Settings]:
    """A development installation whose payments database is on PostgreSQL and up to date."""
    made = Settings(
        {
            "AMQP_URI": f"embedded://{tmp_path.name}",
            "PORTAL_ENVIRONMENT": "development",
            "PORTAL_HOME": str(tmp_path),
            "PAYMENTS_DATABASE_URL": patient(migrated_database("payments")),
            "VNPAY_URL": "http://127.0.0.1:9",
            "VNPAY_TMN_CODE": TMN,
            "VNPAY_HASH_SECRET": SECRET,
        }
    )
    yield made
    Database.forget_all()


@pytest.fixture
def office(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> PaymentsOffice:
    """With a connection for each of the many who come at once: who waits for one is the test of a pool."""
    monkeypatch.setattr(Database, "_workers", AT_ONCE)
    return PaymentsOffice(Database.at(settings.database_url("payments")))
