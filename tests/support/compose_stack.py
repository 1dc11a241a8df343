"""The stack of docker-compose.yml under a project name, ports and secrets of its own, and a way to look inside.

Works with Compose 1.29 (``docker-compose``) and Compose v2 (``docker compose``). ``python -m
tests.support.compose_stack`` builds the images and no more: what comes after finds every layer made.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import docker

from infra.chassis.settings import SERVICES
from tests.support.container_servers import engine_answers
from tests.support.local_servers import free_port

ROOT = Path(__file__).resolve().parents[2]
LONG_RUNNING = {
    *SERVICES,
    *(f"{service}-follower" for service in SERVICES),
    *("rabbitmq", "postgres", "front_door", "callbacks", "gateway", "mailbox", "texts", "prometheus"),
}
NO_ENGINE = "No Docker engine answers (DOCKER_HOST, or the default socket): start one to run these tests."


class Stack:
    """Built, brought up with :meth:`up`, taken down with all its volumes by :meth:`down`."""

    def __init__(self) -> None:
        assert engine_answers(), NO_ENGINE
        self.engine = docker.from_env()
        self.folder = Path(tempfile.mkdtemp(prefix="portal-compose-"))
        self.project = f"portal{free_port()}"
        self.took = 0.0  # seconds from `up` to everything healthy
        self.ports = {name: free_port() for name in ("AMQP", "HTTP", "CALLBACKS", "GATEWAY", "PROMETHEUS", "WITNESS")}
        subprocess.run([sys.executable, str(ROOT / "infra/docker/make-secrets"), str(self.folder)], check=True)
        os.environ["SSL_CERT_FILE"] = str(self.folder / "tls_ca")  # as whoever speaks to this stack from here would
        self.env = os.environ | {
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_PROFILES": "sandbox,observability",
            "PORTAL_SECRETS": str(self.folder),
            "PORTAL_REGISTERS": str(self.folder / "registers"),
            "PORTAL_ENVIRONMENT": "development",
            "OPENID_ISSUER": self.front_door,
            "VNPAY_URL": f"http://127.0.0.1:{self.ports['GATEWAY']}",
            "VNPAY_API_URL": "http://gateway:8090/querydr",
            **{f"PORTAL_{name}_PORT": str(port) for name, port in self.ports.items()},
        }

    def compose(self, *arguments: str, seconds: float = 600) -> str:
        """Run one Compose command; what it wrote to standard output. Fails with all it said."""
        program = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
        request = [*program, *arguments]
        done = subprocess.run(
            request, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, f"{' '.join(request)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def up(self, *arguments: str) -> None:
        try:
            self.compose("up", "-d", *arguments)
        except AssertionError as failed:
            ended = [container.name for container in self.containers() if container.attrs["State"]["ExitCode"] != 0]
            raise AssertionError(f"{failed}\n{self.last_words(ended)}") from None

    def down(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")
        self.discard()

    def discard(self) -> None:
        """Remove what it has on this machine's disk; containers and volumes are :meth:`down`'s."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.engine.close()

    def containers(self, service: str | None = None) -> list[Any]:
        labels = [f"com.docker.compose.project={self.project}", "com.docker.compose.oneoff=False"]
        if service:
            labels.append(f"com.docker.compose.service={service}")
        return list(self.engine.containers.list(all=True, filters={"label": labels}))

    def state(self) -> dict[str, str]:
        """Container name → ``healthy``, or what else it is."""
        entries = {}
        for container in self.containers():
            service, state = container.labels["com.docker.compose.service"], container.attrs["State"]
            if service in LONG_RUNNING:
                entries[container.name] = state.get("Health", {}).get("Status") or state["Status"]
        return entries

    def wait_until_healthy(self, seconds: float) -> float:
        """How long it took until every container was healthy (or running, where it has no check)."""
        begun = time.monotonic()
        while bad := {name: how for name, how in self.state().items() if how not in {"healthy", "running"}}:
            assert time.monotonic() - begun < seconds, f"after {seconds:.0f} s: {bad}\n{self.last_words(bad)}"
            time.sleep(0.5)
        return time.monotonic() - begun

    def last_words(self, names: Any) -> str:
        return "\n".join(f"{name}:\n{self.engine.containers.get(name).logs(tail=15).decode()}" for name in names)

    def inside(self, service: str, *command: str) -> tuple[int, str]:
        """Exit status and output of a command run in the first container of a service."""
        done = self.containers(service)[0].exec_run(list(command))
        return done.exit_code, done.output.decode(errors="replace")

    def secret(self, name: str) -> str:
        return (self.folder / name).read_text().strip()

    @property
    def front_door(self) -> str:
        return f"https://127.0.0.1:{self.ports['HTTP']}"

    @property
    def amqp_uri(self) -> str:
        return f"amqps://operator:{self.secret('broker_password_operator')}@127.0.0.1:{self.ports['AMQP']}//"

    def consumers(self, queue: str) -> int:
        """How many processes take messages from a queue of the broker."""
        status, output = self.inside(
            "rabbitmq", "rabbitmqctl", "-q", "list_queues", "--formatter", "json", "name", "consumers"
        )
        assert status == 0, output
        return next((int(row["consumers"]) for row in json.loads(output) if row["name"] == queue), 0)

    def mails(self) -> list[str]:
        """Every e-mail the sandbox mailbox has taken."""
        letters = "sorted(pathlib.Path('/tmp/mail').glob('*.eml'))"
        reading = f"import json, pathlib; print(json.dumps([p.read_text('utf-8', 'replace') for p in {letters}]))"
        status, output = self.inside("mailbox", "python", "-c", reading)
        assert status == 0, output
        return list(json.loads(output))


def build() -> None:
    stack = Stack()
    try:
        stack.compose("build", seconds=1200)
    finally:
        stack.discard()


if __name__ == "__main__":
    build()
