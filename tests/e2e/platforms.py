"""The platform as tests drive it from outside: one process on the embedded default, or many on real servers."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from infra.chassis.settings import SERVICES, Settings
from infra.cli.connection import Portal
from infra.cli.demo import payment_gateway, smtp_server
from tests.support import launcher
from tests.support.import_path import import_path
from tests.support.launcher import PortalProcess

READY_WITHIN = 240  # seconds


def computed_by(pid: int) -> float:
    """Seconds of processor time of a process, in user and system mode (proc(5), stat, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Processes:
    """Portal processes of one installation; each started with the same environment, each stopped by its own id."""

    env: dict[str, str]
    folder: Path
    running: dict[str, PortalProcess] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def portal(self, *arguments: str, **env: str) -> str:
        """Run one command to its end; its standard output."""
        done = launcher.run([*arguments], {**self.env, **env}, timeout=280)
        if done.returncode:
            raise RuntimeError(
                f"portal {' '.join(arguments)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
            )
        return done.stdout

    def start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = launcher.start(["run", *arguments], {**self.env, "OPERATIONS_PORT": "0"}, log)

    def start_all(self) -> None:
        for service in SERVICES:
            self.start(service, service)
            self.start(f"{service} follower", service, "--follower")

    def wait_ready(self) -> None:
        """Until every operations port says ready."""
        until = time.monotonic() + READY_WITHIN
        for name in self.running:
            while not self.ready(name):
                if time.monotonic() > until:
                    raise TimeoutError(f"{name} is not ready\n{self.log(name)[-4000:]}")
                time.sleep(0.2)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def ready(self, name: str) -> bool:
        if self.running[name].poll() is not None:
            raise RuntimeError(f"{name} ended with {self.running[name].returncode}\n{self.log(name)[-4000:]}")
        match = re.findall(
            r'"port": (\d+), "event": "operations_port"|"event": "operations_port".*?"port": (\d+)', self.log(name)
        )
        if not match:
            return False
        self.ports[name] = int(next(row for row in match[-1] if row))
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=3).status_code == 200
        return False

    def processor_time(self) -> float:
        """Seconds that this process and all of these have computed."""
        return time.process_time() + sum(computed_by(process.pid) for process in self.running.values())

    def stop_all(self) -> dict[str, int]:
        """TERM to all, then their exit codes."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        codes = {}
        for name, process in self.running.items():
            try:
                codes[name] = process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait(10)
        return codes


@dataclass
class RealServers:
    """What a journey needs."""

    portal: Portal
    seeded: dict[str, Any]
    mails: Callable[[], list[str]]
    processes: Processes


@contextlib.contextmanager
def real_servers(folder: Path, amqp_uri: str, database: Callable[[str], str]) -> Iterator[RealServers]:
    """All services and their followers as processes of their own, with gateway, callback door and SMTP server."""
    with contextlib.ExitStack() as stack:
        mailbox, mails = stack.enter_context(smtp_server(folder / "mail"))
        outside = stack.enter_context(payment_gateway())
        own = {
            "AMQP_URI": amqp_uri,
            "PORTAL_ENVIRONMENT": "development",
            "PORTAL_HOME": str(folder / "home"),
            "SMTP_URL": mailbox,
            "MAIL_FROM": "cong@example.vn",
            "BLOB_STORE": str(folder / "blobs"),
            **outside.settings,
            **{f"{service.upper()}_DATABASE_URL": database(service) for service in SERVICES},
        }
        processes = Processes({**os.environ, **own, "PYTHONPATH": import_path()}, folder)
        processes.portal("migrate")
        password = folder / "password"
        password.write_text(secrets.token_urlsafe(18))
        processes.start_all()
        stack.callback(processes.stop_all)
        processes.wait_ready()
        seeded = json.loads(processes.portal("seed", "--json"))
        portal = Portal(Settings({**os.environ, **own}))
        outside.portal = portal
        stack.callback(portal.close)
        yield RealServers(portal, seeded, mails, processes)
