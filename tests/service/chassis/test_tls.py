"""TLS on a real RabbitMQ and a real PostgreSQL, with the certificates and configuration that Compose uses.

Whoever is not verified is not spoken to: another authority, another name, no TLS at all.
"""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kombu import pools
from nameko.amqp.publish import get_producer
from nameko.standalone.rpc import ClusterRpcProxy
from sqlalchemy.engine import URL, make_url

from infra.chassis import http, migrations
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.messaging.standalone import platform_proxy
from infra.chassis.messaging.topology import declare_topology
from infra.chassis.messaging.transport import Connection
from infra.chassis.running.runner import broker_answers
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.front_door.callbacks import serve
from infra.front_door.listening import Listening
from infra.front_door.tls import Certificate
from services.notifications.mail_carrier import MailServer
from tests.service.chassis.test_connections import used_by_all
from tests.support.front_door import front_door
from tests.support.local_servers import LocalBroker, LocalDatabases

MAKE_SECRETS = Path(__file__).parents[3] / "infra" / "docker" / "make-secrets"
ANOTHER_NAME = "127.0.0.2"  # the same servers by a name that no certificate has
REFUSED = r"(?i)certificate|hostname|wrong version|unexpected|eof|reset|closed|ssl|encrypt"


def secrets(folder: Path) -> Path:
    subprocess.run([sys.executable, str(MAKE_SECRETS), str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    return secrets(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def strangers(tmp_path_factory) -> Path:
    """Another installation's, with an authority of its own."""
    return secrets(tmp_path_factory.mktemp("strangers"))


@pytest.fixture(scope="module")
def broker_with_tls(own) -> Iterator[str]:
    assert LocalBroker.available(), "TLS is tried on a RabbitMQ of this machine"
    server = LocalBroker(own)
    try:
        server.start()
        uri = f"amqps://guest:guest@127.0.0.1:{server.port}//"
        with pytest.MonkeyPatch.context() as trusting:
            trusting.setenv("SSL_CERT_FILE", str(own / "tls_ca"))
            declare_topology(Settings({"AMQP_URI": uri, "PORTAL_ENVIRONMENT": "development"}), [], [])
            with Connection(uri) as connection:
                connection.channel().exchange_declare("nameko-rpc", "topic", durable=True, auto_delete=False)
        yield uri
    finally:
        server.close()


@pytest.fixture
def trusting(monkeypatch) -> Callable[[Path], None]:
    """Which authority this process trusts from now on; connections that are there are closed."""

    def trust(folder: Path) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls_ca"))
        pools.reset()

    return trust


def connects(uri: str) -> None:
    with Connection(uri, connect_timeout=60) as connection:
        connection.connect()


def publishes(uri: str) -> None:
    publisher = Publisher(uri)
    try:
        publisher.publish({}, exchange="portal.unroutable", routing_key="x")
    finally:
        publisher.close()


def publishes_as_nameko(uri: str) -> None:
    with get_producer(uri, True, None, None, {"max_retries": 0}) as producer:
        producer.publish({}, exchange="portal.unroutable", routing_key="x", retry=False)


def calls(uri: str) -> None:
    with platform_proxy(uri, timeout=60):
        """The reply queue is there."""


def calls_as_a_front_end(uri: str) -> None:
    """The front door's way, in a process of its own: asyncio does not live where eventlet has patched."""
    program = (
        "import asyncio, sys; from infra.front_door.amqp_link import AmqpLink\n"
        "async def main():\n"
        "    link = AmqpLink(sys.argv[1])\n"
        "    channel = await link.connection()\n"
        "    await channel.close()\n"
        "asyncio.run(main())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, uri],
        env={**os.environ, "PYTHONPATH": str(MAKE_SECRETS.parents[2])}, capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise ConnectionError(done.stderr.strip().splitlines()[-1])


def is_ready(uri: str) -> None:
    assert broker_answers(Settings({"AMQP_URI": uri}))


TO_THE_BROKER = {
    work.__name__: work for work in (connects, publishes, publishes_as_nameko, calls, calls_as_a_front_end, is_ready)
}


@pytest.mark.parametrize("kind", TO_THE_BROKER)
def test_whoever_knows_the_authority_speaks_to_the_broker(broker_with_tls, own, trusting, kind):
    trusting(own)
    TO_THE_BROKER[kind](broker_with_tls)


@pytest.mark.parametrize("kind", TO_THE_BROKER)
@pytest.mark.parametrize("wrong", ["authority", "name", "no TLS"])
def test_a_broker_that_is_not_verified_is_not_spoken_to(broker_with_tls, own, strangers, trusting, kind, wrong):
    trusting(strangers if wrong == "authority" else own)
    uri = broker_with_tls.replace("127.0.0.1", ANOTHER_NAME) if wrong == "name" else broker_with_tls
    with pytest.raises(Exception, match=REFUSED):
        TO_THE_BROKER[kind](uri.replace("amqps:", "amqp:") if wrong == "no TLS" else uri)


def test_stock_nameko_with_the_same_address_is_verified_too(broker_with_tls, strangers, trusting):
    """By itself it would take any certificate: the scheme decides, not who asks."""
    trusting(strangers)
    with pytest.raises(Exception, match=REFUSED), ClusterRpcProxy({"AMQP_URI": broker_with_tls}, timeout=60):
        """Never reached."""


def answers(url: str) -> None:
    """The front door's or the call-backs' port, with what this process trusts."""
    try:
        http.call("GET", url, within=60)
    except http.NoAnswer as error:
        raise ConnectionError(str(error)) from None


@pytest.fixture(scope="module")
def listeners(own, tmp_path_factory) -> Iterator[dict[str, str]]:
    """The front door and the call-backs, each with its certificate of ``make-secrets``."""
    files = Certificate(str(own / "callbacks_tls_certificate"), str(own / "callbacks_tls_key"))
    callbacks = serve(lambda *_about, **_arguments: {}, tls=files.context())
    env = {f"TLS_{part.upper()}_FILE": str(own / f"front_door_tls_{part}") for part in ("certificate", "key")}
    with front_door(tmp_path_factory.mktemp("door"), "amqp://127.0.0.1:9//", **env) as door:
        yield {"front door": door.url, "call-backs": callbacks.url}
    callbacks.stop()


@pytest.mark.parametrize("listener", ["front door", "call-backs"])
def test_listeners_show_a_certificate_and_nothing_in_plain(listeners, own, strangers, trusting, listener):
    url = f"{listeners[listener]}/healthz"
    trusting(own)
    answers(url)
    with pytest.raises(ConnectionError, match=REFUSED):
        answers(url.replace("https:", "http:"))
    trusting(strangers)
    with pytest.raises(ConnectionError, match=r"(?i)certificate"):
        answers(url)


class MailServers:
    """Two: one of TLS from the first word, one that begins it when asked."""

    def __init__(self, own: Path) -> None:
        self.context = Certificate(str(own / "callbacks_tls_certificate"), str(own / "callbacks_tls_key")).context()
        self.at_once = Listening(self._talk, tls=self.context)  # type: ignore[arg-type]
        self.when_asked = Listening(self._begin, tls=None)  # type: ignore[arg-type]

    def url(self, scheme: str) -> str:
        return f"{scheme}://127.0.0.1:{(self.at_once if scheme == 'smtps' else self.when_asked).port}"

    def _talk(self, line: socket.socket, _address: Any, _server: Any) -> None:
        line.sendall(b"220 here\r\n")
        while line.recv(1000):
            line.sendall(b"250 as you say\r\n")

    def _begin(self, line: socket.socket, _address: Any, _server: Any) -> None:
        line.sendall(b"220 here\r\n")
        while (words := line.recv(1000)) and not words.upper().startswith(b"STARTTLS"):
            line.sendall(b"250-here\r\n250 STARTTLS\r\n")
        line.sendall(b"220 go ahead\r\n")
        with self.context.wrap_socket(line, server_side=True) as closed:
            while closed.recv(1000):
                closed.sendall(b"250 as you say\r\n")

    def stop(self) -> None:
        self.at_once.stop()
        self.when_asked.stop()


@pytest.fixture(scope="module")
def mail_servers(own) -> Iterator[MailServers]:
    servers = MailServers(own)
    yield servers
    servers.stop()


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_mail_is_handed_to_a_verified_server_only(mail_servers, own, strangers, trusting, scheme):
    server = MailServer.of(mail_servers.url(scheme))
    trusting(own)
    assert server.connect(60).noop()[0] == 250
    trusting(strangers)
    with pytest.raises(ssl.SSLCertVerificationError):
        server.connect(60)


@pytest.fixture(scope="module")
def databases_with_tls(own) -> Iterator[URL]:
    assert LocalDatabases.programs(), "TLS is tried on a PostgreSQL of this machine"
    server = LocalDatabases(secrets=own)
    try:
        server.start()
        inside = f"host={server.process.folder} port={server.port} user=postgres dbname=postgres"
        with psycopg.connect(inside, autocommit=True) as administrator:
            administrator.execute("CREATE ROLE applications LOGIN SUPERUSER PASSWORD 'only here'")
            administrator.execute("CREATE DATABASE applications OWNER applications")
        url = make_url(f"postgresql+psycopg://applications:only here@127.0.0.1:{server.port}/applications")
        url = url.update_query_dict({"sslmode": "verify-full", "sslrootcert": str(own / "tls_ca")})
        migrations.upgrade(
            Settings({"APPLICATIONS_DATABASE_URL": _text(url), "HISTORY_KEYS": "k" * 32}), "applications"
        )
        yield url
        Database.forget_all()
    finally:
        server.close()


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


KINDS = ["tables", "event store", "lease", "migrations", "migrations seen"]


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_knows_the_authority_speaks_to_the_database(databases_with_tls, kind):
    used_by_all(_text(databases_with_tls))[kind]()


# The event store's pool waits half a minute before it says no; it takes its parameters where the others do.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "event store"])
@pytest.mark.parametrize("wrong", ["authority", "name", "no TLS"])
def test_a_database_that_is_not_verified_is_not_spoken_to(databases_with_tls, strangers, kind, wrong):
    changed: dict[str, Any] = {
        "authority": {"sslrootcert": str(strangers / "tls_ca")},
        "name": {},
        "no TLS": {"sslmode": "disable"},
    }[wrong]
    url = databases_with_tls.set(host=ANOTHER_NAME) if wrong == "name" else databases_with_tls
    with pytest.raises(Exception, match=REFUSED):
        used_by_all(_text(url.update_query_dict(changed)))[kind]()
