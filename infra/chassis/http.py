"""HTTP calls to others: one deadline for the whole call, no redirects, no retries, an answer of bounded length.

On urllib3, whose own time-outs are for one read each: a server that drips its answer would hold a caller for ever.
Works in plain and in green processes.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

import urllib3
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

FAILURES = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError)
LONGEST_ANSWER = 65_536


class NoAnswer(ConnectionError):
    """The other side was not reached, or did not answer in time and in form."""


@dataclass(frozen=True)
class HttpResponse:
    """Status and body; of a longer body only its beginning."""

    status: int
    body: bytes


def call(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    within: float,
    silence: float | None = None,
    address: str | None = None,
    longest: int = LONGEST_ANSWER,
) -> HttpResponse:
    """One call; ``NoAnswer`` when there is none.

    ``within``: seconds for the whole of it; ``silence``: without a word from the other side; ``address``: connect to
    this one and no other, whatever the host's name resolves to now (the certificate must still bear the name).
    """
    with deadline(within, silence=silence, address=address), closing_client() as client:
        try:
            answer = client.urlopen(
                method, url, body=body, headers=dict(headers or {}), preload_content=False, decode_content=False
            )
            return HttpResponse(answer.status, beginning(answer, longest))
        except FAILURES as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error


def beginning(answer: urllib3.BaseHTTPResponse, longest: int) -> bytes:
    """So much of the body, or all of it; a failure where the line broke before its end."""
    parts, length = [], 0
    while length < longest and (part := answer.read(longest - length)):
        parts.append(part)
        length += len(part)
    return b"".join(parts)


@contextmanager
def deadline(within: float, *, silence: float | None = None, address: str | None = None) -> Iterator[None]:
    """Every connection a ``Client`` opens in here is hung up when the time is over."""
    calling = _Calling(time.monotonic() + within, silence or within, address)
    token = _calling.set(calling)
    watch = threading.Timer(within, calling.hang_up)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        _calling.reset(token)
        calling.forget()


@contextmanager
def closing_client() -> Iterator[Client]:
    client = Client()
    try:
        yield client
    finally:
        client.clear()


@dataclass
class _Calling:
    """One call: until when, how long the other side may be silent, and the lines it opened."""

    until: float
    silence: float
    address: str | None
    lines: list[socket.socket] = field(default_factory=list)
    over: bool = False

    def connect(self, host: str, port: int) -> socket.socket:
        """The first address of the host that answers, in what time is left."""
        refused: OSError | None = None
        for *_, where in socket.getaddrinfo(self.address or host, port, type=socket.SOCK_STREAM):
            try:
                line = socket.create_connection((str(where[0]), port), self._left())
            except OSError as error:
                refused = error
                continue
            line.settimeout(min(self.silence, self._left()))
            # A second handle on the same line: it can still be hung up once TLS has taken the first.
            self.lines.append(line.dup())
            return line
        raise refused or OSError(f"{host} has no address")

    def hang_up(self) -> None:
        self.over = True
        for line in self.lines:
            with suppress(OSError):  # the other side was faster
                line.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        for line in self.lines:
            line.close()

    def _left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0 or self.over:
            raise TimeoutError("the call took too long")
        return min(left, self.silence)


_calling: ContextVar[_Calling] = ContextVar("_calling")


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _calling.get().connect(self.host.strip("[]"), int(self.port or 80))


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _calling.get().connect(self.host.strip("[]"), int(self.port or 443))


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Client(urllib3.PoolManager):
    """What a client library of some protocol makes its calls with; each inside a ``deadline``."""

    def __init__(self) -> None:
        super().__init__(num_pools=1, retries=False, timeout=_calling.get().silence)
        self.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def urlopen(self, method: str, url: str, redirect: bool = True, **how: object) -> urllib3.BaseHTTPResponse:  # type: ignore[override]
        return super().urlopen(method, url, redirect=False, **how)
