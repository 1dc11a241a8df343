"""``portal`` processes as forks of one that has imported everything already: the same program without its imports.

Importing a service takes a second of processor time and more, and the suite starts some hundreds of processes. What
imports do does not depend on the environment (settings are read when a command runs), so a fork that is given its own
arguments, environment and files before the command begins is what ``python -m infra.cli.main`` is. One launcher forks
processes on the event hub, another one all others. Tests of starting itself do without.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import importlib
import json
import os
import posix
import select
import signal
import subprocess
import sys
import tempfile
import time
from _socket import AF_UNIX, CMSG_SPACE, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET, socket, socketpair  # never green
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from infra.chassis.settings import SERVICES
from infra.cli.main import COLLECT_AFTER, main, on_the_hub, patch

GREEN, PLAIN = "green", "plain"
# In the launcher's process taken before anything is patched: it waits for the kernel, not for a hub.
_fork, _wait, _read, _write, _select = os.fork, os.waitpid, os.read, os.write, select.select
_launchers: dict[str, _Launcher] = {}


class PortalProcess:
    """What tests use of :class:`subprocess.Popen`."""

    def __init__(self, pid: int, status: int, stdout: IO[str] | None) -> None:
        self.pid, self.stdout = pid, stdout
        self.returncode: int | None = None
        self._status = status
        os.set_blocking(status, False)

    def poll(self) -> int | None:
        """Its exit code, once it has ended; minus the signal's number, if one killed it."""
        if self.returncode is None:
            try:
                status_text = posix.read(self._status, 64)
            except BlockingIOError:
                return None
            os.close(self._status)
            self.returncode = int(status_text) if status_text else -signal.SIGKILL  # its launcher is gone
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and timeout is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"portal process {self.pid}", timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(
    arguments: list[str], env: Mapping[str, str], output: IO[Any] | None, errors: IO[Any] | None = None
) -> PortalProcess:
    """``portal ARGUMENTS`` in this environment; without a file, output is the process's ``stdout``."""
    kind = GREEN if on_the_hub(arguments, env) else PLAIN
    if kind not in _launchers:
        _launchers[kind] = _Launcher(kind)
    if output is not None:
        return _launchers[kind].start(arguments, env, output.fileno(), (errors or output).fileno(), None)
    reading, writing = os.pipe()
    try:
        stdout = os.fdopen(reading, encoding="utf-8")
        return _launchers[kind].start(arguments, env, writing, errors.fileno() if errors else 2, stdout)
    finally:
        os.close(writing)


def run(arguments: list[str], env: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """``portal ARGUMENTS`` to its end, with what it wrote."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = start(arguments, env, output, errors)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        texts = [_text_of(output), _text_of(errors)]
    return subprocess.CompletedProcess(["portal", *arguments], code, *texts)


def _text_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


class _Launcher:
    """The process that forks, and the line on which it is asked to."""

    def __init__(self, kind: str) -> None:
        self._line, theirs = socketpair(AF_UNIX, SOCK_STREAM)
        command = [sys.executable, "-W", "ignore", "-m", __name__, kind, str(theirs.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        theirs.close()
        atexit.register(self._end)

    def start(
        self, arguments: list[str], env: Mapping[str, str], output: int, errors: int, stdout: IO[str] | None
    ) -> PortalProcess:
        status, theirs = os.pipe()
        wish = json.dumps({"arguments": arguments, "env": dict(env), "cwd": str(Path.cwd())}).encode()
        descriptors = array.array("i", [output, errors, theirs])
        self._line.sendmsg([len(wish).to_bytes(4, "big")], [(SOL_SOCKET, SCM_RIGHTS, descriptors)])
        self._line.sendall(wish)
        os.close(theirs)
        return PortalProcess(int.from_bytes(_exactly(self._line, 4), "big"), status, stdout)

    def _end(self) -> None:
        self._line.close()
        self._process.wait()


def _exactly(line: socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        part = line.recv(count - len(received))
        if not part:
            raise ConnectionError("the launcher of portal processes has ended")
        received += part
    return received


# In the launcher's own process


def serve(kind: str, line: socket) -> None:
    """Fork for every wish and say how each child ended, until nobody holds the other end; returns in the children."""
    if kind == GREEN:
        patch()
    _import_everything(kind)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks ends this by closing the line
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    running: dict[int, int] = {}
    while True:
        ready = _select([line.fileno(), woken], [], [])[0]
        if woken in ready:
            _read(woken, 4096)
            _report(running)
        if line.fileno() in ready:
            wish = _wish(line)
            if wish is None:
                os._exit(0)
            program, (output, errors, status) = wish
            pid = _fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for descriptor in (line.fileno(), woken, wake, status, *running.values()):
                    os.close(descriptor)
                _become(program, output, errors)
                if kind == GREEN:
                    # A hub of its own: they all would wake for what any of them waits for.
                    importlib.import_module("eventlet.hubs").use_hub()
                return
            os.close(output)
            os.close(errors)
            running[pid] = status
            line.sendall(pid.to_bytes(4, "big"))


def _import_everything(kind: str) -> None:
    gc.set_threshold(*COLLECT_AFTER)
    rooms = [f"services.{service}.service" for service in SERVICES]
    front_door = ["infra.front_door.process"] if kind == PLAIN else []
    for name in (*rooms, *front_door, "infra.cli.app", "infra.cli.run", "infra.cli.seed"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _wish(line: socket) -> tuple[dict[str, Any], list[int]] | None:
    head, extra, _, _ = line.recvmsg(4, CMSG_SPACE(3 * 4))
    if not head:
        return None
    descriptors = array.array("i")
    for _, _, data in extra:
        descriptors.frombytes(data)
    return json.loads(_exactly(line, int.from_bytes(head, "big"))), list(descriptors)


def _report(running: dict[int, int]) -> None:
    for pid in list(running):
        ended, status = _wait(pid, os.WNOHANG)
        if ended:
            descriptor = running.pop(pid)
            with contextlib.suppress(BrokenPipeError):  # nobody asks any more
                _write(descriptor, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(descriptor)


def _become(program: dict[str, Any], output: int, errors: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (errors, 2)):
        os.dup2(source, target)
        os.close(source)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    os.chdir(program["cwd"])
    os.environ.clear()
    os.environ.update(program["env"])
    time.tzset()
    sys.argv = ["portal", *program["arguments"]]
    sys.modules["__main__"].__package__ = None  # where the program's name for its help comes from


if __name__ == "__main__":
    serve(sys.argv[1], socket(fileno=int(sys.argv[2])))
    main()
