"""``portal run``, ``migrate`` and ``bootstrap``."""

from __future__ import annotations

from typing import Any

from infra.chassis import logs
from infra.chassis.contracts import contract_of
from infra.chassis.loader import entry, service_class
from infra.chassis.migrations import upgrade
from infra.chassis.runner import Stopping, broker_answers, serve_doors, serve_followers, wait_until
from infra.chassis.settings import Settings
from infra.chassis.topology import declare


def run(settings: Settings, services: list[str], *, follower: bool) -> int:
    """Serve until TERM; the exit code of the process."""
    if settings.embedded:
        return run_embedded(settings)
    return serve_followers(settings, services) if follower else serve_doors(settings, services)


def run_embedded(settings: Settings) -> int:
    """Everything in this process until TERM or Ctrl-C."""
    import eventlet
    from eventlet.event import Event

    from infra.cli.connection import first_operator
    from infra.embedded.platform import Platform

    platform, stopped = Platform(settings), Event()
    platform.migrate()
    first_operator(settings)
    platform.start()

    def stop() -> None:
        platform.stop()
        stopped.send(0)

    Stopping(stop, settings.number("GRACE", 25), eventlet.spawn).install()
    logs.get().info(
        "started", services=platform.services, home=str(settings.home), operations_port=platform.operations_port
    )
    return int(stopped.wait())


def migrate(settings: Settings, services: list[str]) -> None:
    """Databases first, then the broker's exchanges and queues."""
    log = logs.get()
    if settings.embedded:
        from infra.embedded.broker import install

        install()
    for name in services:
        upgrade(settings, name)
        log.info("migrated", service=name)
    wait_until("broker", lambda: broker_answers(settings), settings.number("START_PATIENCE", 120))
    queues = declare(settings, [service_class(name) for name in services], [contract_of(name) for name in services])
    log.info("topology_declared", queues=len(queues))


def bootstrap(settings: Settings, username: str, password: str, full_name: str) -> dict[str, Any]:
    made: dict[str, Any] = entry("identity", "bootstrap", "bootstrap")(
        settings, username=username, password=password, full_name=full_name
    )
    return made
