"""Publishing the CloudEvents of one service, under the lease of whoever leads its followers."""

from __future__ import annotations

from infra.chassis import metrics
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.contracts import contract_of
from infra.chassis.crash_points import crash_at
from infra.chassis.messaging.handler_queues import redelivery_exchange
from infra.chassis.messaging.publishing import Publisher, Unroutable, events_exchange
from infra.chassis.settings import Settings
from infra.chassis.storage.leases import Lease
from infra.chassis.trust.event_signatures import signed_event
from infra.chassis.trust.installation import signer


class EventPublisher:
    """Publishes CloudEvents of one service; an event whose contract names consumers must find a queue."""

    def __init__(self, settings: Settings, service: str) -> None:
        self.service = service
        self.publisher = Publisher(settings.amqp_uri)
        self.signer = signer(settings, service)
        self.exchange = events_exchange(service)
        self.events = contract_of(service).events
        self.lease: Lease | None = None  # the follower's own, set by it

    def as_published(self, event: CloudEvent) -> CloudEvent:
        """The event under the id it is published with."""
        return event

    def publish(self, event: CloudEvent, *, call_id: str | None = None) -> None:
        """To whom it may concern."""
        try:
            self._publish(event, self.exchange, event["type"], call_id)
        except Unroutable:
            metrics.relay_unrouted.labels(self.service, event["type"]).inc()
            if self.events.get(event["type"], {}).get("consumers"):
                raise  # somebody waits for it and their queue is not there: keep the position until it is
        crash_at("after_publish", self.service)

    def republish(self, event: CloudEvent, queue: str) -> None:
        """To one queue alone; :class:`Unroutable` when it is gone again."""
        self._publish(event, redelivery_exchange(), queue, event.get("callid"))

    def _publish(self, event: CloudEvent, exchange: object, key: str, call_id: str | None) -> None:
        headers = {"nameko.call_id_stack": [call_id]} if call_id else {}
        signed = signed_event(self.signer, self.as_published(event))
        if self.lease is not None:
            self.lease.check()
        self.publisher.publish(signed, exchange=exchange, routing_key=key, headers=headers, message_id=signed["id"])
