"""uvicorn's HTTP/1.1 protocol with what it lacks: a time for headers to come, one for answers to be read, a bound on
connections.
"""

from __future__ import annotations

import asyncio
import socket

from uvicorn.protocols.http.h11_impl import H11Protocol

from infra.front_door import metrics

HEADERS_WITHIN = 10.0  # seconds from the first byte (or the connection) to the end of the headers
LARGEST_HEADERS = 32 * 1024
MOST_CONNECTIONS = 2000
READ_WITHIN = 20.0  # seconds a client may leave a full buffer unread
WRITE_BUFFER = 256 * 1024  # bytes a slow reader may leave unread before writing to it waits


class BoundedConnection(H11Protocol):
    """One connection of a client."""

    _headers_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio leaves it on for sockets that it did not make itself: 40 ms for an answer in two packets.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.set_write_buffer_limits(high=WRITE_BUFFER)
        if len(self.connections) > MOST_CONNECTIONS:
            metrics.limited.labels("connections").inc()
            transport.abort()
            return
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._between_requests() and self._headers_timer is None:
            self._expect_headers()
        super().data_received(data)
        if not self._between_requests():
            self._headers_came()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.trailing_data[0] and self._between_requests():  # the beginning of a next request is there
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_came()
        self._read_again()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_again()
        self._unread_timer = self.loop.call_later(READ_WITHIN, self._not_read)

    def resume_writing(self) -> None:
        self._read_again()
        super().resume_writing()

    def _read_again(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _not_read(self) -> None:
        metrics.limited.labels("slow reader").inc()
        self.transport.abort()

    def _between_requests(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    def _expect_headers(self) -> None:
        self._headers_came()
        self._headers_timer = self.loop.call_later(HEADERS_WITHIN, self._too_slow)

    def _headers_came(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None

    def _too_slow(self) -> None:
        if self._between_requests():
            metrics.limited.labels("slow headers").inc()
            self.transport.abort()
