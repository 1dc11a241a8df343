"""What operators ask a process: is it alive, is it ready, how is it doing. One port per process.

``GET /healthz`` (alive: the hub turns), ``/readyz`` (can work: database, migrations, broker), ``/metrics``
(Prometheus text format). And ``health()`` as an RPC of every service.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from nameko.extensions import DependencyProvider
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from infra.chassis import logs, metrics
from infra.chassis.admission import Admission
from infra.chassis.auth import Caller
from infra.chassis.database import Database
from infra.chassis.dependencies import settings_of
from infra.chassis.doors import door
from infra.chassis.migrations import at_head
from infra.chassis.settings import Settings
from infra.chassis.sockets import listening_socket

Check = Callable[[], None]


class Health:
    """Named checks; each returns or raises. ``alive`` must not reach beyond the process."""

    def __init__(self) -> None:
        self.alive: dict[str, Check] = {}
        self.ready: dict[str, Check] = {}

    def report(self, checks: dict[str, Check]) -> dict[str, Any]:
        """``{"status": "ok"|"failing", "checks": {name: "ok"|reason}}``"""
        results = {name: _result(check) for name, check in checks.items()}
        return {"status": "ok" if all(result == "ok" for result in results.values()) else "failing", "checks": results}

    def application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The WSGI application of the operations port."""
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
            return [generate_latest()]
        checks = {"/healthz": self.alive, "/readyz": {**self.alive, **self.ready}}.get(path)
        if checks is None:
            start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"/healthz /readyz /metrics\n"]
        report = self.report(checks)
        start_response(
            "200 OK" if report["status"] == "ok" else "503 Service Unavailable", [("Content-Type", "application/json")]
        )
        return [json.dumps(report, ensure_ascii=False).encode()]


def _result(check: Check) -> str:
    try:
        check()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return "ok"


def database_checks(settings: Settings, service: str) -> dict[str, Check]:
    """That the database answers and has every migration (the latter asked once, it cannot be undone)."""
    database, migrated = Database.at(settings.database_url(service)), [False]

    def migrations() -> None:
        if not migrated[0] and not at_head(settings, service):
            raise RuntimeError("migrations are missing: run portal migrate")
        migrated[0] = True

    return {f"{service} database": database.ping, f"{service} migrations": migrations}


class QuietRequests(WSGIRequestHandler):
    timeout = 5  # seconds a prober may be silent

    def log_message(self, format: str, *args: Any) -> None:
        """Probes every few seconds are no news."""


class ProbeServer(ThreadingMixIn, WSGIServer):
    """A prober that says nothing keeps no other waiting, and a process ends though one is connected."""

    daemon_threads = True
    block_on_close = False


def serve_plain(health: Health, settings: Settings) -> int:
    """The operations port of a plain process, on a thread; the port it took."""
    server = ProbeServer(("", 0), QuietRequests, bind_and_activate=False)
    server.socket.close()
    server.socket = listening_socket("", int(settings.number("OPERATIONS_PORT", 0)))
    server.server_name, server.server_port = "portal", server.socket.getsockname()[1]
    server.setup_environ()
    server.set_app(health.application)
    threading.Thread(target=server.serve_forever, name="operations", daemon=True).start()
    logs.get().info("operations_port", port=server.server_port)
    return server.server_port


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

    def get_dependency(self, worker_ctx: Any) -> Health:
        return self.health


class Operations:
    """What every service class is: it knows its caller and can say how it is."""

    name: str
    caller = Caller()
    own_health = ServiceHealth()
    admission = Admission()

    @door(public=True)
    def health(self) -> dict[str, Any]:
        health: Any = self.own_health
        report: dict[str, Any] = health.report(health.ready)
        return report
