"""What all our HTTP calls to others need: an end, whatever the other side does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def ended_after(seconds: float, line: socket.socket) -> Iterator[None]:
    """Hang up when the whole call takes longer; the reader then sees the end of the line."""
    watch = threading.Timer(seconds, _hang_up, (line,))
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        line.shutdown(socket.SHUT_RDWR)
