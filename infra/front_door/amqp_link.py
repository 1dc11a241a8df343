"""Calls over the broker: one connection, one exclusive reply queue, publishing ``mandatory``.

With publisher confirms, since the library reports what no queue took only then: such a call fails at once.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage
from aiormq.exceptions import AMQPError, PublishError

from infra.chassis import logs
from infra.front_door import metrics
from infra.front_door.calls import Call, OpenCalls

EXCHANGE = "nameko-rpc"
CONNECT_WITHIN = 3.0  # seconds
HEARTBEAT = 10  # seconds; a broker that is silent for longer is gone
PAUSES = (0.1, 0.2, 0.5, 1.0)  # seconds between attempts to connect


class AmqpLink:
    """Connects, and connects again for ever; ``connected`` is set while calls can be sent."""

    def __init__(self, uri: str) -> None:
        self._uri = with_heartbeat(uri)
        self.connected = asyncio.Event()
        self._open: OpenCalls | None = None
        self._exchange: AbstractExchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._reply_key = ""

    async def start(self, open_calls: OpenCalls) -> None:
        self._open = open_calls
        self._task = asyncio.create_task(self._stay_connected(), name="amqp link")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def send(self, correlation_id: str, call: Call, body: bytes, headers: dict[str, Any], left: float) -> None:
        if self._exchange is None:
            raise ConnectionError("not connected")
        message = aio_pika.Message(
            body,
            headers=headers,
            content_type="application/json",
            content_encoding="utf-8",
            reply_to=self._reply_key,
            correlation_id=correlation_id,
            expiration=left,
        )
        try:
            await self._exchange.publish(message, f"{call.service}.{call.method}", mandatory=True)
        except PublishError:
            if self._open is not None:
                self._open.returned(correlation_id)
        except (AMQPError, RuntimeError) as error:
            raise ConnectionError(str(error)) from error

    async def _stay_connected(self) -> None:
        attempt = 0
        while True:
            try:
                await self._session()
            except Exception as error:  # noqa: BLE001 - whatever it was, nothing goes out until a next attempt succeeds
                logs.get().warning("broker_unreachable", error=f"{type(error).__name__}: {error}"[:300])
            attempt = 0 if self.connected.is_set() else attempt + 1
            self._lost()
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])

    async def _session(self) -> None:
        """One connection, from its beginning to its end."""
        connection = await self.connection()
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                channel = await self._opened(connection)
            self.connected.set()
            metrics.link_up.set(1)
            logs.get().info("broker_connected")
            await _either(channel.closed(), connection.closed())
        finally:
            self._lost()
            with suppress(Exception):  # it may be broken in any way
                async with asyncio.timeout(1):
                    await connection.close()

    async def connection(self) -> AbstractConnection:
        """A new one; ``amqps://`` verifies certificate and name, by the system's authorities and ``SSL_CERT_FILE``."""
        return await aio_pika.connect(self._uri, timeout=CONNECT_WITHIN)

    async def _opened(self, connection: AbstractConnection) -> AbstractChannel:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        # Passive: the exchange is the services' to make.
        self._exchange = await channel.get_exchange(EXCHANGE, ensure=True)
        self._reply_key = str(uuid.uuid4())
        name = f"rpc.reply-front-door-{self._reply_key}"
        queue = await channel.declare_queue(name, exclusive=True, auto_delete=True)
        await queue.bind(self._exchange, self._reply_key)
        await queue.consume(self._replied, no_ack=True)  # as many as there are open calls, which are bounded
        return channel

    def _lost(self) -> None:
        self.connected.clear()
        self._exchange = None
        metrics.link_up.set(0)
        if self._open is not None:
            self._open.fail_all()

    async def _replied(self, message: AbstractIncomingMessage) -> None:
        if self._open is not None:
            self._open.reply(message.correlation_id or "", message.body)


async def _either(*endings: Any) -> None:
    waiting = [asyncio.ensure_future(ending) for ending in endings]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for ending in waiting:
            ending.cancel()


def with_heartbeat(uri: str) -> str:
    """The broker's URI with a heartbeat, unless it names one."""
    if "heartbeat=" in uri:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}heartbeat={HEARTBEAT}"
