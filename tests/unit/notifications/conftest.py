"""A fresh office per test."""

import pytest

from tests.unit.notifications.office import Office


@pytest.fixture
def office() -> Office:
    return Office()
