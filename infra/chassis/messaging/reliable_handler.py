"""The event handler of every service: what is no event is quarantined, what is forged refused, what fails retried.

Stock Nameko acks an event whose handler failed. Here it is acked when the failed one waits in a retry tier or rests as
a dead letter (:mod:`infra.chassis.messaging.failed_events`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from nameko.events import EventHandler
from nameko.exceptions import ContainerBeingKilled

from infra.chassis import logs, metrics
from infra.chassis.crash_points import crash_at
from infra.chassis.dependencies import settings_of
from infra.chassis.json_types import Json
from infra.chassis.messaging.consumer import Consumer
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.messaging.envelopes import MalformedEnvelope, check_envelope, check_event_body
from infra.chassis.messaging.failed_events import ATTEMPT, FIRST_AT, LAST_ERROR, REDACTED_IN, FailedEvents
from infra.chassis.messaging.handler_queues import handler_queue, make_handler_queues
from infra.chassis.messaging.origin import Origin
from infra.chassis.messaging.worker_slots import WorkerSlots
from infra.chassis.redaction import storable
from infra.chassis.trust.event_signatures import EventRefused, StaleEvent
from infra.chassis.wire_types import BrokerMessage, ExcInfo, WorkerContext


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
        dead_letters = DeadLetters.of(settings, service)
        self.slots = WorkerSlots.of(self.container)
        self.origin = Origin(
            settings,
            source=self.source_service,
            event_type=self.event_type,
            queue=self.queue.name,
            dead_letters=dead_letters,
        )
        self.failed_events = FailedEvents(
            self.container, queue=self.queue.name, handler=self.method_name, dead_letters=dead_letters
        )

    def stop(self) -> None:
        self.slots.close()
        super().stop()

    def handle_message(self, body: Json, message: BrokerMessage) -> None:
        try:
            check_envelope(message, reply=False)
            check_event_body(body)
        except MalformedEnvelope as wrong:
            self.queue_consumer.quarantine(message, str(wrong))
            return
        if not self._is_genuine(body, message):
            return
        context = self.unpack_message_headers(message)
        for ours in (ATTEMPT, FIRST_AT, LAST_ERROR, REDACTED_IN):
            context.pop(ours, None)
        self._spawn_in_turn(body, message, context)

    def _is_genuine(self, event: Json, message: BrokerMessage) -> bool:
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

    def _set_aside(self, event: Json, message: BrokerMessage, problem: str) -> None:
        try:
            self.failed_events.dead_letter(event, message, problem)
        except Exception as error:
            self._log_unrecorded(error)
            self.queue_consumer.requeue_slowly(message)
            return
        self._count_refused(StaleEvent("stale", problem))
        self.queue_consumer.ack_message(message)

    def _count_refused(self, refused: EventRefused) -> None:
        metrics.events_refused.labels(self.container.service_name, self.method_name, refused.reason).inc()

    def _spawn_in_turn(self, body: object, message: BrokerMessage, context: Mapping[str, object]) -> None:
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

    def handle_result(
        self, message: BrokerMessage, worker_ctx: WorkerContext, result: object = None, exc_info: ExcInfo = None
    ) -> tuple[object, object]:
        try:
            return self._settle(message, worker_ctx, result, exc_info)
        finally:
            self.slots.leave()

    def _settle(
        self, message: BrokerMessage, worker_ctx: WorkerContext, result: object, exc_info: ExcInfo
    ) -> tuple[object, object]:
        if exc_info is None:
            self.queue_consumer.ack_message(message)
            crash_at("after_ack")
            return result, None
        event, problem = worker_ctx.args[0], storable(f"{type(exc_info[1]).__name__}: {exc_info[1]}", 1000)
        try:
            self.failed_events.retry_or_quarantine(event, message, problem, final=getattr(exc_info[1], "final", False))
        except Exception as error:
            self._log_unrecorded(error)
            try:
                self.failed_events.wait_in_tier(event, message, problem)
            except Exception as again:
                self._log_unrecorded(again)
                self.queue_consumer.requeue_slowly(message)
                return None, None
        self.queue_consumer.ack_message(message)
        return None, None

    def _log_unrecorded(self, error: Exception) -> None:
        logs.get(service=self.container.service_name).error(
            "retry_not_recorded", error=f"{type(error).__name__}: {error}", handler=self.method_name
        )
