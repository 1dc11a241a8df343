"""The event hub must never block: how late it wakes a sleeper is measured, and too late fails liveness."""

from __future__ import annotations

import time
from typing import Protocol

import eventlet

from infra.chassis import metrics

PERIOD = 0.1  # seconds between checks
TOO_LATE = 1.0  # seconds after which the process is not alive
REMEMBERED = 15.0  # seconds a block stays visible to the probe


class GreenThread(Protocol):
    """Eventlet's, which has no types."""

    def kill(self) -> None: ...


class HubWatch:
    """A greenlet that sleeps and sees how late it is woken."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._worst_at = 0.0
        self._thread: GreenThread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = eventlet.spawn(self._watch)

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.kill()
            self._thread = None

    def _watch(self) -> None:
        while True:
            before = time.monotonic()
            eventlet.sleep(PERIOD)
            late = time.monotonic() - before - PERIOD
            metrics.hub_lag.set(max(0.0, late))
            if late > self.worst or time.monotonic() - self._worst_at > REMEMBERED:
                self.worst, self._worst_at = late, time.monotonic()

    def check(self) -> None:
        """Raises when the hub was blocked for over a second lately."""
        if self.worst > TOO_LATE:
            raise RuntimeError(f"event hub blocked for {self.worst:.1f} s")
