"""The whole platform in one process: every service, its follower as a greenlet, the in-memory broker, SQLite files."""

from __future__ import annotations

from typing import Protocol

import eventlet
from nameko.runners import ServiceRunner

from infra.chassis.contracts import contract_of
from infra.chassis.messaging.envelopes import plain_json_only, refuse_compression
from infra.chassis.messaging.publishing import size_pools
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.running.followers import Follower
from infra.chassis.running.health import Health
from infra.chassis.running.hub_watchdog import HubWatch
from infra.chassis.running.loader import installed, service_class
from infra.chassis.running.operations import database_checks, serve_green
from infra.chassis.running.runner import MAX_WORKERS, container_config
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.embedded.broker import Broker, install


class GreenThread(Protocol):
    """Eventlet's, which has no types."""

    def wait(self) -> object: ...


class Platform:
    """Brings everything up with :meth:`start` and takes it down with :meth:`stop`; use as a context manager."""

    def __init__(self, settings: Settings, services: list[str] | None = None) -> None:
        self.settings = settings
        self.services = services or installed()
        self.health, self.hub = Health(), HubWatch()
        self.followers: list[Follower] = []
        self._greenlets: list[GreenThread] = []
        self.runner: ServiceRunner | None = None
        self.operations_port = 0

    def migrate(self) -> None:
        """Databases and topology up to date."""
        from infra.chassis.migrations import upgrade

        install()
        for name in self.services:
            upgrade(self.settings, name)
        declare_topology(
            self.settings,
            [service_class(name) for name in self.services],
            [contract_of(name) for name in self.services],
        )

    def start(self) -> Platform:
        install()
        refuse_compression()
        plain_json_only()
        size_pools(MAX_WORKERS * len(self.services))
        self.runner = ServiceRunner(container_config(self.settings))
        for name in self.services:
            self.runner.add_service(service_class(name))
            self.health.ready.update(database_checks(self.settings, name))
        self.health.alive["hub"] = self.hub.check
        self.runner.start()
        self.hub.start()
        self.followers = [Follower(self.settings, name) for name in self.services]
        self._greenlets = [eventlet.spawn(follower.run, eventlet.sleep) for follower in self.followers]
        self.operations_port = serve_green(self.health, self.settings)
        return self

    def stop(self) -> None:
        for follower in self.followers:
            follower.stop()
        for greenlet in self._greenlets:
            greenlet.wait()
        if self.runner is not None:
            self.runner.stop()
            for follower in self.followers:
                follower.finish()
        self.hub.stop()
        Database.forget_all()
        Broker.forget(self.settings.amqp_uri.removeprefix("embedded://"))

    def __enter__(self) -> Platform:
        self.migrate()
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()
