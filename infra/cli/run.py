"""``portal run``, ``migrate`` and ``bootstrap``."""

from __future__ import annotations

import signal

from infra.chassis import logs
from infra.chassis.contracts import contract_of
from infra.chassis.json_types import Json
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.running.loader import service_class, tool
from infra.chassis.running.runner import Stopping, broker_answers, serve_doors, serve_followers, wait_until
from infra.chassis.settings import Settings
from infra.chassis.storage.server_sessions import require_session


def run(settings: Settings, services: list[str], *, follower: bool) -> int:
    """Serve until TERM; the exit code of the process."""
    code = _served(settings, services, follower)
    for number in (signal.SIGTERM, signal.SIGINT):  # one more must not kill what is only putting its things away
        signal.signal(number, signal.SIG_IGN)
    return code


def _served(settings: Settings, services: list[str], follower: bool) -> int:
    if settings.embedded:
        return run_embedded(settings)
    for name in services:  # a setting that is missing stops the process now, not after the wait for the others
        settings.database_url(name)
    return serve_followers(settings, services) if follower else serve_doors(settings, services)


def run_embedded(settings: Settings) -> int:
    """Everything in this process until TERM or Ctrl-C."""
    import eventlet
    from eventlet.event import Event

    from infra.cli.connection import first_operator
    from infra.embedded.call_socket import CallSocket
    from infra.embedded.platform import Platform

    platform, started, stopped = Platform(settings), Event(), Event()
    platform.migrate()
    first_operator(settings)
    calls = CallSocket(settings)  # for `portal run front-door` next to it

    def stop() -> None:
        started.wait()
        calls.stop()
        platform.stop()
        stopped.send(0)

    Stopping(stop, settings.number("GRACE", 25), eventlet.spawn).install()
    platform.start()
    calls.start()
    started.send()
    logs.get().info(
        "started", services=platform.services, home=str(settings.home), operations_port=platform.operations_port
    )
    code = int(stopped.wait())
    logs.get().info("stopped", services=platform.services)
    return code


def migrate(settings: Settings, services: list[str]) -> None:
    """Databases first, then the broker's exchanges and queues; both are waited for."""
    from infra.chassis.migrations import upgrade

    log, patience = logs.get(), settings.number("START_PATIENCE", 120)
    if settings.embedded:
        from infra.embedded.broker import install

        install()
    urls = {name: settings.migration_url(name) for name in services}
    uri = settings.amqp_uri
    for name, url in urls.items():
        if not url.startswith("sqlite"):
            setting = f"{name.upper()}_MIGRATION_DATABASE_URL or {name.upper()}_DATABASE_URL"
            wait_until(f"{name} database", lambda at=(setting, url): require_session(*at), patience)  # type: ignore[misc]
        upgrade(settings, name)
        log.info("migrated", service=name)
    wait_until(f"broker {uri.rpartition('@')[2]}", lambda: broker_answers(settings), patience)
    queues = declare_topology(
        settings, [service_class(name) for name in services], [contract_of(name) for name in services]
    )
    log.info("topology_declared", queues=len(queues))


def bootstrap(settings: Settings, username: str, password: str, full_name: str) -> Json:
    if settings.embedded:
        from infra.chassis.migrations import upgrade

        upgrade(settings, "identity")
    made: Json = tool("identity", "bootstrap")(settings, username=username, password=password, full_name=full_name)
    return made
