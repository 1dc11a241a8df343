"""Events whose handler failed: retried with growing delays, then recorded as dead letters for an operator.

The failed event is published again (confirmed) to a retry tier, a queue whose time-to-live hands it back, and only
then acked; the attempt travels in a header of our own, since the broker owns ``x-death``.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from infra.chassis import clock, logs, metrics
from infra.chassis.dependencies import settings_of
from infra.chassis.json_types import Json
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.quarantine import confirming_publisher, quarantined_message, send_to_quarantine
from infra.chassis.messaging.topology import retry_exchange, retry_queue, retry_tiers
from infra.chassis.redaction import json_bytes
from infra.chassis.sensitive import CREDENTIALS, without_tokens
from infra.chassis.wire_types import BrokerMessage, Container

MOST_ATTEMPTS = 10_000
ATTEMPT, FIRST_AT, LAST_ERROR = "portal-attempt", "portal-first-at", "portal-error"
REDACTED_IN = "portal-redacted-in"  # which sweep left of the message what it is


class FailedEvents:
    """What becomes of the failed events of one handler."""

    def __init__(self, container: Container, *, queue: str, handler: str, dead_letters: DeadLetters) -> None:
        self.container, self.queue, self.handler, self.dead_letters = container, queue, handler, dead_letters
        self.service: str = container.service_name
        self.tiers = retry_tiers(settings_of(container))

    def retry_or_quarantine(self, event: Json, message: BrokerMessage, problem: str, *, final: bool) -> None:
        """``final``: no later try can end otherwise."""
        attempt = _attempt(message)
        if self.dead_letters.dropped(self.queue, event["id"]):
            logs.get(service=self.service).warning("dropped_before", event_id=event["id"], handler=self.handler)
            return
        if attempt <= len(self.tiers) and not final:
            self.wait_in_tier(event, message, problem)
            return
        self.dead_letter(event, message, problem)
        metrics.dead_letters.labels(self.service, self.handler).inc()

    def wait_in_tier(self, event: Json, message: BrokerMessage, problem: str) -> None:
        """Into the tier of this attempt; after the last, the last tier again (its row cannot be written just now)."""
        attempt = min(_attempt(message), len(self.tiers))
        metrics.handler_retries.labels(self.service, self.handler).inc()
        ours = {ATTEMPT: _attempt(message) + 1, FIRST_AT: f"{_first_at(message):.3f}", LAST_ERROR: problem}
        tier = self.tiers[attempt - 1]
        confirming_publisher(self.container).publish_durably(
            event,
            retry_queue(tier),
            exchange=retry_exchange(tier),
            routing_key=self.queue,
            headers={**_plain(message.headers), **ours},
            message_id=event["id"],
        )

    def dead_letter(self, event: Json, message: BrokerMessage, problem: str) -> None:
        """Into the quarantine, then a row; a process that ends in between leaves a second copy of one message id."""
        attempts, first_at = _attempt(message), _first_at(message)
        event, headers, problem = self.dead_letters.without_erased(event, dict(message.headers or {}), problem)
        body = json_bytes(event)
        record = {
            **quarantined_message(self.service, problem, self.queue, headers, "application/json", body),
            "message_id": event["id"],
            "attempts": attempts,
            "first_at": datetime.fromtimestamp(first_at, UTC).isoformat(),
            "last_at": clock.now().isoformat(),
        }
        send_to_quarantine(self.container, record)
        self.dead_letters.record(self.queue, event, headers, problem, attempts, first_at)


def _attempt(message: BrokerMessage) -> int:
    value = (message.headers or {}).get(ATTEMPT, 1)
    return value if type(value) is int and 1 <= value <= MOST_ATTEMPTS else 1


def _first_at(message: BrokerMessage) -> float:
    """When the event was tried first, as our header says; now, if somebody else wrote it."""
    now = time.time()
    try:
        value = float(str((message.headers or {}).get(FIRST_AT)))
    except ValueError:
        return now
    return value if 0 < value <= now else now


def _plain(headers: Json | None) -> Json:
    """Headers that may travel on; the broker's own ``x-`` ones and credentials, which no handler needs, stay behind."""
    return {
        key: without_tokens(value) if isinstance(value, str) else value
        for key, value in (headers or {}).items()
        if not (key.startswith("x-") or CREDENTIALS.search(key))
    }
