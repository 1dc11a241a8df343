"""What all services may open on each database server, in addition to what it takes."""

from __future__ import annotations

import importlib.util

from sqlalchemy import text

from infra.chassis.running.loader import installed
from infra.chassis.running.runner import workers_of
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.connections import parameters
from infra.chassis.storage.database import OVERFLOW, SPARE, Database
from infra.cli.checks.finding import Finding, one_line

FOLLOWER_CONNECTIONS = 4  # of a follower: its lease, what it does just now, a probe
STORE_SPARE = 2
DEFAULT_PORT = 5432
FREE_CONNECTIONS = """
    SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int
"""


def connection_findings(settings: Settings) -> list[Finding]:
    """What all services may open on each server, in addition to what it takes."""
    if settings.embedded:
        return []
    needed: dict[str, int] = {}
    example: dict[str, Database] = {}
    for service in installed():
        try:
            url = settings.database_url(service)
        except SettingMissing:  # reported by the check of databases
            continue
        server = server_of(url)
        needed[server] = needed.get(server, 0) + connections_of(settings, service)
        example[server] = Database.at(url)
    return [_enough(example[server], count) for server, count in needed.items()]


def connections_of(settings: Settings, service: str) -> int:
    """The most that one process of a service and its follower open: pools, the event store's pool, the lease."""
    workers = workers_of(settings)
    doors, follower = workers + SPARE + OVERFLOW, FOLLOWER_CONNECTIONS
    has_event_store = importlib.util.find_spec(f"services.{service}.event_store") is not None
    return doors + follower + (workers + STORE_SPARE if has_event_store else 0)


def server_of(url: str) -> str:
    """The server a URL leads to, however it is written: its hosts with their ports, whatever else the URL says."""
    stated = parameters(url)
    hosts = str(stated.get("host") or stated.get("hostaddr") or "").lower().split(",")
    ports = str(stated.get("port") or "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return ",".join(f"{host}:{port or DEFAULT_PORT}" for host, port in zip(hosts, ports, strict=False))


def _enough(database: Database, needed: int) -> Finding:
    try:
        with database.session() as session:
            limit = int(session.execute(text(FREE_CONNECTIONS)).scalar_one())
    except Exception as error:
        return Finding("note", f"connections: up to {needed}, of how many is not known ({one_line(error)})")
    what = f"connections: up to {needed} of {limit} (max_connections without the reserved), one process of each service"
    advice = f"raise max_connections above {needed}, and further with every more process; or lower MAX_WORKERS"
    return Finding("ok", what) if needed <= limit else Finding("fault", what, advice)
