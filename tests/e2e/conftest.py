"""The town that the tests of refusals and of bad input knock at; brought up once for each kind of platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.kept import Kept, kept_demo
from tests.e2e.scenes import Scenes, staged
from tests.e2e.town import Town, on_real_servers, on_the_embedded_default


@pytest.fixture(scope="package", params=["embedded", "real servers"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A seeded platform whose people can sign in."""
    folder = tmp_path_factory.mktemp("town")
    if request.param == "embedded":
        with on_the_embedded_default(folder) as town:
            yield town
        return
    broker, databases = request.getfixturevalue("broker_server"), request.getfixturevalue("database_server")
    with broker.virtual_host() as uri, on_real_servers(folder, uri, databases.make) as town:
        yield town


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
