"""The quarantine: a durable queue for what no handler could digest and nobody could read. Nothing leaves it by itself.

Each letter there says what the message was and why it lies there. :mod:`infra.chassis.messaging.dead_letters` has
the rows beside them, :mod:`infra.chassis.erasure.queues` takes them out.
"""

from __future__ import annotations

import base64
from typing import Any

from kombu import Queue

from infra.chassis.messaging.handler_queues import unroutable_exchange
from infra.chassis.messaging.publishing import Publisher
from infra.chassis.redaction import UUID, with_token_claims

QUARANTINE = "portal.quarantine"
MAX_BODY = 16 * 1024 * 1024  # bytes; a larger message is put aside unread, and kept up to here


def quarantined_message(
    service: str, why: str, routing_key: str, headers: dict[Any, Any], content_type: str, body: bytes
) -> dict[str, Any]:
    """What every letter in the quarantine says; with what it is found by, beside, when it is dropped or replayed."""
    return {
        "service": service,
        "why": why,
        "routing_key": routing_key,
        "headers": _headers_kept(headers),
        "content_type": content_type,
        "body_base64": base64.b64encode(body[:MAX_BODY]).decode(),
    }


def send_to_quarantine(container: Any, letter: dict[str, Any]) -> None:
    """A letter into the quarantine, confirmed."""
    confirming_publisher(container).keep(letter, quarantine_queue(), exchange="", routing_key=QUARANTINE)


def quarantine_queue() -> Queue:
    """Where letters lie, and what the broker itself found no queue for."""
    return Queue(QUARANTINE, exchange=unroutable_exchange(), durable=True)


def _headers_kept(headers: dict[Any, Any]) -> dict[str, str]:
    """What may be kept: an access token opens doors, so only the ids in it stay (its caller's is one)."""
    kept = {str(key)[:200]: str(value)[:2000] for key, value in headers.items() if key != "nameko.auth_token"}
    if found := UUID.findall(with_token_claims(str(headers.get("nameko.auth_token", "")))):
        kept["ids_in_token"] = " ".join(found)
    return kept


def confirming_publisher(container: Any) -> Publisher:
    """One publisher per container for what must be kept."""
    if not hasattr(container, "_kept_publisher"):
        container._kept_publisher = Publisher(container.config["AMQP_URI"])
    publisher: Publisher = container._kept_publisher
    return publisher
