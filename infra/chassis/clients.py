"""Asking a neighbour: every call has a deadline, says who makes it and on whose behalf, and passes refusals on by name.

Whether the person's token goes along, and with it this service's own assertion, is in the table of calls
(:mod:`infra.chassis.trust.service_calls`). A call that is not in it is not sent.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Mapping

import eventlet
from kombu.serialization import dumps
from nameko.amqp.publish import Publisher as NamekoPublisher
from nameko.amqp.publish import UndeliverableMessage
from nameko.extensions import DependencyProvider
from nameko.rpc import get_rpc_exchange

from infra.chassis import logs
from infra.chassis.dependencies import settings_of
from infra.chassis.json_types import Json
from infra.chassis.messaging.replies import PUBLISH_OPTIONS, Replies
from infra.chassis.refusals import Forwarded, ServiceUnavailable
from infra.chassis.trust.assertions import AssertionRefused, Envelope, assertion, parent_call
from infra.chassis.trust.installation import signer
from infra.chassis.trust.service_calls import ServiceCall, service_call
from infra.chassis.trust.signatures import Signer
from infra.chassis.wire_types import Container, WorkerContext

FORWARDED = ("language", "traceparent", "call_id_stack")  # of the context of a call; tokens go where the table says
FAILURES = {
    "InternalFailure", "UnserializableValueError", "MethodNotFound", "MalformedRequest", "TooManyRequests",
    AssertionRefused.__name__,
}  # fmt: skip
Sign = Callable[[Envelope], str]
CLIENT = "rpc_client"  # of a container's configuration: what makes its client, where there is no broker to ask by


class RpcClient:
    """Sends one RPC and waits for its reply, at most until the deadline."""

    def __init__(self, container: Container, replies: Replies) -> None:
        self.container = container
        self.replies = replies
        self.publisher = NamekoPublisher(
            container.config["AMQP_URI"],
            transport_options={"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5},
            retry_policy={"max_retries": 2, "interval_start": 0.05, "interval_step": 0.2, "interval_max": 0.5},
            **PUBLISH_OPTIONS,
        )

    def call(
        self,
        service: str,
        method: str,
        arguments: Json,
        headers: Mapping[str, object],
        timeout: float,
        sign: Sign | None = None,
    ) -> Json:
        """``sign``: makes the assertion of this call."""
        correlation_id = str(uuid.uuid4())
        event = self.replies.get_reply_event(correlation_id)
        headers = {**headers, "nameko.deadline": f"{time.time() + timeout:.3f}"}
        try:
            with eventlet.Timeout(timeout):
                self._send(f"{service}.{method}", arguments, headers, correlation_id, timeout, sign)
                reply = event.wait()
        except (eventlet.Timeout, UndeliverableMessage, OSError) as error:
            logs.get(service=self.container.service_name).warning(
                "neighbour_silent", neighbour=service, method=method, error=type(error).__name__
            )
            raise ServiceUnavailable(service=service) from None
        finally:
            self.replies.forget(correlation_id)
        return unwrap(service, reply)

    def _send(
        self,
        routing_key: str,
        arguments: Json,
        headers: Json,
        correlation_id: str,
        timeout: float,
        sign: Sign | None,
    ) -> None:
        content_type, encoding, text = dumps({"args": [], "kwargs": arguments}, "json")
        body = text.encode()
        if sign is not None:
            envelope = Envelope(body, correlation_id, self.replies.routing_key, parent_call(headers))
            headers = {**headers, "nameko.assertion": sign(envelope)}
        self.publisher.publish(
            body,
            content_type=content_type,
            content_encoding=encoding,
            exchange=get_rpc_exchange(self.container.config),
            routing_key=routing_key,
            mandatory=True,
            expiration=timeout,
            reply_to=self.replies.routing_key,
            correlation_id=correlation_id,
            extra_headers=headers,
        )


def client_of(container: Container, replies: Replies) -> RpcClient:
    """What a container asks its neighbours by: the broker, unless its configuration has another way."""
    client: RpcClient = container.config.get(CLIENT, RpcClient)(container, replies)
    return client


def unwrap(service: str, reply: Json) -> Json:
    """The result in a neighbour's reply; its refusal by name, or ``ServiceUnavailable`` for a failure."""
    error = reply.get("error")
    if not error:
        result: Json = reply["result"]
        return result
    if error["exc_type"] in FAILURES:
        logs.get().warning("neighbour_failed", neighbour=service, error=error["exc_type"])
        raise ServiceUnavailable(service=service)
    raise Forwarded(error["exc_type"], str(error["value"]))


class NotInTable(LookupError):
    """A call that the table of calls does not have: enter it there first."""


class Neighbour(DependencyProvider):
    """Another service, as this one may call it: ``self.catalog.quote(code=…)``.

    The person's token goes along where a door is not open to anyone; ``as_service=True``: this service asks for itself.
    """

    replies = Replies()

    def __init__(self, service: str, *, timeout: float = 5.0, as_service: bool = False) -> None:
        self.service, self.timeout, self.as_service = service, timeout, as_service

    def setup(self) -> None:
        self.rpc = client_of(self.container, self.replies)
        self.signer = signer(settings_of(self.container), self.container.service_name)  # now, not at the first call

    def get_dependency(self, worker_ctx: WorkerContext) -> Proxy:
        return Proxy(self, worker_ctx)

    def row_of(self, method: str) -> ServiceCall:
        """What the table says of a call."""
        caller = self.container.service_name
        if (row := service_call(caller, self.service, method)) is None:
            raise NotInTable(f"{caller} may not call {self.service}.{method}")
        return row


class Proxy:
    """What a use case is given: attribute access makes calls."""

    def __init__(self, neighbour: Neighbour, worker_ctx: WorkerContext) -> None:
        self._neighbour, self._context = neighbour, worker_ctx

    def __getattr__(self, method: str) -> object:
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda **arguments: self._call(method, arguments)

    def _call(self, method: str, arguments: Json) -> object:
        neighbour, context = self._neighbour, self._context.context_data
        headers = {f"nameko.{name}": context[name] for name in FORWARDED if context.get(name) is not None}
        sign = None
        if not neighbour.row_of(method).public:
            token = None if neighbour.as_service else context.get("auth_token") or None
            sign = _signing(neighbour.signer, neighbour.service, method, token)
            headers |= {"nameko.auth_token": token} if token else {}
        return neighbour.rpc.call(neighbour.service, method, arguments, headers, self._remaining(), sign)

    def _remaining(self) -> float:
        deadline = deadline_of(self._context.data.get("deadline"))
        if deadline is None:
            return self._neighbour.timeout
        return max(0.05, min(self._neighbour.timeout, deadline - time.time()))


def deadline_of(text: object) -> float | None:
    """Epoch seconds after which nobody waits, as a header says them; None for none, and for what is no instant."""
    try:
        deadline = float(str(text))
    except ValueError:
        return None
    return deadline if math.isfinite(deadline) else None


def _signing(own: Signer, service: str, method: str, token: str | None) -> Sign:
    return lambda envelope: assertion(own, envelope, service, method, token)
