"""What the platform uses of Nameko's and kombu's objects: neither ships types."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from infra.chassis.json_types import Json

# As ``sys.exc_info()`` says it, or None where nothing was raised.
ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None] | None


class LinkedChannel(Protocol):
    """The channel that a message came through."""

    connection: object  # None once it is lost


class BrokerMessage(Protocol):
    """A message that has come (kombu's ``Message``); headers and properties are whatever its sender wrote."""

    body: bytes | str
    headers: Json
    properties: Json
    delivery_info: Json
    delivery_tag: object
    content_type: object
    channel: LinkedChannel


class Container(Protocol):
    """A service's container (Nameko's ``ServiceContainer``, or what stands in for it in one process)."""

    service_name: str
    config: Json


class WorkerContext(Protocol):
    """One call at work (Nameko's ``WorkerContext``)."""

    service_name: str
    call_id: object
    data: Json
    args: tuple[Json, ...]

    @property
    def context_data(self) -> Json:
        """``data`` as it goes along with the calls that this one makes."""


class NamedClass(Protocol):
    """A class with entrypoints, by the name that Nameko knows it by."""

    name: str


class Channel(Protocol):
    """A channel to the broker, of either transport (amqp's, kombu's virtual one)."""

    def queue_declare(self, queue: str, *, passive: bool) -> object: ...
    def basic_get(self, queue: str) -> BrokerMessage | None: ...
    def basic_ack(self, delivery_tag: object) -> None: ...
    def basic_reject(self, delivery_tag: object, requeue: bool) -> None: ...
    def prepare_message(
        self,
        body: object,
        priority: None,
        content_type: object,
        content_encoding: object,
        headers: Json,
        properties: object,
    ) -> object: ...
    def basic_publish(self, message: object, *, exchange: str, routing_key: str) -> object: ...


class Method(Protocol):
    """A door as its callers see it. What it answers is a JSON object, as its contract says."""

    def __call__(self, **arguments: object) -> Json: ...


class Doors(Protocol):
    """The doors of one service: ``catalog.search(text=…)``."""

    def __getattr__(self, method: str) -> Method: ...


class Cluster(Protocol):
    """What Nameko's cluster proxy gives: ``cluster.catalog.search(text=…)``."""

    def __getattr__(self, service: str) -> Doors: ...
