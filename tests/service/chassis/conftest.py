"""Stock Nameko services and the sample service on a real broker, side by side."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import eventlet
import pytest
from kombu import Connection
from nameko.containers import ServiceContainer
from nameko.runners import ServiceRunner
from sqlalchemy import create_engine

from infra.chassis.contracts import contract_of
from infra.chassis.messaging.origin import Origin
from infra.chassis.messaging.quarantine import QUARANTINE
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.running.runner import container_config
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import ALL

SAMPLE = str(Path(__file__).parents[2] / "component" / "chassis" / "sample")
if SAMPLE not in sys.path:
    sys.path.append(SAMPLE)


@pytest.fixture(autouse=True)
def every_event_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the wire; whose events are believed is the subject of ``tests/service/trust``."""
    monkeypatch.setattr(Origin, "check", lambda _origin, _event: None)


class Wire:
    """Raw access to the broker: what any program on the network could do."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def send(self, body: Any, *, exchange: str = "", routing_key: str = "", **options: Any) -> None:
        with Connection(self.uri, connect_timeout=60) as connection:
            options.setdefault("serializer", "json")
            if isinstance(body, bytes):
                options.pop("serializer")
            connection.Producer().publish(body, exchange=exchange, routing_key=routing_key, **options)

    def ask(self, service: str, method: str, timeout: float = 60, **kwargs: Any) -> Any:
        from nameko.standalone.rpc import ClusterRpcProxy

        with ClusterRpcProxy({"AMQP_URI": self.uri}, timeout=timeout) as rpc:
            return getattr(getattr(rpc, service), method)(**kwargs)

    def take(self, queue: str, seconds: float = 60) -> list[dict[str, Any]]:
        """All messages of a queue as ``{body, headers}``; waits for the first."""
        rows: list[dict[str, Any]] = []
        with Connection(self.uri, connect_timeout=60) as connection, eventlet.Timeout(seconds, False):
            channel = connection.channel()
            while True:
                message = channel.basic_get(queue)
                if message is None:
                    if rows:
                        break
                    eventlet.sleep(0.05)
                    continue
                channel.basic_ack(message.delivery_tag)
                rows.append({"body": message.body, "headers": message.headers})
        return rows

    def count(self, queue: str) -> int:
        with Connection(self.uri, connect_timeout=60) as connection:
            return int(connection.channel().queue_declare(queue, passive=True).message_count)

    def quarantined(self) -> list[dict[str, Any]]:
        return [json.loads(message["body"]) for message in self.take(QUARANTINE)]


@pytest.fixture
def wire(broker: str) -> Wire:
    return Wire(broker)


@pytest.fixture
def stock(broker: str) -> Iterator[Callable[..., ServiceContainer]]:
    """``stock(Class)`` starts a service as Nameko does by itself."""
    started: list[ServiceContainer] = []

    def start(service_class: Any, uri: str | None = None, **config: Any) -> ServiceContainer:
        container = ServiceContainer(service_class, {"AMQP_URI": uri or broker, "max_workers": 10, **config})
        container.start()
        started.append(container)
        return container

    yield start
    for container in started:
        with eventlet.Timeout(10, False):
            container.kill()


class Ours:
    """The echo service on the chassis."""

    def __init__(self, settings: Settings) -> None:
        from services.echo.service import Counter, EchoService

        self.settings, self.counter = settings, Counter
        Counter.failures, Counter.received = 0, []
        self.database = Database.at(settings.database_url("echo"))
        declare_topology(settings, [EchoService], [contract_of("echo")])
        self.runner = ServiceRunner(container_config(settings))
        self.runner.add_service(EchoService)
        self.runner.start()

    @property
    def alive(self) -> bool:
        container = next(iter(self.runner.containers))
        return not container._died.ready()


@pytest.fixture
def ours(broker: str, fresh_database: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[..., Ours]]:
    """``ours()`` starts the sample service as the platform does; ``ours(uri)`` through another address."""
    url = fresh_database("echo")
    engine = create_engine(url)
    ALL[0].metadata.create_all(engine)
    engine.dispose()
    started: list[Ours] = []

    def start(uri: str | None = None, **settings: str) -> Ours:
        environ = {
            "AMQP_URI": uri or broker,
            "PORTAL_ENVIRONMENT": "development",
            "PORTAL_HOME": str(tmp_path),
            "ECHO_DATABASE_URL": url,
            "RETRY_TIERS": "0.2,0.4",
        }
        started.append(Ours(Settings({**environ, **settings})))
        return started[-1]

    yield start
    for entry in started:
        with eventlet.Timeout(15, False):
            entry.runner.stop()
        with eventlet.Timeout(5, False):
            entry.runner.kill()
    Database.forget(url)


def died(container: ServiceContainer, seconds: float = 60) -> BaseException | None:
    """How a container ended by itself; ``None`` when it is still there."""
    with eventlet.Timeout(seconds, False):
        try:
            container.wait()
        except Exception as error:  # noqa: BLE001 - whatever ended it is what is asked
            return error
    return None
