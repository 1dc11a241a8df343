"""Payments on a real PostgreSQL, its tables made by its own migrations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from tests.component.payments.use_cases import TMN, PaymentsOffice
from tests.unit.payments.builders import SECRET


@pytest.fixture
def settings(fresh_database: Callable[[str], str], tmp_path: Path) -> Iterator[Settings]:
    """A development installation whose payments database is on PostgreSQL and up to date."""
    made = Settings(
        {
            "AMQP_URI": f"embedded://{tmp_path.name}",
            "PORTAL_ENVIRONMENT": "development",
            "PORTAL_HOME": str(tmp_path),
            "PAYMENTS_DATABASE_URL": fresh_database("payments"),
            "VNPAY_URL": "http://127.0.0.1:9",
            "VNPAY_TMN_CODE": TMN,
            "VNPAY_HASH_SECRET": SECRET,
        }
    )
    upgrade(made, "payments")
    yield made
    Database.forget_all()


@pytest.fixture
def office(settings: Settings) -> PaymentsOffice:
    return PaymentsOffice(Database.at(settings.database_url("payments")))
