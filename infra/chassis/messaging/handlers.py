"""Event handlers that lose nothing: retried with growing delays, then recorded as dead letters for an operator.

Stock Nameko acks an event whose handler failed. Here the failed event is published again (confirmed) to a
retry tier, a queue whose time-to-live hands it back, and only then acked; the attempt travels in a header of
our own, since the broker owns ``x-death``.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from eventlet.semaphore import Semaphore
from nameko.events import EventHandler
from nameko.exceptions import ContainerBeingKilled

from infra.chassis import clock, logs, metrics
from infra.chassis.contracts import contract_of
from infra.chassis.crash_points import crash_at
from infra.chassis.dependencies import settings_of
from infra.chassis.json_limits import too_deep, too_many
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.handler_queues import handler_queue, make_handler_queues
from infra.chassis.messaging.origin import Origin
from infra.chassis.messaging.quarantine import confirming_publisher, quarantined_message, send_to_quarantine
from infra.chassis.messaging.topology import retry_exchange, retry_queue, retry_tiers
from infra.chassis.messaging.wire import Consumer, MalformedEnvelope, check_envelope
from infra.chassis.redaction import json_bytes, storable
from infra.chassis.sensitive import CREDENTIALS, without_tokens
from infra.chassis.trust.event_signatures import EventRefused, StaleEvent

LONGEST_ID = 120  # characters of an event's id that an inbox holds
MOST_ATTEMPTS = 10_000
ATTEMPT, FIRST_AT, LAST_ERROR = "portal-attempt", "portal-first-at", "portal-error"


class WorkerSlots:
    """Places for events at work at the same time. Doors find the other workers free, however many events wait."""

    def __init__(self, places: int) -> None:
        self._places = Semaphore(places)
        self._closed = False

    @classmethod
    def of(cls, container: Any) -> WorkerSlots:
        """The one of a container: half of its workers."""
        if not hasattr(container, "_worker_slots"):
            container._worker_slots = cls(max(1, container.max_workers // 2))
        slots: WorkerSlots = container._worker_slots
        return slots

    def enter(self) -> bool:
        """Wait for a place; ``False`` if by then no event is to be begun any more."""
        self._places.acquire()
        if self._closed:
            self.leave()
        return not self._closed

    def leave(self) -> None:
        self._places.release()

    def close(self) -> None:
        self._closed = True


class EventRejected(Exception):
    """The event does not fit what this consumer's contract says it needs."""


class ReliableHandler(EventHandler):
    """Stock event handler with an inbox-friendly id, retry tiers and dead letters."""

    queue_consumer = Consumer()

    def setup(self) -> None:
        super().setup()
        settings, service = settings_of(self.container), self.container.service_name
        self.subscription = (self.source_service, self.event_type, self.method_name)
        self.make_queues = functools.partial(make_handler_queues, settings, service)
        self.queue = handler_queue(self.source_service, self.event_type, service, self.method_name)
        self.queue.no_declare = True  # made by the above, never by the consumer in passing
        self.tiers = retry_tiers(settings)
        self.dead_letters = DeadLetters.of(settings, service)
        self.slots = WorkerSlots.of(self.container)
        self.origin = Origin(
            settings,
            source=self.source_service,
            event_type=self.event_type,
            queue=self.queue.name,
            letters=self.dead_letters,
        )

    def stop(self) -> None:
        self.slots.close()
        super().stop()

    def handle_message(self, body: Any, message: Any) -> None:
        try:
            check_envelope(message, reply=False)
            if (
                not isinstance(body, dict)
                or not isinstance(body.get("id"), str)
                or not isinstance(body.get("data"), dict)
                or too_many(body)
                or too_deep(body)
            ):
                raise MalformedEnvelope("not a CloudEvent")
            if len(body["id"]) > LONGEST_ID:
                raise MalformedEnvelope(f"the event's id is longer than {LONGEST_ID} characters")
        except MalformedEnvelope as wrong:
            self.queue_consumer.quarantine(message, str(wrong))
            return
        if not self._is_genuine(body, message):
            return
        context = self.unpack_message_headers(message)
        for ours in (ATTEMPT, FIRST_AT, LAST_ERROR):
            context.pop(ours, None)
        self._spawn_in_turn(body, message, context)

    def _is_genuine(self, event: dict[str, Any], message: Any) -> bool:
        """Whether the source signed it; what is not goes into the quarantine, what is too old waits for an operator."""
        try:
            self.origin.check(event)
        except StaleEvent as stale:
            self._set_aside(event, message, f"{type(stale).__name__}: {stale}")
        except EventRefused as refused:
            self._count_refused(refused)
            self.queue_consumer.quarantine(message, f"event refused: {refused}")
        except Exception as error:
            self._log_unrecorded(error)
            self.queue_consumer.requeue_slowly(message)
        else:
            return True
        return False

    def _set_aside(self, event: dict[str, Any], message: Any, problem: str) -> None:
        try:
            headers = dict(message.headers or {})
            self._dead_letter(event, headers, problem, attempts=_attempt(message), first_at=_first_at(message))
        except Exception as error:
            self._log_unrecorded(error)
            self.queue_consumer.requeue_slowly(message)
            return
        self._count_refused(StaleEvent("stale", problem))
        self.queue_consumer.ack_message(message)

    def _count_refused(self, refused: EventRefused) -> None:
        metrics.events_refused.labels(self.container.service_name, self.method_name, refused.reason).inc()

    def _spawn_in_turn(self, body: Any, message: Any, context: dict[str, Any]) -> None:
        """Hand an event to a worker when there is room; one that is not begun before a stop goes back to the broker.

        Every message has a thread of its own to wait in (stock ``QueueConsumer.handle_message``).
        """
        if not self.slots.enter():
            return
        if message.channel.connection is None:  # lost while it waited: the broker hands it over again
            self.slots.leave()
            return
        try:
            self.container.spawn_worker(
                self, (body,), {}, context_data=context, handle_result=functools.partial(self.handle_result, message)
            )
        except ContainerBeingKilled:
            self.slots.leave()
            self.queue_consumer.requeue_message(message)

    def handle_result(self, message: Any, worker_ctx: Any, result: Any = None, exc_info: Any = None) -> tuple[Any, Any]:
        try:
            return self._settle(message, worker_ctx, result, exc_info)
        finally:
            self.slots.leave()

    def _settle(self, message: Any, worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        if exc_info is None:
            self.queue_consumer.ack_message(message)
            crash_at("after_ack")
            return result, None
        event, problem = worker_ctx.args[0], storable(f"{type(exc_info[1]).__name__}: {exc_info[1]}", 1000)
        try:
            self._retry_or_quarantine(event, message, problem, final=getattr(exc_info[1], "final", False))
        except Exception as error:
            self._log_unrecorded(error)
            try:
                self._wait_in_tier(event, message, problem)
            except Exception as again:
                self._log_unrecorded(again)
                self.queue_consumer.requeue_slowly(message)
                return None, None
        self.queue_consumer.ack_message(message)
        return None, None

    def _log_unrecorded(self, error: Exception) -> None:
        logs.get(service=self.container.service_name).error(
            "retry_not_kept", error=f"{type(error).__name__}: {error}", handler=self.method_name
        )

    def _retry_or_quarantine(self, event: dict[str, Any], message: Any, problem: str, *, final: bool) -> None:
        """``final``: no later try can end otherwise."""
        service, attempt = self.container.service_name, _attempt(message)
        if self.dead_letters.dropped(self.queue.name, event["id"]):
            logs.get(service=service).warning("dropped_before", event_id=event["id"], handler=self.method_name)
            return
        if attempt <= len(self.tiers) and not final:
            self._wait_in_tier(event, message, problem)
            return
        headers = dict(message.headers or {})
        self._dead_letter(event, headers, problem, attempts=attempt, first_at=_first_at(message))
        metrics.dead_letters.labels(service, self.method_name).inc()

    def _wait_in_tier(self, event: dict[str, Any], message: Any, problem: str) -> None:
        """Into the tier of this attempt; after the last, the last tier again (its row cannot be written just now)."""
        attempt = min(_attempt(message), len(self.tiers))
        metrics.handler_retries.labels(self.container.service_name, self.method_name).inc()
        ours = {ATTEMPT: _attempt(message) + 1, FIRST_AT: f"{_first_at(message):.3f}", LAST_ERROR: problem}
        tier = self.tiers[attempt - 1]
        confirming_publisher(self.container).publish_durably(
            event,
            retry_queue(tier),
            exchange=retry_exchange(tier),
            routing_key=self.queue.name,
            headers={**_plain(message.headers), **ours},
            message_id=event["id"],
        )

    def _dead_letter(
        self, event: dict[str, Any], headers: dict[str, Any], problem: str, *, attempts: int, first_at: float
    ) -> None:
        """Into the quarantine, then a row; a process that ends in between leaves a second copy of one message id."""
        event, headers, problem = self.dead_letters.without_erased(event, headers, problem)
        body = json_bytes(event)
        message = {
            **quarantined_message(
                self.container.service_name, problem, self.queue.name, headers, "application/json", body
            ),
            "message_id": event["id"],
            "attempts": attempts,
            "first_at": datetime.fromtimestamp(first_at, UTC).isoformat(),
            "last_at": clock.now().isoformat(),
        }
        send_to_quarantine(self.container, message)
        self.dead_letters.record(self.queue.name, event, headers, problem, attempts, first_at)


def _attempt(message: Any) -> int:
    value = (message.headers or {}).get(ATTEMPT, 1)
    return value if type(value) is int and 1 <= value <= MOST_ATTEMPTS else 1


def _first_at(message: Any) -> float:
    """When the event was tried first, as our header says; now, if somebody else wrote it."""
    now = time.time()
    try:
        value = float(str((message.headers or {}).get(FIRST_AT)))
    except ValueError:
        return now
    return value if 0 < value <= now else now


def _plain(headers: Any) -> dict[str, Any]:
    """Headers that may travel on; the broker's own ``x-`` ones and credentials, which no handler needs, stay behind."""
    return {
        key: without_tokens(value) if isinstance(value, str) else value
        for key, value in (headers or {}).items()
        if not (key.startswith("x-") or CREDENTIALS.search(key))
    }


def handles(source: str, event_type: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a method the handler of ``event_type`` (such as ``application_submitted.v1``) of service ``source``."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def watched(self: Any, event: dict[str, Any]) -> Any:
            return _observed(self, method, source, event_type, event)

        watched.handles = (source, event_type)  # type: ignore[attr-defined]
        ReliableHandler.decorator(source, event_type, expected_exceptions=(Exception,))(watched)
        return watched

    return decorate


def handles_each(events: Mapping[str, tuple[str, str]], method: str) -> Callable[[type], type]:
    """Class decorator: one handler for each row ``{handler name: (source, event type)}``, with the body of ``method``.

    A queue is named after its handler, so the names in the table outlive the code.
    """

    def decorate(service: type) -> type:
        for name, (source, event_type) in events.items():
            setattr(service, name, handles(source, event_type)(_named(getattr(service, method), service, name)))
        return service

    return decorate


def _named(method: Callable[..., Any], service: type, name: str) -> Callable[..., Any]:
    @functools.wraps(method)
    def handler(self: Any, event: dict[str, Any]) -> Any:
        return method(self, event)

    handler.__name__, handler.__qualname__ = name, f"{service.__qualname__}.{name}"
    return handler


def _observed(service: Any, method: Callable[..., Any], source: str, event_type: str, event: dict[str, Any]) -> Any:
    name, started = method.__name__, time.perf_counter()
    structlog.contextvars.bind_contextvars(service=service.name, handler=name, event_id=event.get("id"))
    try:
        schema = contract_of(service.name).consumed(source, event_type)
        if schema and (problems := schema.problems(event["data"])):
            raise EventRejected(json.dumps([problem["pointer"] + " " + problem["en"] for problem in problems]))
        return method(service, event)
    except Exception as error:
        logs.get().warning("handler_failed", error=f"{type(error).__name__}: {error}", exc_info=True)
        raise
    finally:
        metrics.handler_seconds.labels(service.name, name).observe(time.perf_counter() - started)
        structlog.contextvars.clear_contextvars()
