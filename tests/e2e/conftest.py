"""The town that the tests of refusals and of bad input knock at; brought up once for each kind of platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.scenes import Scenes, staged
from tests.support.demo_run import Kept, kept_demo
from tests.support.installation import Town, on_real_servers, on_the_embedded_default


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A seeded platform whose people can sign in, on the embedded default."""
    with on_the_embedded_default(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture(scope="package")
def served_town(tmp_path_factory: pytest.TempPathFactory, broker_server: Any, database_server: Any) -> Iterator[Town]:
    """The same on RabbitMQ and PostgreSQL."""
    folder = tmp_path_factory.mktemp("served")
    with broker_server.virtual_host() as uri, on_real_servers(folder, uri, database_server.make) as town:
        yield town


@pytest.fixture(scope="package", params=["town", "served_town"], ids=["embedded", "real servers"])
def any_town(request: pytest.FixtureRequest) -> Town:
    """Each of the two: what databases and brokers may take differently is tried on both."""
    found: Town = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="package")
def scenes(town: Town) -> Scenes:
    """Applications, payments and other things in every state a refusal needs; nothing moves any more."""
    made = staged(town)
    town.quiet()
    return made


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """One demo and what it left behind; nobody changes it but by adding."""
    return kept_demo(tmp_path_factory.mktemp("demo") / "kept")
