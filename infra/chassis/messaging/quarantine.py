"""The quarantine: a durable queue for what no handler could handle and nobody could read. Nothing leaves it by itself.

Each entry says what the message was and why it is there. :mod:`infra.chassis.messaging.dead_letters` has
the rows next to them, :mod:`infra.chassis.erasure.queues` removes them.
"""

from __future__ import annotations

import base64

from kombu import Queue

from infra.chassis.json_types import Json
from infra.chassis.messaging.handler_queues import unroutable_exchange
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.redaction import storable
from infra.chassis.sensitive import stored_headers
from infra.chassis.wire_types import Container

QUARANTINE = "portal.quarantine"
MAX_BODY = 16 * 1024 * 1024  # bytes; a larger message is quarantined unread, and stored up to here


def quarantined_message(
    service: str, why: str, routing_key: str, headers: Json, content_type: str, body: bytes
) -> Json:
    """A message as it is in the quarantine; callers add what it is found by when it is dropped or replayed."""
    return {
        "service": service,
        "why": storable(why, 1000),
        "routing_key": storable(routing_key, 300),
        "headers": stored_headers(headers),
        "content_type": content_type,
        "body_base64": base64.b64encode(body[:MAX_BODY]).decode(),
    }


def send_to_quarantine(container: Container, message: Json) -> None:
    """A message into the quarantine, confirmed."""
    confirming_publisher(container).publish_durably(
        message, quarantine_queue(), exchange=unroutable_exchange(), routing_key=QUARANTINE
    )


def quarantine_queue() -> Queue:
    """Where quarantined messages are, and what the broker itself found no queue for."""
    return Queue(QUARANTINE, exchange=unroutable_exchange(), durable=True)


def confirming_publisher(container: Container) -> Publisher:
    """One publisher per container for what must not be lost."""
    publisher: Publisher | None = getattr(container, "_confirming_publisher", None)
    if publisher is None:
        publisher = Publisher(container.config["AMQP_URI"])
        setattr(container, "_confirming_publisher", publisher)  # noqa: B010 - Nameko's class has no place for it
    return publisher
