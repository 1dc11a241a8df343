"""The platform as fault runs have it: real processes that are restarted when they die, servers that may be killed.

Every process reaches broker and databases through proxies of its own, so that any one connection can be cut.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import eventlet
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from infra.chassis.settings import SERVICES
from infra.cli.demo import smtp_server
from infra.sandbox import sms_provider
from infra.sandbox.sms_provider import SmsProvider
from tests.faults.engine.client import OutcomeUnknown, Refused, RpcClient
from tests.faults.engine.side_effects import PaymentGateway, payment_gateway
from tests.faults.engine.tcp_proxy import Proxy, ProxyProcess
from tests.faults.engine.workload import People
from tests.support import launcher
from tests.support.import_path import import_path
from tests.support.launcher import PortalProcess
from tests.support.local_servers import free_port
from tests.support.servers import Broker, Databases, running_broker, running_databases

FOLLOWERS = "followers"
SHORT_WAITS = {
    "RETRY_TIERS": "0.5,1,2,4,8,16,16,16",  # a minute: longer than a neighbour is down on a busy machine
    "LEASE_SECONDS": "6",
    "AMQP_HEARTBEAT": "6",
    "START_PATIENCE": "60",
    "GRACE": "10",
    "SMS_TIMEOUT": "3",
    "AUDIT_SEAL_SECONDS": "1",
    "LOG_LEVEL": "INFO",
    "RETELL_DAYS": "0.02",  # half an hour: longer than queues and retry tiers hold anything here
}


@dataclass
class Member:
    """One process: what it serves, where it answers probes, and what it has been through."""

    PORTAL: ClassVar = ("infra.cli.main",)

    name: str
    arguments: list[str]
    env: dict[str, str]
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | PortalProcess | None = None
    restarts: bool = True  # restarted when it ends
    exits: list[int] = field(default_factory=list)
    program: tuple[str, ...] = PORTAL
    prefix: tuple[str, ...] = ()
    host: str = "127.0.0.1"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        self.port = free_port()  # another each time: the last one may be somebody's by now
        arguments, env = ["run", *self.arguments], {**self.env, "OPERATIONS_PORT": str(self.port)}
        with self.log.open("ab") as log:
            if (self.program, self.prefix) == (self.PORTAL, ()):
                self.process = launcher.start(arguments, env, log)
                return
            command = [*self.prefix, sys.executable, "-W", "ignore", "-m", *self.program, *arguments]
            self.process = subprocess.Popen(command, env=env, stderr=log, stdout=log)

    def send(self, number: int) -> None:
        if self.running:
            assert self.process is not None
            self.process.send_signal(number)

    def ready(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://{self.host}:{self.port}/readyz", timeout=3).status_code == 200
        return False

    def report(self) -> str:
        """What its probe says, or why it says nothing."""
        try:
            return requests.get(f"http://{self.host}:{self.port}/readyz", timeout=3).text
        except requests.RequestException as trouble:
            return f"{type(trouble).__name__}: {trouble}"

    def resident(self) -> int:
        """Resident memory in KiB."""
        assert self.process is not None
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))

    def descriptors(self) -> int:
        assert self.process is not None
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


class Environment:
    """Five services, their followers, and the means to hurt them."""

    def __init__(self, folder: Path, broker: Broker, databases: Databases, vhost_uri: str) -> None:
        self.folder, self.broker, self.databases = folder, broker, databases
        self.direct_uri = vhost_uri
        self.vhost = vhost_uri.rpartition("/")[2]
        self.urls = {service: databases.make(service) for service in SERVICES}
        self.members: dict[str, Member] = {}
        self.proxies = ProxyProcess()
        self.to_broker: dict[str, Proxy] = {}
        self.to_database: dict[str, Proxy] = {}
        self.people: People
        self.mails: Any = None
        self.texts: SmsProvider
        self.gateway: PaymentGateway
        self.audit_keys: list[str] = []  # what auditors hold every checkpoint against; never looked up a second time
        self._engines: dict[str, Any] = {}
        self._supervising: Any = None
        self.recovery_times: dict[str, float] = {}

    # ── setting up
    def prepare(self, own: dict[str, str]) -> None:
        self.env = {
            **os.environ,
            **SHORT_WAITS,
            **own,
            "PORTAL_ENVIRONMENT": "development",
            "PORTAL_HOME": str(self.folder / "home"),
            "BLOB_STORE": str(self.folder / "blobs"),
            "PYTHONPATH": import_path(),
        }
        for service in SERVICES:
            self.add(service, [service])
        self.add(FOLLOWERS, [*SERVICES, "--follower"])

    def add(self, name: str, arguments: list[str], listen: str = "127.0.0.1", **env: str) -> Member:
        """One more process, with proxies of its own (which ``listen`` on an address it can reach)."""
        assert self.broker.server is not None and self.databases.server is not None
        self.to_broker[name] = self.proxies.line(self.broker.server.port, listen)
        self.to_database[name] = self.proxies.line(self.databases.server.port, listen)
        ports = self.to_broker[name].port, self.to_database[name].port
        environ = {**self.env, **self.addresses(*ports, listen), **env}
        self.members[name] = Member(name, arguments, environ, self.folder / f"{name}.log")
        return self.members[name]

    def remove(self, name: str) -> None:
        """End a process that was added, for good."""
        member = self.members[name]
        member.restarts = False
        member.send(signal.SIGTERM)
        assert member.process is not None
        try:
            member.process.wait(30)
        except subprocess.TimeoutExpired:
            member.send(signal.SIGKILL)
            member.process.wait(10)
        del self.members[name]

    def addresses(self, broker_port: int, database_port: int, host: str = "127.0.0.1") -> dict[str, str]:
        return {
            "AMQP_URI": f"amqp://guest:guest@{host}:{broker_port}/{self.vhost}",
            **{
                f"{service.upper()}_DATABASE_URL": make_url(url)
                .set(host=host, port=database_port)
                .render_as_string(hide_password=False)
                for service, url in self.urls.items()
            },
        }

    def command(self, *arguments: str) -> str:
        """A ``portal`` command of an operator, straight to the servers."""
        assert self.broker.server is not None and self.databases.server is not None
        env = {**self.env, **self.addresses(self.broker.server.port, self.databases.server.port)}
        done = launcher.run([*arguments], env, timeout=300)
        if done.returncode:
            raise RuntimeError(f"portal {' '.join(arguments)}: {done.returncode}\n{done.stderr[-4000:]}")
        return done.stdout

    def start(self) -> None:
        self.command("migrate")
        for member in self.members.values():
            member.start()
        self._supervising = eventlet.spawn(self._supervise)
        self.wait_ready(180)
        self.people = People(self.direct_uri, json.loads(self.command("seed", "--json")))
        self.people.gateway = self.gateway

    def _supervise(self) -> None:
        """What compose does with ``restart: always``."""
        while True:
            for member in self.members.values():
                if member.process is not None and not member.running and member.restarts:
                    member.exits.append(member.process.returncode)
                    member.start()
            eventlet.sleep(0.2)

    def wait_ready(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        for member in list(self.members.values()):
            while not (member.running and member.ready()):
                if time.monotonic() > until:
                    output = self.log_tail(member.name, 1500)
                    raise TimeoutError(f"{member.name} is not ready: {member.report()}\n{output}")
                eventlet.sleep(0.3)

    def log_tail(self, name: str, characters: int = 2000) -> str:
        return self.members[name].log.read_text(errors="replace")[-characters:]

    # ── looking
    def recovery(self, limit: float = 90) -> float:
        """Seconds from now until every process is ready and every service answers; :attr:`recovery_times` has each."""
        begun, client = time.monotonic(), RpcClient(self.direct_uri)
        self.wait_ready(limit)
        self.recovery_times = {"all ready": round(time.monotonic() - begun, 1)}
        for service in SERVICES:
            self._wait_for_answer(service, client, begun + limit)
            self.recovery_times[service] = round(time.monotonic() - begun, 1)
        client.close()
        return time.monotonic() - begun

    def _wait_for_answer(self, service: str, client: RpcClient, until: float) -> None:
        while time.monotonic() < until:
            try:
                if client.call(service, "health", {}, timeout=3)["status"] == "ok":
                    return
            except (OutcomeUnknown, Refused):
                eventlet.sleep(0.2)
        raise TimeoutError(f"{service} does not answer\n{self.log_tail(service)}")

    def queues(self) -> dict[str, int]:
        """Messages ready or unacknowledged per queue that has any; asked over AMQP, where nothing lags."""
        from kombu import Connection

        answer = self.broker.manage("GET", f"queues/{self.vhost}?columns=name,messages_unacknowledged").json()
        entries = {entry["name"]: int(entry.get("messages_unacknowledged") or 0) for entry in answer}
        with Connection(self.direct_uri, connect_timeout=5) as connection:
            channel = connection.channel()
            for name in list(entries):
                if name.startswith(("outside-", "amq.gen", "rpc.reply", "rpc.listener")):
                    entries.pop(name)
                    continue
                entries[name] += int(channel.queue_declare(name, passive=True).message_count)
        return {name: count for name, count in entries.items() if count}

    def messages_in(self, queue: str) -> list[dict[str, Any]]:
        """What is in a queue of JSON, from its head, and stays there."""
        from kombu import Connection

        rows = []
        with Connection(self.direct_uri, connect_timeout=5) as connection:
            channel = connection.channel()
            while (message := channel.basic_get(queue, no_ack=False)) is not None:
                rows.append(json.loads(message.body))
        return rows

    def connections(self) -> dict[str, int]:
        """How many connections broker and databases hold; nothing of a server that does not answer now."""
        entries = {}
        with contextlib.suppress(Exception):
            entries["broker"] = len(self.broker.manage("GET", f"vhosts/{self.vhost}/connections").json())
        with contextlib.suppress(Exception):
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'test_%'"
            entries["databases"] = int(self.rows("catalog", query)[0][0])
        return entries

    def rows(self, service: str, query: str, **values: Any) -> list[Any]:
        """What a service's database holds, seen from outside."""
        if service not in self._engines:
            self._engines[service] = create_engine(self.urls[service], pool_pre_ping=True, pool_size=1)
        with self._engines[service].connect() as connection:
            return list(connection.execute(text(query), values))

    # ── the end
    def close(self) -> None:
        if self._supervising is not None:
            self._supervising.kill()
        for member in self.members.values():
            member.send(signal.SIGCONT)
            member.send(signal.SIGKILL)
        for member in self.members.values():
            if member.process is not None:
                member.process.wait(20)
        for engine in self._engines.values():
            engine.dispose()
        self.proxies.close()


@contextlib.contextmanager
def running_environment(folder: Path, **settings: str) -> Iterator[Environment]:
    """A platform on servers of its own, ready and seeded."""
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(running_broker(own=True))
        databases = stack.enter_context(running_databases(own=True, durable=True))
        assert isinstance(broker, Broker)
        mailbox, mails = stack.enter_context(smtp_server(folder / "mail"))
        outside = stack.enter_context(payment_gateway())
        made = Environment(folder, broker, databases, stack.enter_context(broker.virtual_host()))
        made.mails, made.gateway, outside.uri, made.texts = mails, outside, made.direct_uri, sms_provider.serve()
        stack.callback(made.texts.stop)
        stack.callback(made.close)
        made.prepare({"SMTP_URL": mailbox, "SMS_URL": made.texts.url, **outside.settings, **settings})
        made.start()
        yield made
