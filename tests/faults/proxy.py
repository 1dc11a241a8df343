"""A small TCP proxy that does to connections what networks do: delay, silence, resets, and a cut after COMMIT.

It lives in the (green) test process and forwards one port of 127.0.0.1 to another.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable

import eventlet
from eventlet.event import Event

CHUNK = 65536
UP, DOWN = "up", "down"  # towards the server, towards the client
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST


class Way:
    """One direction: open, or silent until :meth:`open` is called."""

    def __init__(self) -> None:
        self.delay = 0.0
        self._opened: Event | None = None

    def silence(self) -> None:
        if self._opened is None:
            self._opened = Event()

    def open(self) -> None:
        waiting, self._opened = self._opened, None
        if waiting is not None:
            waiting.send(None)

    def pass_through(self) -> None:
        """Wait as long as this direction is silent or slow."""
        while (opened := self._opened) is not None:
            opened.wait()
        if self.delay:
            eventlet.sleep(self.delay)


class Proxy:
    """``with Proxy(port) as proxy:`` and connect to ``proxy.port``."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.ways = {UP: Way(), DOWN: Way()}
        self.cut_when: Callable[[bytes], bool] | None = None
        self.cuts = 0
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._listener = eventlet.listen(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._accepting = eventlet.spawn(self._accept)
        self.refusing = False

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_about: object) -> None:
        self._accepting.kill()
        self._listener.close()
        self.heal()
        self.reset()

    def silence(self, *directions: str) -> None:
        """Bytes are taken and not handed on: a partition (both, unless one direction is named)."""
        for name in directions or (UP, DOWN):
            self.ways[name].silence()

    def delay(self, seconds: float) -> None:
        for way in self.ways.values():
            way.delay = seconds

    def refuse(self) -> None:
        """New connections are reset at once."""
        self.refusing = True

    def heal(self) -> None:
        self.refusing, self.cut_when = False, None
        self.delay(0.0)
        for way in self.ways.values():
            way.open()

    def reset(self) -> int:
        """Reset every connection there is; how many."""
        pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for one in pair:
                _abort(one)
        return len(pairs)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self.refusing:
                _abort(client)
                continue
            eventlet.spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            _abort(client)
            return
        server.settimeout(None)
        pair = (client, server)
        self._pairs.add(pair)
        eventlet.spawn(self._pump, server, client, DOWN, pair)
        self._pump(client, server, UP, pair)

    def _pump(self, source: socket.socket, sink: socket.socket, direction: str, pair: tuple) -> None:
        with contextlib.suppress(OSError, ValueError, EOFError):
            while data := source.recv(CHUNK):
                self.ways[direction].pass_through()
                if pair not in self._pairs:
                    return
                sink.sendall(data)
                if direction == UP and self.cut_when is not None and self.cut_when(data):
                    self._cut(pair)
                    return
        self._pairs.discard(pair)
        for one in pair:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _cut(self, pair: tuple[socket.socket, socket.socket]) -> None:
        """The server has got it; the client gets a reset instead of the answer."""
        self.cuts += 1
        self._pairs.discard(pair)
        client, server = pair
        _abort(client)
        eventlet.sleep(0.05)  # let the server work before its connection ends too
        _abort(server)


def _abort(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    with contextlib.suppress(OSError):
        # The reader of this socket is a greenlet that still waits on it: shut the way down first, then close.
        one.shutdown(socket.SHUT_RD)
    one.close()
