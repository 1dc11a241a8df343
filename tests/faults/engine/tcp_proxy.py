"""A small TCP proxy that does to connections what networks do: delay, silence, resets, and a cut after COMMIT.

It runs as a process of its own (``python -m tests.faults.engine.tcp_proxy``), with threads, so that it neither takes
time from the test nor shares descriptors with it; :class:`ProxyProcess` starts it and speaks JSON lines with it.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from typing import Any

CHUNK = 65536
UP, DOWN = "up", "down"  # towards the server, towards the client
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST
COMMIT = b"COMMIT\x00"  # as PostgreSQL's protocol carries it


class ProxiedAddress:
    """One proxied address, inside the proxy process."""

    def __init__(self, target: int, listen: str = "127.0.0.1") -> None:
        self.target = target
        self.open = {UP: threading.Event(), DOWN: threading.Event()}
        self.delayed, self.cut_share, self.cuts = 0.0, 0.0, 0
        self.refusing = False
        self.chance = random.Random(target)
        self.pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.listener = socket.create_server((listen, 0), backlog=200)
        self.port: int = self.listener.getsockname()[1]
        self.heal()
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self, *directions: str) -> None:
        for name in directions or (UP, DOWN):
            self.open[name].clear()

    def delay(self, seconds: float) -> None:
        self.delayed = seconds

    def refuse(self) -> None:
        self.refusing = True

    def cut(self, share: float) -> None:
        self.cut_share = share

    def cut_so_far(self) -> int:
        return self.cuts

    def heal(self) -> None:
        self.refusing, self.cut_share, self.delayed = False, 0.0, 0.0
        for opened in self.open.values():
            opened.set()

    def reset(self) -> int:
        pairs, self.pairs = self.pairs, set()
        for pair in pairs:
            for end in pair:
                _abort(end)
        return len(pairs)

    def _accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            if self.refusing:
                _abort(client)
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            _abort(client)
            return
        server.settimeout(None)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (client, server)
        self.pairs.add(pair)
        threading.Thread(target=self._pump, args=(server, client, DOWN, pair), daemon=True).start()
        self._pump(client, server, UP, pair)

    def _pump(self, source: socket.socket, sink: socket.socket, direction: str, pair: Any) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := source.recv(CHUNK):
                self.open[direction].wait()
                if self.delayed:
                    time.sleep(self.delayed)
                sink.sendall(data)
                if direction == UP and self.cut_share and COMMIT in data and self.chance.random() < self.cut_share:
                    self._cut(pair)
                    return
        self.pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            source.close()

    def _cut(self, pair: tuple[socket.socket, socket.socket]) -> None:
        """The server has got it; the client gets a reset instead of the answer."""
        self.cuts += 1
        self.pairs.discard(pair)
        client, server = pair
        _abort(client)
        time.sleep(0.05)  # the server works before its connection ends too
        _abort(server)


def _abort(value: socket.socket) -> None:
    with contextlib.suppress(OSError):
        value.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        value.shutdown(socket.SHUT_RD)  # wakes the thread that reads it
    with contextlib.suppress(OSError):
        value.close()


class ProxyProcess:
    """The proxy process, as a test holds it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.engine.tcp_proxy"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()

    def request(self, *words: Any) -> Any:
        with self._lock:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.write(json.dumps(words) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def line(self, target: int, listen: str = "127.0.0.1") -> Proxy:
        return Proxy(target, self, listen)

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()


class Proxy:
    """One address that leads to ``target``; connect to ``port``. Alone (``with Proxy(port)``) or one of many."""

    def __init__(self, target: int, process: ProxyProcess | None = None, listen: str = "127.0.0.1") -> None:
        self._own = process is None
        self._process = process or ProxyProcess()
        self.port: int = self._process.request("line", target, listen)

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_about: object) -> None:
        if self._own:
            self._process.close()

    def silence(self, *directions: str) -> None:
        """Bytes are taken and not handed on: a partition (both ways, unless one direction is named)."""
        self._process.request("silence", self.port, *directions)

    def delay(self, seconds: float) -> None:
        """Every chunk, each way, comes this much later."""
        self._process.request("delay", self.port, seconds)

    def refuse(self) -> None:
        """New connections are reset at once."""
        self._process.request("refuse", self.port)

    def reset(self) -> int:
        """Reset every connection there is; how many."""
        return int(self._process.request("reset", self.port))

    def cut(self, share: float) -> None:
        """From now on this share of commits ends in a reset after the server has got it."""
        self._process.request("cut", self.port, share)

    @property
    def cuts(self) -> int:
        return int(self._process.request("cut_so_far", self.port))

    def heal(self) -> None:
        """No fault any more; connections that were reset stay so."""
        self._process.request("heal", self.port)


def main() -> None:
    """``["line", target, address]`` answers a port; ``[method, port, …]`` does what it says."""
    addresses: dict[int, ProxiedAddress] = {}
    for request in sys.stdin:
        name, number, *more = json.loads(request)
        if name == "line":
            made = ProxiedAddress(number, *more)
            addresses[made.port] = made
            answer: Any = made.port
        else:
            answer = getattr(addresses[number], name)(*more)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
