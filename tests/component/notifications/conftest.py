"""A fresh office per test."""

import pytest

from tests.component.notifications.use_cases import Office


@pytest.fixture
def office() -> Office:
    return Office()
