"""What every test may ask for. The first lines decide the kind of process tests run in.

The whole test process is green, as a service is: Nameko containers hang without eventlet's patches, and a
patch that comes after an import is half a patch. A run of pure tests alone goes without: a domain imports nothing
that blocks, and green threads make Hypothesis slower. Followers and command-line programs are not green; tests start
them as processes of their own. ``time_machine`` leaves the monotonic clock alone, so the hub's timers go on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Before anything imports psycopg: its C wait blocks the hub, five `pg_sleep(1)` then take 5 s instead of 1 s.
os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")

# Pure tests, and those at a browser, whose driver has an asyncio loop of its own.
NOT_GREEN = [Path(__file__).parent / name for name in ("unit", "browser")]
CHOSEN = [path.resolve() for path in (Path(argument.split("::")[0]) for argument in sys.argv[1:]) if path.exists()]

if not CHOSEN or not any(all(path.is_relative_to(folder) for path in CHOSEN) for folder in NOT_GREEN):
    import eventlet  # isort: skip

    eventlet.monkey_patch()

import contextlib  # noqa: E402 - after the patches
from collections.abc import Callable, Iterator  # noqa: E402 - after the patches
from typing import TYPE_CHECKING, Any  # noqa: E402

import hypothesis  # noqa: E402
import pytest  # noqa: E402
import structlog  # noqa: E402

if TYPE_CHECKING:
    from tests.support import servers

# A run of the suite judges a change, so the same change gets the same examples; `make properties` looks for new ones,
# and for many more where a test does not say how many. A busy machine is no fault: nothing is judged by the clock.
UNTIMED: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("repeatable", derandomize=True, max_examples=50, **UNTIMED)
hypothesis.settings.register_profile("search", derandomize=False, max_examples=500, **UNTIMED)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def broker_server() -> Iterator[servers.Broker | servers.GivenBroker]:
    """The broker of this run; started by the first test that asks."""
    from tests.support import servers  # pure tests import neither drivers nor clients of engines

    with servers.running_broker() as broker:
        yield broker


@pytest.fixture
def broker(broker_server: servers.Broker | servers.GivenBroker) -> Iterator[str]:
    """The AMQP URI of a virtual host that only this test uses."""
    with broker_server.virtual_host() as uri:
        yield uri


@pytest.fixture(scope="session")
def database_server() -> Iterator[servers.Databases]:
    """The PostgreSQL of this run; started by the first test that asks."""
    from tests.support import servers

    with servers.running_databases() as databases:
        yield databases


@pytest.fixture
def fresh_database(database_server: servers.Databases) -> Iterator[Callable[[str], str]]:
    """``fresh_database("payments")`` makes an empty database and gives its SQLAlchemy URL; dropped after the test."""
    with _dropped(database_server, database_server.make) as make:
        yield make


@pytest.fixture
def migrated_database(database_server: servers.Databases) -> Iterator[Callable[[str], str]]:
    """The same, up to date."""
    with _dropped(database_server, database_server.up_to_date) as make:
        yield make


@contextlib.contextmanager
def _dropped(server: servers.Databases, maker: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    made: list[str] = []

    def make(service: str) -> str:
        made.append(maker(service))
        return made[-1]

    yield make
    for url in made:
        server.drop(url)


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Every test finds structlog as it comes, whatever an earlier one set up."""
    structlog.reset_defaults()
