"""The installation that the tests of refusals and of bad input call; brought up once for each kind of platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.scenes import Fixtures, prepare
from tests.support.demo_run import DemoRun, run_demo
from tests.support.installation import Installation, on_real_servers, on_the_embedded_default

# Whoever asks first waits until seven services are up and hundreds of calls are made, four suites side by side.
COMES_UP_WITHIN = 900  # seconds
BROUGHT_UP = {"installation", "served_installation", "any_installation", "scenes"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and BROUGHT_UP & {*item.fixturenames}:
            item.add_marker(pytest.mark.timeout(COMES_UP_WITHIN))


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A seeded platform whose people can sign in, on the embedded default."""
    with on_the_embedded_default(tmp_path_factory.mktemp("installation")) as installation:
        yield installation


@pytest.fixture(scope="package")
def served_installation(
    tmp_path_factory: pytest.TempPathFactory, broker_server: Any, database_server: Any
) -> Iterator[Installation]:
    """The same on RabbitMQ and PostgreSQL."""
    folder = tmp_path_factory.mktemp("served")
    with broker_server.virtual_host() as uri, on_real_servers(folder, uri, database_server.make) as installation:
        yield installation


@pytest.fixture(scope="package", params=["installation", "served_installation"], ids=["embedded", "real servers"])
def any_installation(request: pytest.FixtureRequest) -> Installation:
    """Each of the two: what databases and brokers may take differently is tried on both."""
    fixture: Installation = request.getfixturevalue(request.param)
    return fixture


@pytest.fixture(scope="package")
def scenes(installation: Installation) -> Fixtures:
    """Applications, payments and other things in every state a refusal needs; nothing moves any more."""
    made = prepare(installation)
    installation.quiet()
    return made


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """One demo and what it left behind; nobody changes it but by adding."""
    return run_demo(tmp_path_factory.mktemp("demo") / "kept")
