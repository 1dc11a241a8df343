"""Replies to our own calls: a listener with a consumer of its own, which forgets what nobody waits for."""

from __future__ import annotations

from nameko.rpc import ReplyListener

from infra.chassis.messaging.consumer import Consumer
from infra.chassis.messaging.publishing import CONFIRM_TIMEOUT


class ReplyConsumer(Consumer):
    """A consumer of its own, so that a reply never waits behind an event for which no worker is free.

    The stock one takes both: with every worker waiting for a reply it waits for a worker, and all time out together.
    """


class Replies(ReplyListener):
    """Stock reply listener on its own robust consumer; forgets calls nobody waits for any more."""

    queue_consumer = ReplyConsumer()

    def setup(self) -> None:
        super().setup()
        self.queue.exchange.no_declare = True

    def forget(self, correlation_id: str) -> None:
        self._reply_events.pop(correlation_id, None)


PUBLISH_OPTIONS = {"timeout": CONFIRM_TIMEOUT, "confirm_timeout": CONFIRM_TIMEOUT}
