"""The same two servers from a Docker engine, for machines that have one and lack the programs themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import docker
from docker.errors import DockerException

from tests.support.local_servers import START_SECONDS, ServerFailed, free_port, listening


def engine_answers() -> bool:
    try:
        client = docker.from_env(timeout=10)
        client.ping()
    except DockerException:
        return False
    client.close()
    return True


class Container:
    """One container with some of its ports published on 127.0.0.1."""

    def __init__(
        self, image: str, ports: dict[int, int], environment: dict[str, str], command: list[str] | None = None
    ) -> None:
        self.image, self.ports, self.environment, self.command = image, ports, environment, command
        self._container: Any = None

    def start(self, ready: Callable[[Any], bool]) -> None:
        if self._container is None:
            self._container = docker.from_env().containers.run(
                self.image,
                self.command,
                detach=True,
                environment=self.environment,
                labels={"portal": "tests"},
                ports={f"{inside}/tcp": ("127.0.0.1", outside) for inside, outside in self.ports.items()},
            )
        else:
            self._container.start()
        deadline = time.monotonic() + START_SECONDS
        while not ready(self._container):
            if time.monotonic() > deadline:
                raise ServerFailed(
                    f"{self.image} did not become ready:\n{self._container.logs(tail=30).decode(errors='replace')}"
                )
            time.sleep(0.2)

    def kill(self) -> None:
        self._container.kill()
        self._container.wait(timeout=30)

    def stop(self) -> None:
        self._container.stop(timeout=30)

    def close(self) -> None:
        if self._container is not None:
            self._container.remove(force=True, v=True)
            self._container = None


class ContainerBroker(Container):
    def __init__(self) -> None:
        self.port, self.management_port = free_port(), free_port()
        super().__init__("rabbitmq:3.13-management", {5672: self.port, 15672: self.management_port}, {})
        self.environment = {"RABBITMQ_DEFAULT_USER": "guest", "RABBITMQ_DEFAULT_PASS": "guest"}

    def start(self, ready: Callable[[Any], bool] | None = None) -> None:
        check = ["rabbitmq-diagnostics", "-q", "check_port_connectivity"]
        super().start(ready or (lambda container: listening(self.port) and container.exec_run(check).exit_code == 0))


class ContainerDatabases(Container):
    def __init__(self, durable: bool = False) -> None:
        self.port = free_port()
        speed = [] if durable else ["-c", "fsync=off", "-c", "synchronous_commit=off"]
        command = ["postgres", "-c", "max_connections=300", *speed]
        super().__init__("postgres:16", {5432: self.port}, {"POSTGRES_HOST_AUTH_METHOD": "trust"}, command)

    def start(self, ready: Callable[[Any], bool] | None = None) -> None:
        check = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"]
        super().start(ready or (lambda container: container.exec_run(check).exit_code == 0 and listening(self.port)))
