"""Calls subscribers' webhooks: signed by Standard Webhooks, to the very address that was checked, no redirects."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta

from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from infra.chassis import clock
from infra.chassis.encryption import Encryption
from infra.chassis.http import call
from infra.chassis.settings import Settings
from services.notifications.deliveries import DeliveryOutcome, OutgoingMessage, Send
from services.notifications.domain import delivery as states
from services.notifications.domain import webhook_address
from services.notifications.domain.webhook_address import Destinations
from services.notifications.errors import WebhookAddressNotAllowed
from services.notifications.models import Delivery, Subscription
from services.notifications.webhooks import ANYWHERE, check_address, destinations_of, encryption_of

TIMEOUT_S = 10.0  # without a byte from the subscriber
WHOLE_CALL_S = 30.0  # for a subscriber that drips bytes so as never to end
INSIDE = "the name points at a private address"
GONE_STATUS = 410  # by the specification: the subscriber wants nothing any more


class WebhookCarrier:
    """POSTs events. ``guarded``: production's rule, https to public addresses only."""

    channel = "webhook"
    delays = states.WEBHOOK_DELAYS
    lease: timedelta | None = None

    def __init__(
        self,
        encryption: Encryption,
        *,
        guarded: bool,
        timeout: float = TIMEOUT_S,
        allowed: Destinations = ANYWHERE,
    ) -> None:
        self.encryption = encryption
        self.guarded, self.timeout, self.allowed = guarded, timeout, allowed

    @classmethod
    def from_settings(cls, settings: Settings) -> WebhookCarrier:
        timeout = settings.number("WEBHOOK_TIMEOUT", TIMEOUT_S)
        guarded, allowed = not settings.development, destinations_of(settings)
        return cls(encryption_of(settings), guarded=guarded, timeout=timeout, allowed=allowed)

    def route(self, recipient: str) -> str:
        return recipient

    def outgoing(self, session: Session, delivery: Delivery) -> OutgoingMessage:
        subscription = session.get(Subscription, delivery.subscription_id)
        assert subscription is not None
        effect_id, secret = delivery.repeat_of or delivery.id, self.encryption.decrypt(subscription.secret)
        return OutgoingMessage(effect_id, delivery.recipient, "", delivery.subject, delivery.body, "", secret)

    def ask(self, message: OutgoingMessage) -> DeliveryOutcome | None:
        return None

    @contextmanager
    def open(self) -> Iterator[Send]:
        yield self._carry

    def _carry(self, message: OutgoingMessage) -> DeliveryOutcome:
        try:
            address = check_address(message.recipient, guarded=self.guarded, allowed=self.allowed)
            code = self._post(self._resolve(address), message)
        except WebhookAddressNotAllowed as refusal:
            return DeliveryOutcome(states.PERMANENT_FAILURE, refusal.text("en"))
        except UnicodeError as error:
            return DeliveryOutcome(states.PERMANENT_FAILURE, f"not a host name: {error}")
        except OSError as error:
            return DeliveryOutcome(states.TEMPORARY_FAILURE, f"{type(error).__name__}: {error}", down=True)
        if 200 <= code < 300:
            return DeliveryOutcome(states.DELIVERED, f"HTTP {code}")
        return DeliveryOutcome(
            states.PERMANENT_FAILURE if code == GONE_STATUS else states.TEMPORARY_FAILURE, f"HTTP {code}"
        )

    def _resolve(self, address: webhook_address.Address) -> str:
        """One address of the host; all of them must be public, or a name could point at ourselves."""
        entries = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        hosts = [str(entry[4][0]) for entry in entries]
        if self.guarded and not all(webhook_address.is_public(host) for host in hosts):
            raise WebhookAddressNotAllowed(problem="tên miền trỏ vào mạng nội bộ", problem_en=INSIDE)
        return hosts[0]

    def _post(self, host: str, message: OutgoingMessage) -> int:
        """To the address that was checked and no other: the name may point elsewhere by now."""
        return call(
            "POST",
            message.recipient,
            body=message.body.encode(),
            headers=signed_headers(message),
            within=WHOLE_CALL_S,
            silence=self.timeout,
            address=host,
            longest=0,
        ).status


def signed_headers(message: OutgoingMessage) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0: id, second, and HMAC-SHA256 over both and the body."""
    now = clock.now().astimezone(UTC)
    return {
        "Content-Type": "application/json",
        "User-Agent": "public-service-portal",
        "webhook-id": message.effect_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(message.secret).sign(message.effect_id, now, message.body),
    }
