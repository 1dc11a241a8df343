"""A call in a service's name, made by hand: with that service's key, and each part of it open to alteration."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kombu import Connection, Consumer, Exchange, Producer, Queue
from nameko.exceptions import RemoteError

from infra.chassis.settings import Settings
from infra.chassis.trust.assertions import Envelope, assertion
from infra.chassis.trust.installation import signer

EXCHANGE = Exchange("nameko-rpc", type="topic", durable=True, no_declare=True)
CALL_ID = "tests.0b8a3f3e-6b0c-4d0e-8e8f-1f0f6f7c9d11"


@dataclass(frozen=True)
class Call:
    """One message: everything that an assertion is bound to, and the assertion."""

    to: str
    arguments: dict[str, Any]
    correlation_id: str
    reply_to: str
    headers: dict[str, Any]
    positional: tuple[Any, ...] = ()

    @property
    def body(self) -> bytes:
        return json.dumps({"args": self.positional, "kwargs": self.arguments}).encode()


class ServiceCaller:
    """``ServiceCaller(settings, "payments", token).applications.application(…)``; ``token``: the person's."""

    def __init__(self, settings: Settings, service: str, token: str | None = None, language: str = "vi") -> None:
        self.settings, self.service, self.token, self.language = settings, service, token, language

    def __getattr__(self, callee: str) -> _Callee:
        if callee.startswith("_"):
            raise AttributeError(callee)
        return _Callee(self, callee)

    def call(self, to: str, arguments: dict[str, Any], /, *positional: Any, **altered: Any) -> Any:
        """Make a genuine call, alter it on its way, and give the answer; ``RemoteError`` as Nameko raises it."""
        key = str(uuid.uuid4())
        return self.sent(replace(self.signed(to, arguments, key, *positional), **altered), key)

    def signed(self, to: str, arguments: dict[str, Any], reply_to: str, *positional: Any) -> Call:
        headers = {"nameko.language": self.language, "nameko.call_id_stack": [CALL_ID]}
        if self.token:
            headers["nameko.auth_token"] = self.token
        call = Call(to, arguments, str(uuid.uuid4()), reply_to, headers, positional)
        envelope = Envelope(call.body, call.correlation_id, reply_to, CALL_ID)
        own = _assertion(self, envelope, to)
        return replace(call, headers={**headers, "nameko.assertion": own})

    def sent(self, call: Call, key: str) -> Any:
        """The answer to a call, read where ``key`` leads."""
        replies: list[Any] = []
        with Connection(self.settings.amqp_uri) as connection:
            queue = Queue(f"rpc.reply-{self.service}-{key}", EXCHANGE, key, exclusive=True, auto_delete=True)
            with Consumer(connection.channel(), [queue], no_ack=True, on_message=replies.append):
                producer = Producer(connection.channel(), EXCHANGE, auto_declare=False)
                self._publish(producer, call)
                _drain(connection, lambda: bool(replies))
        answer = json.loads(replies[-1].body)
        if error := answer.get("error"):
            raise RemoteError(error["exc_type"], error["value"])
        return answer["result"]

    def _publish(self, producer: Producer, call: Call) -> None:
        producer.publish(
            call.body,
            content_type="application/json",
            content_encoding="utf-8",
            routing_key=call.to,
            reply_to=call.reply_to,
            correlation_id=call.correlation_id,
            headers=call.headers,
        )


def _assertion(caller: ServiceCaller, envelope: Envelope, to: str) -> str:
    service, _, method = to.partition(".")
    return assertion(signer(caller.settings, caller.service), envelope, service, method, caller.token)


class _Callee:
    def __init__(self, caller: ServiceCaller, service: str) -> None:
        self._caller, self._service = caller, service

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *positional, **arguments: self._caller.call(f"{self._service}.{method}", arguments, *positional)


def _drain(connection: Connection, done: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not done():
        connection.drain_events(timeout=max(0.01, until - time.monotonic()))
