"""RabbitMQ's users and what each may do, made from ``users.json`` and the table of calls. Standard library only.

A resource is a queue or an exchange: *configure* declares and deletes it, *write* publishes to it or binds a queue,
*read* consumes, purges or binds from it. On a topic exchange the routing key is looked at, too. The default exchange
is open to nobody: what is sent to one queue goes by ``portal.redelivery``, whose keys are queues and sources.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NotRequired, TypedDict

from infra.chassis.json_types import Json

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("users.json")
CALLS = ROOT / "infra" / "chassis" / "trust" / "service_calls.json"
HEALTH = "health"  # a door of every service, in no contract
RPC, REDELIVERY, UNROUTABLE, AGAIN = "nameko-rpc", "portal.redelivery", "portal.unroutable", "portal.again"
QUARANTINE, SWEEPING = "portal.quarantine", "portal.sweeping"
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
RETRY, WAITING = r"portal\.retry\.\d+ms", r"portal\.wait\.\d+ms"
METHOD = "[a-z_0-9]+"
STANDALONE = "standalone_rpc_proxy"  # what stock Nameko calls a caller that is no service
NOTHING = "^$"
EVERYTHING = ".*"


class ServiceRow(TypedDict):
    """A service's two users: what the follower publishes; what the doors consume (by source) and call."""

    publishes: list[str]
    consumes: dict[str, list[str]]
    calls: list[str]


class CallerRow(TypedDict):
    """A user that is no service."""

    calls: list[str]
    dead_letters: NotRequired[bool]  # whether it may replay and drop them


class UserTable(TypedDict):
    """Who may do what at the broker."""

    retry_milliseconds: list[int]
    services: dict[str, ServiceRow]
    for_services_alone: list[str]
    callers: dict[str, CallerRow]
    makes_topology: list[str]


def table() -> UserTable:
    """The tables as they are in the repository; ``calls`` of services and callers are ``SERVICE.METHOD``."""
    rows: UserTable = json.loads(TABLE.read_text(encoding="utf-8"))
    for service, calls in _read(CALLS)["calls"].items():
        rows["services"][service]["calls"] = sorted(calls)
    for row in rows["callers"].values():
        row["calls"] = sorted(key for name in row["calls"] for key in _doors(name, rows["for_services_alone"]))
    return rows


def _doors(name: str, closed: list[str]) -> list[str]:
    """A single door; or of a service every door that is not for services alone."""
    if "." in name:
        return [name]
    contract = _read(ROOT / "services" / name / "contract.json")
    return [key for method in {*contract["rpc"], HEALTH} if (key := f"{name}.{method}") not in closed]


def _read(path: Path) -> Json:
    content: Json = json.loads(path.read_text(encoding="utf-8"))
    return content


def user_names(rows: UserTable) -> list[str]:
    """Every user of the broker."""
    doors = [name for service in rows["services"] for name in (service, f"{service}-follower")]
    return [*doors, *rows["callers"], *rows["makes_topology"]]


def definitions(passwords: Mapping[str, str], vhost: str = "/") -> Json:
    """RabbitMQ's definitions: users with salted hashes of their passwords, permissions, topic permissions."""
    rows = table()
    topics = [
        {"user": user, "vhost": vhost, "exchange": exchange, "write": write, "read": read}
        for user in user_names(rows)
        for exchange, (write, read) in topic_permissions(rows, user).items()
    ]
    return {
        "users": [
            {
                "name": user,
                "password_hash": password_hash(passwords[user]),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "",
            }
            for user in user_names(rows)
        ],
        "vhosts": [{"name": vhost}],
        "permissions": [{"user": user, "vhost": vhost, **permissions(rows, user)} for user in user_names(rows)],
        "topic_permissions": topics,
    }


def password_hash(password: str) -> str:
    """A password as RabbitMQ keeps it."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def permissions(rows: UserTable, user: str) -> dict[str, str]:
    """``configure``, ``write`` and ``read`` of one user, as regular expressions over names of queues and exchanges."""
    if user in rows["makes_topology"]:
        return dict.fromkeys(("configure", "write", "read"), EVERYTHING)
    if user in rows["callers"]:
        return _of_caller(rows["callers"][user], user)
    service = user.removesuffix("-follower")
    return _of_doors(rows["services"][service], user) if user == service else _of_follower(service)


def _of_doors(row: ServiceRow, service: str) -> dict[str, str]:
    own = [re.escape(f"rpc-{service}"), _replies(service), *_handler_queues(row, service)]
    sources = [re.escape(f"{source}.events") for source in row["consumes"]]
    return {
        "configure": _any_of(own),
        "write": _any_of([*own, RETRY, *map(re.escape, (RPC, REDELIVERY, UNROUTABLE))]),
        "read": _any_of([*own, *sources, *map(re.escape, (RPC, REDELIVERY, AGAIN))]),
    }


def _of_follower(service: str) -> dict[str, str]:
    # It makes handlers' queues of its own events anew when one was gone; it reads none of them.
    handlers = rf"evt-{re.escape(service)}-.+"
    events, requests = re.escape(f"{service}.events"), re.escape(f"portal.retell.{service}")
    writable = [events, requests, handlers, RETRY, *map(re.escape, (REDELIVERY, UNROUTABLE))]
    readable = [events, requests, WAITING, *map(re.escape, (QUARANTINE, SWEEPING, REDELIVERY, AGAIN))]
    return {
        "configure": _any_of([requests, handlers, re.escape(SWEEPING)]),
        "write": _any_of(writable),
        "read": _any_of(readable),
    }


def _of_caller(row: CallerRow, user: str) -> dict[str, str]:
    replies, rpc = _replies(STANDALONE, user), re.escape(RPC)
    if not row.get("dead_letters"):
        return {"configure": _any_of([replies]), "write": _any_of([replies, rpc]), "read": _any_of([replies, rpc])}
    return {
        "configure": _any_of([replies, re.escape(SWEEPING)]),
        "write": _any_of([replies, rpc, re.escape(REDELIVERY)]),
        "read": _any_of([replies, rpc, *map(re.escape, (QUARANTINE, SWEEPING))]),
    }


def topic_permissions(rows: UserTable, user: str) -> dict[str, tuple[str, str]]:
    """Routing keys a user may publish with and bind by, for each topic exchange it may use: (write, read)."""
    if user in rows["makes_topology"]:
        return {}
    if user in rows["callers"]:
        caller = rows["callers"][user]
        # Dead letters go back to a queue; sources are asked to publish again (`portal sources redeliver`).
        again = {REDELIVERY: (_any_of(["evt-.+", *rows["services"]]), NOTHING)} if caller.get("dead_letters") else {}
        return {RPC: (_any_of(_calls(caller)), _any_of([UUID])), **again}
    service = user.removesuffix("-follower")
    row = rows["services"][service]
    if user != service:
        types = _any_of(map(re.escape, row["publishes"]))
        own = rf"evt-{re.escape(service)}-.+"
        return {
            f"{service}.events": (types, types),
            REDELIVERY: (_any_of([own]), _any_of([own, re.escape(service)])),
        }
    handlers = _any_of(_handler_queues(row, service))
    events = {
        f"{source}.events": (NOTHING, _any_of(map(re.escape, types))) for source, types in row["consumes"].items()
    }
    retry = {f"portal.retry.{delay}ms": (handlers, NOTHING) for delay in rows["retry_milliseconds"]}
    return {
        RPC: (_any_of([*_calls(row), UUID]), _any_of([re.escape(f"{service}.*"), UUID])),
        REDELIVERY: (_any_of(map(re.escape, row["consumes"])), handlers),
        **events,
        **retry,
    }


def _calls(row: ServiceRow | CallerRow) -> list[str]:
    """One pattern for each service called: its doors by name."""
    methods: dict[str, list[str]] = {}
    for key in row["calls"]:
        service, _, method = key.partition(".")
        methods.setdefault(service, []).append(re.escape(method))
    return [rf"{re.escape(service)}\.({'|'.join(names)})" for service, names in methods.items()]


def _handler_queues(row: ServiceRow, service: str) -> list[str]:
    return [
        rf"{re.escape(f'evt-{source}-{event_type}--{service}.')}{METHOD}"
        for source, types in row["consumes"].items()
        for event_type in types
    ]


def _replies(*names: str) -> str:
    return rf"rpc\.reply-({'|'.join(map(re.escape, names))})-{UUID}"


def _any_of(patterns: Iterable[str]) -> str:
    return f"^({'|'.join(patterns)})$"
