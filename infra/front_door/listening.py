"""A small threaded HTTP listener for the side doors (call-backs, sandboxes).

The standard library's ``serve_forever`` polls in C and would block the hub of a process that eventlet patched after
``socketserver`` was imported. This accept loop only uses ``socket`` and ``threading`` at call time, so it is
cooperative in a patched process and plainly threaded in any other.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler

from infra.chassis.running.sockets import EVERY_INTERFACE, listening_socket

LOOK_UP = 0.25  # seconds between checks at whether to stop
AT_ONCE = 64  # connections served at the same time; more wait in the backlog


def _reached_at(host: str) -> str:
    if host in EVERY_INTERFACE:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


class Listening:
    """Serves ``handler`` on ``host:port`` (0: a free one) until :meth:`stop`; handlers find it as ``self.server``."""

    def __init__(
        self,
        handler: type[BaseHTTPRequestHandler],
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        **attributes: object,
    ) -> None:
        self._handler, self._tls = handler, tls
        self._socket = listening_socket(host, port)
        self._socket.settimeout(LOOK_UP)
        self._places = threading.Semaphore(AT_ONCE)
        self._stopping = threading.Event()
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self.url = f"{'https' if tls else 'http'}://{_reached_at(host)}:{self.port}"
        self.server_name, self.server_port = host, self.port
        self.__dict__.update(attributes)
        self._thread = threading.Thread(target=self._accept, name=f"listening-{self.port}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Accept no more; what is being answered may finish."""
        self._stopping.set()
        self._thread.join(5)
        self._socket.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, address = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self._places.acquire()
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: object) -> None:
        try:
            connection.settimeout(10)
            with contextlib.suppress(OSError):  # a caller who hangs up is no news
                if self._tls is not None:  # here, where a caller who is slow with it keeps no other waiting
                    connection = self._tls.wrap_socket(connection, server_side=True)
                self._handler(connection, address, self)  # type: ignore[arg-type]
                connection.shutdown(socket.SHUT_WR)
        finally:
            connection.close()
            self._places.release()


class Addressed:
    """What can be reached where it listens, once it does."""

    listening: Listening | None = None

    @property
    def port(self) -> int:
        assert self.listening is not None, "not started"
        return self.listening.port

    @property
    def url(self) -> str:
        assert self.listening is not None, "not started"
        return self.listening.url
