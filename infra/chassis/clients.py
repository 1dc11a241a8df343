"""Asking a neighbour: every call has a deadline, carries the caller's identity and passes refusals on by name."""

from __future__ import annotations

import time
import uuid
from typing import Any

import eventlet
from nameko.amqp.publish import Publisher as NamekoPublisher
from nameko.amqp.publish import UndeliverableMessage
from nameko.extensions import DependencyProvider
from nameko.rpc import get_rpc_exchange

from infra.chassis import logs
from infra.chassis.dependencies import settings_of
from infra.chassis.files import text_of
from infra.chassis.messaging.replies import PUBLISH_OPTIONS, Replies
from infra.chassis.refusals import Forwarded, ServiceUnavailable, Unauthenticated
from infra.chassis.settings import Settings

FAILURES = {"InternalFailure", "UnserializableValueError", "MethodNotFound", "MalformedRequest", "TooManyRequests"}


class RpcClient:
    """Sends one RPC and waits for its reply, at most until the deadline."""

    def __init__(self, container: Any, replies: Replies) -> None:
        self.container = container
        self.replies = replies
        self.publisher = NamekoPublisher(
            container.config["AMQP_URI"],
            transport_options={"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5},
            retry_policy={"max_retries": 2, "interval_start": 0.05, "interval_step": 0.2, "interval_max": 0.5},
            **PUBLISH_OPTIONS,
        )

    def call(
        self, service: str, method: str, arguments: dict[str, Any], headers: dict[str, Any], timeout: float
    ) -> Any:
        correlation_id = str(uuid.uuid4())
        event = self.replies.get_reply_event(correlation_id)
        headers = {**headers, "nameko.deadline": f"{time.time() + timeout:.3f}"}
        try:
            with eventlet.Timeout(timeout):
                self._send(service, method, arguments, headers, correlation_id, timeout)
                reply = event.wait()
        except (eventlet.Timeout, UndeliverableMessage, OSError) as error:
            logs.get(service=self.container.service_name).warning(
                "neighbour_silent", neighbour=service, method=method, error=type(error).__name__
            )
            raise ServiceUnavailable(service=service) from None
        finally:
            self.replies.forget(correlation_id)
        return _unwrap(service, reply)

    def _send(
        self,
        service: str,
        method: str,
        arguments: dict[str, Any],
        headers: dict[str, Any],
        correlation_id: str,
        timeout: float,
    ) -> None:
        self.publisher.publish(
            {"args": [], "kwargs": arguments},
            exchange=get_rpc_exchange(self.container.config),
            routing_key=f"{service}.{method}",
            mandatory=True,
            expiration=timeout,
            reply_to=self.replies.routing_key,
            correlation_id=correlation_id,
            extra_headers=headers,
        )


def _unwrap(service: str, reply: dict[str, Any]) -> Any:
    error = reply.get("error")
    if not error:
        return reply["result"]
    if error["exc_type"] in FAILURES:
        raise ServiceUnavailable(service=service)
    raise Forwarded(error["exc_type"], str(error["value"]))


class ServiceToken:
    """This service's own access token from identity, kept until shortly before it expires."""

    def __init__(self, asking: RpcClient, settings: Settings, service: str) -> None:
        self._rpc, self._settings, self._service = asking, settings, service
        self._token, self._until = "", float("-inf")

    def value(self) -> str:
        if time.monotonic() > self._until:
            secret = service_secret(self._settings, self._service)
            reply = self._rpc.call(
                "identity", "client_token", {"client_id": self._service, "client_secret": secret}, {}, 5.0
            )
            self._token, self._until = reply["access_token"], time.monotonic() + float(reply["expires_in"]) - 30
        return self._token

    def forget(self) -> None:
        """It was refused: the next call fetches another, whatever its own clock said."""
        self._until = float("-inf")


def service_secret(settings: Settings, service: str) -> str:
    """The client secret of ``service``: SERVICE_CLIENT_SECRET, or in development one stored among the secrets."""
    if settings.get("SERVICE_CLIENT_SECRET") or not settings.development:
        return settings.secret("SERVICE_CLIENT_SECRET")
    try:
        return text_of(settings.secret_folder() / f"client-{service}.secret").strip()
    except FileNotFoundError:
        logs.get(service=service).error("service_secret_missing", advice="run portal bootstrap")
        raise ServiceUnavailable(service="identity") from None


class Neighbour(DependencyProvider):
    """Another service, as this one may call it: ``self.catalog.quote(code=…)``.

    The caller's token, language and call ids travel along; ``as_service=True`` uses this service's own token.
    """

    replies = Replies()

    def __init__(self, service: str, *, timeout: float = 5.0, as_service: bool = False) -> None:
        self.service, self.timeout, self.as_service = service, timeout, as_service

    def setup(self) -> None:
        self.rpc = RpcClient(self.container, self.replies)
        if self.as_service and not settings_of(self.container).development:
            settings_of(self.container).secret("SERVICE_CLIENT_SECRET")  # now, not at the first call
        self.own_token = ServiceToken(self.rpc, settings_of(self.container), self.container.service_name)

    def get_dependency(self, worker_ctx: Any) -> Proxy:
        return Proxy(self, worker_ctx)


class Proxy:
    """What a use case is given: attribute access makes calls."""

    def __init__(self, neighbour: Neighbour, worker_ctx: Any) -> None:
        self._neighbour, self._context = neighbour, worker_ctx

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda **arguments: self._call(method, arguments)

    def _call(self, method: str, arguments: dict[str, Any]) -> Any:
        neighbour = self._neighbour
        headers = {f"nameko.{key}": value for key, value in self._context.context_data.items() if value is not None}
        if neighbour.as_service:
            headers["nameko.auth_token"] = neighbour.own_token.value()
        try:
            return neighbour.rpc.call(neighbour.service, method, arguments, headers, self._remaining())
        except Forwarded as refused:
            if not neighbour.as_service or refused.name != Unauthenticated.__name__:
                raise
        neighbour.own_token.forget()
        headers["nameko.auth_token"] = neighbour.own_token.value()
        return neighbour.rpc.call(neighbour.service, method, arguments, headers, self._remaining())

    def _remaining(self) -> float:
        deadline = self._context.data.get("deadline")
        if not deadline:
            return self._neighbour.timeout
        return max(0.05, min(self._neighbour.timeout, float(deadline) - time.time()))
