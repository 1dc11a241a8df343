"""What links have in common: they connect, and connect again for ever, whatever ended their connection."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import ClassVar

from infra.chassis import logs
from infra.front_door import metrics
from infra.front_door.calls import OpenCalls

PAUSES = (0.1, 0.2, 0.5, 1.0)  # seconds between attempts to connect


class Reconnecting(ABC):
    """``connected`` is set while calls can be sent; ``_session`` is one connection, from its beginning to its end."""

    unreachable: ClassVar[str]  # what the log calls it when there is no connection

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self._open: OpenCalls | None = None
        self._task: asyncio.Task[None] | None = None
        self._attempt = 0

    async def start(self, open_calls: OpenCalls) -> None:
        self._open = open_calls
        self._task = asyncio.create_task(self._stay_connected(), name=type(self).__name__)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._session()
            except Exception as error:  # noqa: BLE001 - whatever it was, nothing goes out until a next attempt succeeds
                logs.get().warning(self.unreachable, error=f"{type(error).__name__}: {error}"[:300])
            finally:
                self._lost()
            pause = PAUSES[min(self._attempt, len(PAUSES) - 1)]
            self._attempt += 1
            await asyncio.sleep(pause)

    @abstractmethod
    async def _session(self) -> None: ...

    def _connected(self) -> None:
        self._attempt = 0
        self.connected.set()
        metrics.link_up.set(1)

    def _lost(self) -> None:
        """Nothing goes out any more, and nobody waits for what cannot come."""
        self.connected.clear()
        metrics.link_up.set(0)
        if self._open is not None:
            self._open.fail_all()
