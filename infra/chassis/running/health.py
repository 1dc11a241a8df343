"""Named checks of a process, and the operations port on which they are asked; knows no service and no event hub.

``GET /healthz`` (alive), ``/readyz`` (can work), ``/metrics`` (Prometheus text format).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from infra.chassis import logs
from infra.chassis.json_types import Json
from infra.chassis.running.sockets import listening_socket
from infra.chassis.settings import Settings

Check = Callable[[], None]


class Health:
    """Named checks; each returns or raises. ``alive`` must not reach beyond the process."""

    def __init__(self) -> None:
        self.alive: dict[str, Check] = {}
        self.ready: dict[str, Check] = {}

    def report(self, checks: dict[str, Check]) -> Json:
        """``{"status": "ok"|"failing", "checks": {name: "ok"|reason}}``"""
        results = {name: _result(check) for name, check in checks.items()}
        return {"status": "ok" if all(result == "ok" for result in results.values()) else "failing", "checks": results}

    def application(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
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


class QuietRequests(WSGIRequestHandler):
    timeout = 5  # seconds a prober may be silent

    def log_message(self, format: str, *args: object) -> None:
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
