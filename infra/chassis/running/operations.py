"""What operators ask a process: is it alive, is it ready, how is it doing. One port per process.

``GET /healthz`` (alive: the hub turns), ``/readyz`` (can work: database, migrations, broker), ``/metrics``
(Prometheus text format). And ``health()`` as an RPC of every service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nameko.extensions import DependencyProvider

from infra.chassis import logs, metrics
from infra.chassis.access.admission import Admission
from infra.chassis.access.auth import Caller
from infra.chassis.dependencies import settings_of
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.running.health import Check, Health
from infra.chassis.running.sockets import listening_socket
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.revisions import at_head


def database_checks(settings: Settings, service: str) -> dict[str, Check]:
    """That the database answers and has every migration (the latter asked once, it cannot be undone)."""
    database, migrated = Database.at(settings.database_url(service)), [False]

    def migrations() -> None:
        if not migrated[0] and not at_head(settings, service):
            raise RuntimeError("migrations are missing: run portal migrate")
        migrated[0] = True

    return {f"{service} database": database.ping, f"{service} migrations": migrations}


def serve_green(health: Health, settings: Settings) -> int:
    """The operations port of a process on the hub; the port it took."""
    import eventlet
    from eventlet import wsgi

    listening = listening_socket("", int(settings.number("OPERATIONS_PORT", 0)))
    eventlet.spawn(wsgi.server, listening, health.application, log_output=False, max_size=32, socket_timeout=10)
    port: int = listening.getsockname()[1]
    logs.get().info("operations_port", port=port)
    return port


class ServiceHealth(DependencyProvider):
    """The checks of one service, for its ``health`` door."""

    def setup(self) -> None:
        service, settings = self.container.service_name, settings_of(self.container)
        self.health = Health()
        self.health.ready = database_checks(settings, service)
        database = Database.at(settings.database_url(service))
        metrics.pool_in_use.labels(service).set_function(
            lambda: getattr(database.engine.pool, "checkedout", lambda: 0)()
        )

    def get_dependency(self, worker_ctx: object) -> Health:
        return self.health

    if TYPE_CHECKING:  # as of ``Provided``

        def __get__(self, service: object, owner: type) -> Health: ...


class Operations:
    """What every service class is: it knows its caller and can say how it is."""

    name: str
    caller = Caller()
    own_health = ServiceHealth()
    admission = Admission()

    @door(public=True)
    def health(self) -> Json:
        return self.own_health.report(self.own_health.ready)
