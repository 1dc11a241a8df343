"""The long run of what the other tests sample: many places for every kind of tampering, a million events."""

from pathlib import Path
from typing import Any

import pytest

from tests.service.transparency import tampering
from tests.service.transparency.stores import Store, many
from tests.service.transparency.test_large_stores import memory_does_not_grow
from tests.service.transparency.test_tampering import found_and_located

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("kind", tampering.KINDS, ids=lambda kind: kind.__name__)
def test_tampering_is_found_wherever_it_is_done(stores: Any, sealed: tuple[Store, Path], kind: tampering.Kind) -> None:
    found_and_located(stores, sealed, kind, many("TAMPERING_PLACES", 50))


def test_memory_does_not_grow_up_to_a_million_events(stores: Any) -> None:
    memory_does_not_grow(stores, many("AUDIT_EVENTS", 1_000_000))
