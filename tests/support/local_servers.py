"""A real RabbitMQ and a real PostgreSQL as child processes: free ports, temporary folders, nothing left behind.

For tests and fault runs. They listen on 127.0.0.1 only, keep their ports and data over ``kill`` and ``start``
(so that clients can find them again), and die with the process that started them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.chassis.running.sockets import held_port

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
CONFIGURATION = Path(__file__).resolve().parents[2] / "infra" / "rabbitmq" / "rabbitmq.conf"
WHO_MAY_CONNECT = Path(__file__).resolve().parents[2] / "infra" / "postgres" / "pg_hba.conf"
POSTGRESQL_HOMES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
START_SECONDS = 240.0


class ServerFailed(RuntimeError):
    """A server did not start or stop as asked; the message ends with the tail of its log."""


_holders: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody else is given as long as this process lives, whoever asks the system for one meanwhile.

    The server that it is for says SO_REUSEADDR, as they all do, and takes it; whoever calls too early is refused; and a
    server that was killed finds it free when it starts again.
    """
    _holders.append(held_port())
    return int(_holders[-1].getsockname()[1])


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def library_of_moved_clocks() -> Path | None:
    """libfaketime, if it is here."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def moved_clock() -> dict[str, str]:
    """The environment in which a server that is no Python lives on the day of this process (tests/moved_clock)."""
    moved_by = float(os.environ.get("MOVED_CLOCK") or 0)
    if not moved_by:
        return {}
    library = library_of_moved_clocks()
    if library is None:
        raise ServerFailed("a database on another day needs libfaketime: apt-get install libfaketime, or make servers")
    return {"LD_PRELOAD": str(library), "FAKETIME": f"{moved_by:+.3f}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class Process:
    """One server program in a folder of its own."""

    def __init__(self, name: str, user: str | None = None) -> None:
        self.name, self.user = name, user
        self.folder = Path(tempfile.mkdtemp(prefix=f"portal-{name}-"))
        self.log = self.folder / "log"
        self.child: subprocess.Popen[bytes] | None = None
        if user:
            owner = pwd.getpwnam(user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)

    def launch(self, command: Sequence[str | Path], env: Mapping[str, str], stop_signal: signal.Signals) -> None:
        """Start the program; if this process dies first, the program gets ``stop_signal``."""
        # util-linux's setpriv becomes the program, so the process we start is the server itself.
        bound = ["setpriv", "--pdeathsig", stop_signal.name.removeprefix("SIG")] if shutil.which("setpriv") else []
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [*bound, *(str(part) for part in command)], env=dict(env), cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, user=self.user, group=self.user, extra_groups=[] if self.user else None,
                start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        assert self.child is not None, f"{self.name} was not started"
        return self.child.pid

    @property
    def running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def wait_until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if not self.running or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
                raise ServerFailed(
                    f"{self.name} did not become ready (exit status {self.child and self.child.poll()}):\n{tail}"
                )
            time.sleep(0.05)

    def send(self, number: int, seconds: float = 30) -> None:
        """Signal the program and wait for its end; one that does not end is killed."""
        if self.child is None or not self.running:
            return
        self.child.send_signal(number)
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(10)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class LocalBroker:
    """RabbitMQ with its management interface, under a node name, cookie, mapper and folder of its own."""

    def __init__(self, secrets: Path | None = None) -> None:
        """``secrets``: a folder of ``make-secrets``; the broker then takes TLS alone, as the one of Compose does."""
        self.process = Process("rabbitmq")
        self.mapper = Process("epmd")  # Erlang's port mapper; the machine's own is left alone
        self.port, self.management_port, self._mapper_port, self._node_port = (free_port() for _ in range(4))
        folder = self.process.folder
        (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        (folder / "rabbitmq.conf").write_text(
            f"{self._listeners(secrets)}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.management_port}\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
            "disk_free_limit.absolute = 50MB\n"
            "max_message_size = 33554432\n"  # as infra/rabbitmq/rabbitmq.conf
        )

    def _listeners(self, secrets: Path | None) -> str:
        if secrets is None:
            return f"listeners.tcp.default = 127.0.0.1:{self.port}"
        lines = CONFIGURATION.read_text().replace("/run/secrets", str(secrets)).splitlines()
        tls = [line for line in lines if line.startswith(("ssl_options", "listeners.tcp"))]
        listeners = [f"listeners.ssl.{number} = 127.0.0.{number}:{self.port}" for number in (1, 2)]
        return "\n".join([*tls, *listeners])

    @classmethod
    def available(cls) -> bool:
        return RABBITMQ.exists() and shutil.which("epmd") is not None

    @property
    def environment(self) -> dict[str, str]:
        folder = str(self.process.folder)
        return {
            "PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._mapper_port), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"portal-{self.port}@localhost", "RABBITMQ_DIST_PORT": str(self._node_port),
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none", "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia", "RABBITMQ_LOG_BASE": f"{folder}/logs",
            "RABBITMQ_PID_FILE": f"{folder}/pid", "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/config",
            # No wrapping shell: the process we start is the server itself, so a kill reaches it.
            "RUNNING_UNDER_SYSTEMD": "1",
            # One scheduler that sleeps when idle: tests share the machine.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
        }  # fmt: skip

    def start(self) -> None:
        if not self.mapper.running:
            self.mapper.launch(
                ["epmd", "-port", str(self._mapper_port), "-address", "127.0.0.1"], self.environment, signal.SIGKILL
            )
            self.mapper.wait_until(lambda: listening(self._mapper_port))
        self.process.launch([RABBITMQ], self.environment, signal.SIGTERM)
        self.process.wait_until(lambda: listening(self.port) and listening(self.management_port))

    def kill(self) -> None:
        """``kill -9``, as a power cut would."""
        self.process.send(signal.SIGKILL)

    def stop(self) -> None:
        self.process.send(signal.SIGTERM)

    def close(self) -> None:
        self.kill()  # its folder goes away with it: an orderly stop would only take longer
        self.mapper.send(signal.SIGKILL)
        self.process.remove()
        self.mapper.remove()


class LocalDatabases:
    """A PostgreSQL cluster; ``durable`` keeps fsync on (for fault runs), otherwise speed wins."""

    def __init__(self, durable: bool = False, secrets: Path | None = None) -> None:
        """``secrets``: a folder of ``make-secrets``; the server then takes TLS alone, as the one of Compose does."""
        # PostgreSQL refuses to run as root.
        self.process = Process("postgresql", user="postgres" if os.geteuid() == 0 else None)
        self.port = free_port()
        self.data = self.process.folder / "data"
        self.durable = durable
        self._secrets = secrets

    @classmethod
    def programs(cls) -> Path | None:
        """The newest PostgreSQL's programs on this machine, if any."""
        rows = [
            path
            for pattern in POSTGRESQL_HOMES
            for path in Path("/").glob(pattern.lstrip("/"))
            if (path / "initdb").exists()
        ]
        return max(rows, key=lambda path: [int(part) for part in path.parts if part.isdigit()], default=None)

    @property
    def _env(self) -> dict[str, str]:
        own = {"PATH": os.environ["PATH"], "HOME": str(self.process.folder), "LANG": "C.UTF-8", "TZ": "UTC"}
        return {**own, **moved_clock()}

    def start(self) -> None:
        programs = self.programs()
        assert programs is not None
        if not self.data.exists():
            self._initialise(programs)
        speed = (
            [] if self.durable else ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        )
        self.process.launch(
            [programs / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.process.folder,
             "-c", "listen_addresses=127.0.0.1,127.0.0.2", "-c", "max_connections=300",
             "-c", "shared_buffers=64MB", *speed, *self._tls()],
            self._env, signal.SIGQUIT,
        )  # fmt: skip
        self.process.wait_until(lambda: self._answers(programs))

    def _tls(self) -> list[str]:
        if self._secrets is None:
            return []
        settings = {"ssl": "on"}
        for setting, secret in (("ssl_cert_file", "postgres_tls_certificate"), ("ssl_key_file", "postgres_tls_key")):
            own = self.process.folder / secret  # the server takes no key that others may read
            own.unlink(missing_ok=True)
            own.write_text((self._secrets / secret).read_text())
            own.chmod(0o600)
            if self.process.user:
                shutil.chown(own, self.process.user, self.process.user)
            settings[setting] = str(own)
        hba = self.process.folder / "pg_hba.conf"
        hba.write_text(WHO_MAY_CONNECT.read_text())
        hba.chmod(0o644)
        settings["hba_file"] = str(hba)
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _initialise(self, programs: Path) -> None:
        self.process.launch(
            [programs / "initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
             "--locale=C.UTF-8", "--no-sync"],
            self._env, signal.SIGKILL,
        )  # fmt: skip
        child = self.process.child
        if child is None or child.wait(START_SECONDS) != 0:
            raise ServerFailed(f"initdb failed:\n{self.process.log.read_text(errors='replace')[-2000:]}")

    def _answers(self, programs: Path) -> bool:
        command = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        return subprocess.run(command, check=False).returncode == 0

    def kill(self) -> None:
        """``kill -9`` of the server and of every process it had started."""
        children = [
            int(entry)
            for entry in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]
        self.process.send(signal.SIGKILL)
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def stop(self) -> None:
        """An immediate stop that rolls back what is open."""
        self.process.send(signal.SIGINT)

    def close(self) -> None:
        self.process.send(signal.SIGQUIT)
        self.process.remove()
