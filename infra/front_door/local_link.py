"""Calls of the embedded platform: a socket of this machine to the process that runs it.

The frames are those of :mod:`infra.embedded.call_socket`.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.chassis import logs
from infra.chassis.files import text_of
from infra.front_door import metrics
from infra.front_door.calls import Call, OpenCalls

ID_LENGTH = 36  # a correlation id, as text
RETURNED = b"U"
PAUSE = 0.2  # seconds between attempts to connect


class LocalLink:
    """``address_file`` holds the socket's path while an embedded platform runs."""

    def __init__(self, address_file: Path) -> None:
        self._address_file = address_file
        self.connected = asyncio.Event()
        self._open: OpenCalls | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, open_calls: OpenCalls) -> None:
        self._open = open_calls
        self._task = asyncio.create_task(self._stay_connected(), name="local link")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def send(self, correlation_id: str, call: Call, body: bytes, headers: dict[str, Any], left: float) -> None:
        if self._writer is None:
            raise ConnectionError("not connected")
        to = f"{call.service}.{call.method}"
        envelope = {"id": correlation_id, "to": to, "headers": headers, "expiration": left}
        head = json.dumps(envelope).encode()
        size = 4 + len(head) + len(body)
        self._writer.write(size.to_bytes(4, "big") + len(head).to_bytes(4, "big") + head + body)
        await self._writer.drain()

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._session()
            except Exception as error:  # noqa: BLE001 - whatever it was, the next attempt may succeed
                logs.get().warning("platform_unreachable", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(PAUSE)

    async def _session(self) -> None:
        path = text_of(self._address_file).strip()
        reader, self._writer = await asyncio.open_unix_connection(path)
        self.connected.set()
        metrics.link_up.set(1)
        try:
            while True:
                await self._reply(reader)
        finally:
            self._lost()

    async def _reply(self, reader: asyncio.StreamReader) -> None:
        frame = await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
        kind, correlation_id, body = frame[:1], frame[1 : 1 + ID_LENGTH].decode(), frame[1 + ID_LENGTH :]
        if self._open is None:
            return
        if kind == RETURNED:
            self._open.returned(correlation_id)
        else:
            self._open.reply(correlation_id, body)

    def _lost(self) -> None:
        self.connected.clear()
        metrics.link_up.set(0)
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._open is not None:
            self._open.fail_all()
