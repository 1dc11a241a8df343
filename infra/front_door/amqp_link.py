"""Calls over the broker: one connection, one exclusive reply queue, publishing ``mandatory``.

With publisher confirms, since the library reports what no queue took only then: such a call fails at once.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable
from contextlib import suppress

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage
from aiormq.exceptions import AMQPError, PublishError

from infra.chassis import logs
from infra.chassis.json_types import Json
from infra.front_door.calls import Call
from infra.front_door.links import Reconnecting

EXCHANGE = "nameko-rpc"
CONNECT_WITHIN = 3.0  # seconds
HEARTBEAT = 10  # seconds; a broker that is silent for longer is gone


class AmqpLink(Reconnecting):
    """``uri``: the broker's, with user and virtual host."""

    unreachable = "broker_unreachable"

    def __init__(self, uri: str) -> None:
        super().__init__()
        self._uri = with_heartbeat(uri)
        self._exchange: AbstractExchange | None = None
        self._reply_key = ""

    async def send(self, correlation_id: str, call: Call, body: bytes, headers: Json, left: float) -> None:
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

    async def _session(self) -> None:
        """One connection, from its beginning to its end."""
        connection = await self.connection()
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                channel = await self._opened(connection)
            self._connected()
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
        self._exchange = None
        super()._lost()

    async def _replied(self, message: AbstractIncomingMessage) -> None:
        if self._open is not None:
            self._open.reply(message.correlation_id or "", message.body)


async def _either(*endings: Awaitable[object]) -> None:
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
