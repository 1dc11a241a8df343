"""Asking the platform from a program that is no service: front ends and the command line.

As stock Nameko's, but for the exchange: stock declares it in passing, which needs the right to delete it as well.
``portal migrate`` makes it; a caller may only use it.
"""

from __future__ import annotations

from typing import Protocol

from kombu import Queue
from nameko.standalone.rpc import ClusterRpcProxy, PollingQueueConsumer, SingleThreadedReplyListener

from infra.chassis.messaging import transport  # noqa: F401 - amqps is verified once this is there
from infra.chassis.messaging.envelopes import plain_json_only


class _Provider(Protocol):
    @property
    def queue(self) -> Queue: ...


class _Consumer(PollingQueueConsumer):
    def register_provider(self, provider: _Provider) -> None:
        provider.queue.exchange.no_declare = True
        super().register_provider(provider)


class _Listener(SingleThreadedReplyListener):
    def __init__(self, timeout: float | None = None) -> None:
        super().__init__(timeout=timeout)
        self.queue_consumer = _Consumer(timeout=timeout)


def platform_proxy(amqp_uri: str, **options: object) -> ClusterRpcProxy:
    """``with platform_proxy(uri, timeout=5) as rpc: rpc.catalog.search(…)``"""
    plain_json_only()
    return ClusterRpcProxy({"AMQP_URI": amqp_uri}, reply_listener_cls=_Listener, **options)
