"""Where payment gateways call back: ``GET /callbacks/<gateway>?…`` becomes the RPC ``payments.gateway_callback``.

The gateway is answered in its own codes, always with status 200 as it expects; what could not be judged
(the platform is down, the request is malformed) is answered 99, so that it calls again. Nothing is decided here.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler
from wsgiref.types import StartResponse, WSGIEnvironment

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.front_door.listening import Listening
from infra.front_door.tls import Certificate

RpcCall = Callable[..., Json]
Wsgi = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

PATH = "/callbacks/"
LONGEST_QUERY = 8000
MOST_PARAMETERS = 64
NOT_JUDGED = {"RspCode": "99", "Message": "Unknown error"}
log = logging.getLogger(__name__)


class Malformed(Exception):
    """A query that cannot mean one thing only."""


def application(call: RpcCall) -> Wsgi:
    """The WSGI application; ``call(service, method, **arguments)`` asks the platform."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", ""), environ.get("REQUEST_METHOD", "GET")
        if path == "/healthz":
            return _json(start_response, "200 OK", {"status": "ok"})
        gateway = path.removeprefix(PATH)
        if not path.startswith(PATH) or not gateway.isascii() or not gateway.isalnum() or len(gateway) > 32:
            return _json(start_response, "404 Not Found", {"problem": "no such call-back"})
        if method != "GET":
            return _json(start_response, "405 Method Not Allowed", {"problem": "GET only"})
        return _json(start_response, *_gateway_answer(call, gateway, environ.get("QUERY_STRING", "")))

    return answer


def _gateway_answer(call: RpcCall, gateway: str, query: str) -> tuple[str, Json]:
    try:
        return "200 OK", dict(call("payments", "gateway_callback", gateway=gateway, parameters=parameters_of(query)))
    except Malformed as wrong:
        log.warning("callback malformed: %s", wrong)
        return "200 OK", NOT_JUDGED
    except Exception as failure:  # noqa: BLE001 - whatever it was, the gateway must be told to call again
        if getattr(failure, "exc_type", type(failure).__name__) == "GatewayNotFound":
            return "404 Not Found", {"problem": "no such gateway"}
        log.warning("callback not judged: %s", getattr(failure, "exc_type", type(failure).__name__))
        return "200 OK", NOT_JUDGED


def parameters_of(query: str) -> dict[str, str]:
    """The parameters exactly as sent, decoded once; refuses what could be read two ways: repeated names, bad UTF-8."""
    if len(query) > LONGEST_QUERY:
        raise Malformed("too long")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise Malformed(type(error).__name__) from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise Malformed("a parameter twice")
    return parameters


def _json(start_response: Callable[..., object], status: str, body: Json) -> Iterable[bytes]:
    data = json.dumps(body).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(data))), ("Cache-Control", "no-store")]
    start_response(status, headers)
    return [data]


class _Request(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        """The platform logs what it judged; queries of gateways do not belong in an access log."""


class Server(Listening):
    """The WSGI application on a port; what ``wsgiref`` wants to know of its server is answered here."""

    def __init__(self, app: Wsgi, *, port: int, host: str, tls: ssl.SSLContext | None = None) -> None:
        self._app = app
        self.base_environ = {
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REMOTE_HOST": "",
            "CONTENT_LENGTH": "",
            "SCRIPT_NAME": "",
        }
        super().__init__(_Request, port=port, host=host, tls=tls)

    def get_app(self) -> Wsgi:
        return self._app


def serve(call: RpcCall, *, port: int = 0, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Server:
    """Serve call-backs in the background; the result has ``port``, ``url`` and ``stop()``."""
    return Server(application(call), port=port, host=host, tls=tls)


def over_broker(amqp_uri: str, timeout: float = 10.0) -> RpcCall:
    """A ``call`` that asks over the broker, with a proxy of its own for each request thread."""
    from infra.chassis.messaging.standalone import platform_proxy

    def call(service: str, method: str, **arguments: object) -> Json:
        with platform_proxy(amqp_uri, timeout=timeout) as rpc:
            answer: Json = getattr(getattr(rpc, service), method)(**arguments)
            return answer

    return call


def main(arguments: list[str] | None = None) -> int:
    """``python -m infra.front_door.callbacks --port 8080``; the first line written is ``{"port", "url"}``."""
    parser = argparse.ArgumentParser(prog="python -m infra.front_door.callbacks", description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args(arguments)
    uri = setting("AMQP_URI")
    if not uri:
        sys.stderr.write("Setting AMQP_URI is missing. Give it as AMQP_URI or AMQP_URI_FILE.\n")
        return 78
    logging.basicConfig(level=logging.INFO)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    tls = Certificate.of(Settings.from_environment())
    server = serve(over_broker(uri), port=options.port, host=options.host, tls=tls.context() if tls else None)
    sys.stdout.write(json.dumps({"port": server.port, "url": server.url}) + "\n")
    sys.stdout.flush()
    stopping.wait()
    server.stop()
    return 0


def setting(name: str) -> str | None:
    """A setting from the environment or from the file that ``NAME_FILE`` names."""
    return Settings.from_environment().get(name)


if __name__ == "__main__":
    raise SystemExit(main())
