"""The broker and the database that tests run on: given from outside, else started here, else a clear message.

``AMQP_URI`` and ``…_DATABASE_URL`` win. Otherwise the distribution's programs run as child processes; where they
are missing they are installed (as root, on Debian) or come from a Docker engine. ``python -m tests.support.servers``
does the installing and says what tests will use; ``make test`` calls it first.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any, Protocol

import psycopg
import requests
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from infra.chassis.migrations import upgrade
from infra.chassis.settings import SERVICES, Settings
from infra.chassis.storage.database import Database
from tests.support import browser_tools, nginx, pooler
from tests.support.container_servers import ContainerBroker, ContainerDatabases, engine_answers
from tests.support.local_servers import LocalBroker, LocalDatabases, library_of_moved_clocks

MISSING = (
    "Tests need RabbitMQ, PostgreSQL and PgBouncer. Do one of these:\n"
    "  - run make test as root on Debian, which installs rabbitmq-server, postgresql and pgbouncer,\n"
    "  - install them yourself,\n"
    "  - start a Docker engine that can run rabbitmq:3.13-management and postgres:16,\n"
    "  - name servers of yours in AMQP_URI and IDENTITY_DATABASE_URL, CATALOG_DATABASE_URL and so on."
)


class Server(Protocol):
    """What both kinds of server can do. ``start`` after ``kill`` or ``stop`` finds the same port and data."""

    port: int

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


class Broker:
    """A RabbitMQ of the tests' own, with a fresh virtual host for each test that asks."""

    def __init__(self, server: Server, management_port: int) -> None:
        self.server = server
        self._api = f"http://127.0.0.1:{management_port}/api"

    @contextlib.contextmanager
    def virtual_host(self) -> Iterator[str]:
        """The AMQP URI of a new virtual host, removed at the end with everything in it."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        self.manage("PUT", f"vhosts/{name}")
        self.manage("PUT", f"permissions/{name}/guest", {"configure": ".*", "write": ".*", "read": ".*"})
        try:
            yield f"amqp://guest:guest@127.0.0.1:{self.server.port}/{name}"
        finally:
            with contextlib.suppress(requests.RequestException):  # a fault test may have left it dead
                self.manage("DELETE", f"vhosts/{name}")

    def manage(self, method: str, path: str, body: Any = None) -> requests.Response:
        """One call of RabbitMQ's management interface (queues, connections, limits); raises on an error answer."""
        answer = requests.request(method, f"{self._api}/{path}", json=body, auth=("guest", "guest"), timeout=60)
        answer.raise_for_status()
        return answer


class GivenBroker:
    """The broker of ``AMQP_URI``: used as it is, since its virtual hosts are not ours to make."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    @contextlib.contextmanager
    def virtual_host(self) -> Iterator[str]:
        yield self.uri


class Databases:
    """A PostgreSQL server on which tests make and drop databases; ``server`` is ``None`` for one given from outside."""

    def __init__(self, url: URL, server: Server | None = None) -> None:
        self.url = url
        self.server = server
        self._up_to_date: dict[str, str] = {}  # by service, a database that others are copies of

    def make(self, service: str, template: str = "template1") -> str:
        """The URL of a new, empty database for ``service``, or of a copy of another one."""
        name = f"test_{service}_{uuid.uuid4().hex[:12]}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url.set(database=name).render_as_string(hide_password=False)

    def up_to_date(self, service: str) -> str:
        """The URL of a new database in which all migrations of ``service`` have run (once; this is a copy)."""
        if service not in self._up_to_date:
            url = self.make(service)
            upgrade(Settings({f"{service.upper()}_DATABASE_URL": url, "AMQP_URI": "amqp://unused"}), service)
            Database.forget(url)
            self._up_to_date[service] = make_url(url).database or ""
        return self.make(service, self._up_to_date[service])

    def drop(self, url: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", make_url(url).database or "")

    def _execute(self, statement: str, *names: str) -> None:
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True, connect_timeout=60) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def patient(url: str) -> str:
    """The same database for many at once on a loaded machine: whoever waits for a lock is not sent away meanwhile.

    Services wait five seconds; in these tests all the others come first, and how long that takes is the machine's
    affair. A deadlock is still one: the server finds it after a second.
    """
    waits = "-c lock_timeout=120000 -c statement_timeout=150000"
    return make_url(url).update_query_dict({"options": waits}).render_as_string(hide_password=False)


@contextlib.contextmanager
def running_broker(own: bool = False) -> Iterator[Broker | GivenBroker]:
    """The broker tests use, for as long as the block lasts; ``own`` for a test that will kill it."""
    if (uri := os.environ.get("AMQP_URI")) and not own:
        yield GivenBroker(uri)
        return
    server = LocalBroker() if LocalBroker.available() else ContainerBroker()
    try:
        server.start()
        yield Broker(server, server.management_port)
    finally:
        server.close()


@contextlib.contextmanager
def running_databases(own: bool = False, durable: bool = False) -> Iterator[Databases]:
    """The database server tests use, for as long as the block lasts; ``own`` for a test that will kill it."""
    if (url := given_database_url()) and not own:
        yield Databases(url)
        return
    server = LocalDatabases(durable) if LocalDatabases.programs() else ContainerDatabases(durable)
    try:
        server.start()
        yield Databases(make_url(f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/postgres"), server)
    finally:
        server.close()


def given_database_url() -> URL | None:
    """Where an outside database server is named; its user must be allowed to make databases."""
    named = (os.environ.get(f"{service.upper()}_DATABASE_URL") for service in SERVICES)
    return next((make_url(url) for url in named if url and url.startswith("postgresql")), None)


def lacking() -> list[str]:
    """The Debian packages whose programs are neither given from outside nor here."""
    broker = os.environ.get("AMQP_URI") or LocalBroker.available()
    databases = given_database_url() or LocalDatabases.programs()
    needed = (
        ("rabbitmq-server", broker),
        ("postgresql", databases),
        ("pgbouncer", pooler.available()),
        ("nginx-light", nginx.available()),
        ("libfaketime", library_of_moved_clocks()),
        ("nodejs", shutil.which("node")),
        ("npm", shutil.which("npm")),
    )
    return [name for name, there in needed if not there]


def install(packages: list[str]) -> None:
    """Install from the distribution without letting the packages start their own servers."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", "-qq", *command], env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:  # a Docker engine may still do
            sys.stderr.write(f"apt-get {command[0]} failed:\n{done.stderr[-2000:]}\n")
            return


def prepare() -> str:
    """Make sure that tests will find their servers; says which, or ends the process with what to do."""
    packages = [*lacking(), *browser_tools.lacking()]
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stdout.write(f"Installing {' and '.join(packages)} …\n")
        sys.stdout.flush()
        install(packages)
    browser_tools.fetch_axe()
    packages = lacking()
    if not packages:
        return "Tests run on RabbitMQ and PostgreSQL of this machine (or on those named in the environment)."
    if engine_answers():
        return f"Tests take {' and '.join(packages)} from the Docker engine."
    raise SystemExit(MISSING)


if __name__ == "__main__":
    sys.stdout.write(prepare() + "\n")
