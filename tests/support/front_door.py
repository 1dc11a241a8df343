"""The front door as its callers find it: a process, spoken to over HTTP.

asyncio and the test process's event hub do not mix (``tests/conftest.py``), so no test imports the application: the
embedded platform with its front door, or the front door alone before a broker, is started and stopped as operators do.
"""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.support import launcher
from tests.support.demo_run import plain_environment
from tests.support.launcher import PortalProcess

MOST = f"{10**9}/{10**9}"
UNLIMITED = f"client={MOST} account={MOST} sign-in={MOST} tracking={MOST} search={MOST}"


@dataclass
class FrontDoor:
    """``ask`` is one request; ``bearer`` is a person's header."""

    url: str
    port: int
    process: PortalProcess
    log: Path
    people: dict[str, Any] = field(default_factory=dict)
    operations_port: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, person: str | None = None, **how: Any) -> requests.Response:
        headers = {**(self.bearer(person) if person else {}), **how.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=60, **how)

    def rpc(self, service: str, method: str, person: str | None = None, /, **arguments: Any) -> requests.Response:
        return self.ask("POST", f"/rpc/{service}/{method}", person, json=arguments)

    def write(self, method: str, path: str, person: str | None = None, **how: Any) -> requests.Response:
        """A request that changes something, under a key of its own unless one is given."""
        headers = {"Idempotency-Key": str(uuid.uuid4()), **how.pop("headers", {})}
        return self.ask(method, path, person, headers=headers, **how)

    def bearer(self, person: str) -> dict[str, str]:
        if person not in self.tokens:
            account = self.person(person)
            credentials = {"username": account["username"], "password": account["password"]}
            self.tokens[person] = self.rpc("identity", "sign_in", **credentials).json()["access_token"]
        return {"Authorization": f"Bearer {self.tokens[person]}"}

    def person(self, name: str) -> dict[str, Any]:
        citizens = {"citizen": 0, "neighbour": 1}
        credentials_of: dict[str, Any] = (
            self.people["citizens"][citizens[name]] if name in citizens else self.people["officials"][name]
        )
        return credentials_of

    @contextlib.contextmanager
    def changes(self, person: str, after: int | None = None, **query: Any) -> Iterator[Iterator[dict[str, str]]]:
        """The events of an open stream, as a client parses them; ``id`` alone where there is no data."""
        headers = {"Accept": "text/event-stream", **self.bearer(person)}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        with requests.get(f"{self.url}/changes", params=query, headers=headers, stream=True, timeout=30) as answer:
            assert answer.status_code == 200, answer.text
            assert answer.headers["x-accel-buffering"] == "no" and answer.headers["cache-control"] == "no-store"
            yield events_in(answer)

    def raw(self, sent: bytes, *, within: float = 30.0) -> bytes:
        """Bytes as they are, and everything that comes back until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=within) as line:
            line.sendall(sent)
            received = []
            while part := line.recv(65536):
                received.append(part)
        return b"".join(received)

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


@contextlib.contextmanager
def embedded_portal(folder: Path, **env: str) -> Iterator[FrontDoor]:
    """``portal start``: everything, seeded, in two processes."""
    limits = {"FRONT_DOOR_RATES": UNLIMITED, "SIGN_IN_NAMES_PER_SOURCE": "100000"}
    own = plain_environment(folder / "home", LOG_LEVEL="INFO", **limits, **env)
    with _started(["start", "--port", "0", "--json"], own, folder) as door:
        yield door


@contextlib.contextmanager
def front_door(folder: Path, amqp_uri: str, **env: str) -> Iterator[FrontDoor]:
    """``portal run front-door`` before a broker."""
    own = {
        **plain_environment(folder),
        "AMQP_URI": amqp_uri,
        "FRONT_DOOR_PORT": "0",
        "FRONT_DOOR_TLS_ENDS_BEFORE": "1",
        "FRONT_DOOR_RATES": UNLIMITED,
        "FRONT_DOOR_SESSION_KEYS": "for tests alone: keys of sessions",
        **env,
    }
    with _started(["run", "front-door"], own, folder) as door:
        yield door


@contextlib.contextmanager
def _started(arguments: list[str], env: dict[str, str], folder: Path) -> Iterator[FrontDoor]:
    log = folder / "front-door.log"
    with log.open("ab") as errors:
        process = launcher.start(arguments, env, None, errors)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"it ended with {process.wait(10)}: {log.read_text()[-3000:]}"
        facts = json.loads(line)
        door = FrontDoor(facts["url"], facts["port"], process, log, facts.get("people", {}))
        door.operations_port = facts.get("operations_port", 0)
        yield door
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(120)
        if process.stdout is not None:
            process.stdout.close()


def events_in(answer: requests.Response) -> Iterator[dict[str, str]]:
    """The blocks of a stream of events, each by the names of its lines."""
    block: dict[str, str] = {}
    for line in answer.iter_lines(chunk_size=1):
        if line:
            name, _, value = line.decode().partition(": ")
            block[name] = value
        elif block:
            yield block
            block = {}


def eventually(probe: Any, what: str, within: float = 60.0) -> Any:
    """The first true answer of ``look``."""
    until = time.monotonic() + within
    while not (answer := probe()):
        assert time.monotonic() < until, f"not within {within:.0f} s: {what}"
        time.sleep(0.05)
    return answer
