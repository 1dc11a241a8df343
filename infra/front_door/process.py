"""The front door as a process: settings, listener, operations port, one orderly stop."""

from __future__ import annotations

import asyncio
import json
import logging
import sys

import uvicorn
from starlette.types import ASGIApp

from infra.chassis import logs
from infra.chassis.running.health import Health, serve_plain
from infra.chassis.running.sockets import listening_socket
from infra.chassis.settings import SettingMissing, Settings
from infra.front_door.amqp_link import AmqpLink
from infra.front_door.app import Browsers, application
from infra.front_door.calls import Link, Platform
from infra.front_door.connections import LARGEST_HEADERS, BoundedConnection
from infra.front_door.feeds import Feeds
from infra.front_door.local_link import LocalLink
from infra.front_door.origins import origins_of
from infra.front_door.rates import Rate, rates_of
from infra.front_door.sealing import session_keys
from infra.front_door.tls import Certificate, front_door_certificate

PORT = 8000
BACKLOG = 1024
KEEP_ALIVE = 30  # seconds
STREAMS = 4  # of changes, of one access token


def serve(settings: Settings) -> int:
    """Serve until TERM or Ctrl-C; the first line written is ``{"port", "url"}``."""
    quiet_libraries()
    platform = Platform(link_of(settings))
    listening = listening_socket(
        settings.get("FRONT_DOOR_HOST", "127.0.0.1"), int(settings.number("FRONT_DOOR_PORT", PORT)), BACKLOG
    )
    port = listening.getsockname()[1]
    tls, feeds = front_door_certificate(settings), Feeds(int(settings.number("FRONT_DOOR_STREAMS", STREAMS)))
    app = application(platform, rates(settings), feeds, origins(settings), browsers(settings, tls))
    server = uvicorn.Server(configuration(app, settings, tls))
    feeds.stopping = lambda: server.should_exit
    serve_plain(health_of(platform), settings)
    sys.stdout.write(json.dumps({"port": port, "url": f"{'https' if tls else 'http'}://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    logs.get().info("started", front_door=port)
    asyncio.run(server.serve(sockets=[listening]))
    logs.get().info("stopped", front_door=port)
    return 0


def quiet_libraries() -> None:
    """What libraries log of a broken connection the link says in one line; bodies of messages are no news at all."""
    for chatty, level in (("aiormq", logging.CRITICAL), ("aio_pika", logging.CRITICAL), ("uvicorn", logging.WARNING)):
        logging.getLogger(chatty).setLevel(level)


def link_of(settings: Settings) -> Link:
    if settings.embedded:
        return LocalLink(settings.call_address)
    return AmqpLink(settings.require("AMQP_URI"))


def rates(settings: Settings) -> dict[str, Rate]:
    try:
        return rates_of(settings.get("FRONT_DOOR_RATES", ""))
    except ValueError as error:
        raise SettingMissing("FRONT_DOOR_RATES", f"it is not readable ({error})") from error


def origins(settings: Settings) -> list[str]:
    try:
        return origins_of(settings.get("FRONT_DOOR_ORIGINS", ""))
    except ValueError as error:
        raise SettingMissing("FRONT_DOOR_ORIGINS", str(error)) from error


def browsers(settings: Settings, tls: Certificate | None) -> Browsers:
    """Cookies are for HTTPS alone, but in development over plain HTTP, where browsers would not take them."""
    secure = bool(tls) or not settings.development
    return Browsers(session_keys(settings), secure, eid=settings.get("EID_ISSUER") is not None)


def health_of(platform: Platform) -> Health:
    """Alive while the process answers; ready while the platform can be reached."""
    health = Health()

    def reachable() -> None:
        if not platform.connected:
            raise ConnectionError("the platform cannot be reached")

    health.ready["broker"] = reachable
    return health


def configuration(app: ASGIApp, settings: Settings, tls: Certificate | None = None) -> uvicorn.Config:
    proxies = settings.get("FRONT_DOOR_TRUSTED_PROXIES", "")
    return uvicorn.Config(
        app,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        http=BoundedConnection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(settings.number("GRACE", 25)) - 5,
        h11_max_incomplete_event_size=LARGEST_HEADERS,
    )
