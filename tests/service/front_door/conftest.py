"""A front door before a broker, and who answers there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kombu import Connection

from tests.service.front_door.wire_service import EXCHANGE, Service
from tests.support.front_door import FrontDoor, eventually, front_door


@pytest.fixture(scope="module")
def wire(broker_server: Any) -> Iterator[str]:
    with broker_server.virtual_host() as uri:
        yield uri


@pytest.fixture(scope="module")
def door(wire: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDoor]:
    with Connection(wire) as connection:
        EXCHANGE(connection.channel()).declare()
    with front_door(tmp_path_factory.mktemp("door"), wire) as door:
        yield door


@pytest.fixture
def service(wire: str, door: FrontDoor) -> Iterator[Service]:
    service = Service(wire)
    eventually(lambda: door.rpc("catalog", "health").status_code == 200, "the service answers")
    service.calls.clear()
    yield service
    service.stop()
