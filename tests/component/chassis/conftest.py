"""A small service on the embedded default: the chassis as services meet it."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import eventlet
import pytest
from eventlet.event import Event
from nameko.runners import ServiceRunner
from nameko.standalone.rpc import ClusterRpcProxy

from infra.chassis.contracts import contract_of
from infra.chassis.messaging.envelopes import plain_json_only, refuse_compression
from infra.chassis.messaging.origin import Origin
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.running.followers import Follower
from infra.chassis.running.runner import container_config
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import ALL
from infra.embedded.broker import Broker, install

SAMPLE = str(Path(__file__).parent / "sample")
if SAMPLE not in sys.path:
    sys.path.append(SAMPLE)


@pytest.fixture(autouse=True)
def every_event_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the wire; whose events are believed is the subject of ``tests/service/trust``."""
    monkeypatch.setattr(Origin, "check", lambda _origin, _event: None)


class Running:
    """The echo service, its follower and a way to call it."""

    def __init__(self, settings: Settings) -> None:
        from services.echo.service import Counter, EchoService

        self.settings, self.counter = settings, Counter
        Counter.failures, Counter.received = 0, []
        EchoService.gate, EchoService.lingering = Event(), 0
        install()
        refuse_compression()
        plain_json_only()
        self.database = Database.at(settings.database_url("echo"))
        ALL[0].metadata.create_all(self.database.engine)
        declare_topology(settings, [EchoService], [contract_of("echo")])
        self.runner = ServiceRunner(container_config(settings))
        self.runner.add_service(EchoService)
        self.runner.start()
        self.follower = Follower(settings, "echo")

    @property
    def container(self) -> Any:
        return next(iter(self.runner.containers))

    def call(
        self, method: str, *, language: str = "vi", token: str | None = None, timeout: float = 60, **arguments: Any
    ) -> Any:
        context = {"language": language, **({"auth_token": token} if token else {})}
        with ClusterRpcProxy({"AMQP_URI": self.settings.amqp_uri}, context_data=context, timeout=timeout) as rpc:
            return getattr(rpc.echo, method)(**arguments)

    def until(self, ask: Any, seconds: float = 60) -> Any:
        with eventlet.Timeout(seconds):
            while not (answer := ask()):
                eventlet.sleep(0.01)
        return answer


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Running]:
    name = uuid.uuid4().hex
    settings = Settings(
        {
            "PORTAL_HOME": str(tmp_path),
            "PORTAL_ENVIRONMENT": "development",
            "AMQP_URI": f"embedded://{name}",
            "ECHO_DATABASE_URL": f"sqlite:///{tmp_path / 'echo.sqlite'}",
            "RETRY_TIERS": "0.05,0.1",
        }
    )
    running = Running(settings)
    yield running
    running.follower.stop()
    running.follower.lease.release()
    running.runner.stop()
    Broker.forget(name)
    Database.forget(settings.database_url("echo"))
