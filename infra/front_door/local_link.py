"""Calls of the embedded platform: a socket of this machine to the process that runs it.

The frames are those of :mod:`infra.embedded.call_socket`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from infra.chassis.files import text_of
from infra.front_door.calls import Call
from infra.front_door.links import Reconnecting

ID_LENGTH = 36  # a correlation id, as text
RETURNED = b"U"


class LocalLink(Reconnecting):
    """``address_file`` holds the socket's path while an embedded platform runs."""

    unreachable = "platform_unreachable"

    def __init__(self, address_file: Path) -> None:
        super().__init__()
        self._address_file = address_file
        self._writer: asyncio.StreamWriter | None = None

    async def send(
        self, correlation_id: str, call: Call, body: bytes, headers: Mapping[str, object], left: float
    ) -> None:
        if self._writer is None:
            raise ConnectionError("not connected")
        to = f"{call.service}.{call.method}"
        envelope = {"id": correlation_id, "to": to, "headers": headers, "expiration": left}
        head = json.dumps(envelope).encode()
        size = 4 + len(head) + len(body)
        self._writer.write(size.to_bytes(4, "big") + len(head).to_bytes(4, "big") + head + body)
        await self._writer.drain()

    async def _session(self) -> None:
        path = text_of(self._address_file).strip()
        reader, self._writer = await asyncio.open_unix_connection(path)
        self._connected()
        while True:
            await self._reply(reader)

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
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        super()._lost()
