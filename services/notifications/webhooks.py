"""Events for other systems by webhook: the subscriptions, and the calls made to them.

A call carries ids and status only, never names or answers: whoever wants more asks the services with
his own rights. Signatures follow the Standard Webhooks specification.
"""

from __future__ import annotations

import base64
import json
import secrets
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page, page
from infra.chassis.encryption import Encryption
from infra.chassis.json_types import Json
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.wake_up import wake_followers
from infra.chassis.text.numbers import natural_number
from services.notifications.domain import delivery as states
from services.notifications.domain import webhook_address
from services.notifications.domain.webhook_address import Destinations
from services.notifications.errors import DeliveryNotFound, SubscriptionNotFound, WebhookAddressNotAllowed
from services.notifications.inbox import delivery_view
from services.notifications.models import Delivery, Subscription

PAYLOAD_FIELDS = (
    "application_id", "reference", "procedure_code", "procedure_version", "agency_code", "status", "official_status",
    "version", "at", "due_at", "payment_id", "refund_id", "amount",
)  # fmt: skip
ANYWHERE = Destinations()


class Webhooks:
    """Subscriptions, and what was delivered to them."""

    def __init__(
        self, database: Database, encryption: Encryption, *, guarded: bool, allowed: Destinations = ANYWHERE
    ) -> None:
        self.database, self.encryption = database, encryption
        self.guarded, self.allowed = guarded, allowed

    @classmethod
    def from_settings(cls, settings: Settings) -> Webhooks:
        database, allowed = Database.at(settings.database_url("notifications")), destinations_of(settings)
        return cls(database, encryption_of(settings), guarded=not settings.development, allowed=allowed)

    def subscribe(self, url: str, event_types: list[str], *, by: Actor, command: Command) -> Json:
        """→ ``{subscription_id, secret}``; the secret (``whsec_…``) is shown this once."""
        check_address(url, guarded=self.guarded, allowed=self.allowed)
        secret = self.encryption.encrypt(_new_secret())  # so it rests in its row and in the command log
        reply = self.database.command(command, lambda session: _subscribe(session, url, event_types, secret, by))
        return {**reply, "secret": self.encryption.decrypt(reply["secret"])}

    def unsubscribe(self, subscription_id: str, *, by: Actor, command: Command) -> Json:
        """→ ``{subscription_id, ended_at}``; what waits to be delivered is dropped."""
        return self.database.command(command, lambda session: _unsubscribe(session, subscription_id, by))

    def webhook_deliveries(self, subscription_id: str, limit: int, cursor: str | None, *, by: Actor) -> Page[Json]:
        """Newest first. → ``{items, next_cursor}``"""
        with self.database.session() as session:
            _subscription_of(session, subscription_id, by)
            calls = select(Delivery).where(Delivery.subscription_id == subscription_id)
            return page(
                session, calls, (Delivery.position,), lambda call: _call_view(session, call),
                limit=limit, cursor=cursor, newest_first=True,
            )  # fmt: skip

    def redeliver(self, delivery_id: str, *, by: Actor, command: Command) -> Json:
        """Send an event once more, under the same webhook id. → ``{delivery_id}`` of the new delivery."""
        return self.database.command(command, lambda session: _redeliver(session, delivery_id, by))


def encryption_of(settings: Settings) -> Encryption:
    """Under which subscriptions' secrets rest (``WEBHOOK_KEYS``)."""
    return Encryption.from_settings(settings, "WEBHOOK_KEYS", "webhook secrets")


def destinations_of(settings: Settings) -> Destinations:
    """``WEBHOOK_HOSTS`` and ``WEBHOOK_PORTS``, both lists with commas between."""
    hosts = tuple(host.lower() for host in _listed(settings, "WEBHOOK_HOSTS"))
    ports = _listed(settings, "WEBHOOK_PORTS")
    if not all(0 < (natural_number(port, 5) or 0) < 65_536 for port in ports):
        raise SettingMissing("WEBHOOK_PORTS", f"{ports!r} are no ports")
    return Destinations(hosts, frozenset(map(int, ports)) or webhook_address.HTTPS_PORTS)


def _listed(settings: Settings, name: str) -> list[str]:
    return [part.strip() for part in (settings.get(name) or "").split(",") if part.strip()]


def check_address(url: str, *, guarded: bool, allowed: Destinations = ANYWHERE) -> webhook_address.Address:
    """The parsed address; refuses one that may not be called. ``guarded``: https, public hosts, those allowed."""
    address = webhook_address.parse_address(url)
    if address is None:
        raise WebhookAddressNotAllowed(problem="không phải URL http(s) hợp lệ", problem_en="not a valid http(s) URL")
    if guarded and not address.secure:
        raise WebhookAddressNotAllowed(problem="phải dùng https", problem_en="https is required")
    if guarded and webhook_address.looks_private(address.host):
        raise WebhookAddressNotAllowed(problem="địa chỉ mạng nội bộ", problem_en="a private address")
    if guarded and not (address.port in allowed.ports and allowed.has_host(address.host)):
        raise WebhookAddressNotAllowed(problem="máy chủ, cổng không được phép", problem_en="host or port not allowed")
    return address


def enqueue_calls(session: Session, event: CloudEvent) -> None:
    """One intent per subscription that asked for this type of event."""
    active = session.scalars(select(Subscription).where(Subscription.ended_at.is_(None)))
    for subscription in active:
        if event["type"] in subscription.event_types:
            session.add(_delivery(subscription, event["id"], event["type"], _payload(event)))
            wake_followers(session)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _subscribe(session: Session, url: str, event_types: list[str], secret: str, by: Actor) -> Json:
    subscription = Subscription(
        id=str(uuid4()),
        owner=by.account_id,
        url=url,
        event_types=sorted(set(event_types)),
        secret=secret,
        created_at=clock.now(),
    )
    session.add(subscription)
    return {"subscription_id": subscription.id, "secret": secret}


def _unsubscribe(session: Session, subscription_id: str, by: Actor) -> Json:
    subscription = _subscription_of(session, subscription_id, by)
    subscription.ended_at = subscription.ended_at or clock.now()
    waiting = select(Delivery).where(Delivery.subscription_id == subscription_id, Delivery.status.in_(states.WAITING))
    for delivery in session.scalars(waiting.order_by(Delivery.id).with_for_update()):
        delivery.status, delivery.problem, delivery.next_attempt_at = states.PERMANENT_FAILURE, "unsubscribed", None
    return {"subscription_id": subscription.id, "ended_at": subscription.ended_at.isoformat()}


def _redeliver(session: Session, delivery_id: str, by: Actor) -> Json:
    first = session.scalar(select(Delivery).where(Delivery.id == delivery_id, Delivery.channel == "webhook"))
    if first is None or first.subscription_id is None or not first.body:  # without a body: its person was erased
        raise DeliveryNotFound(delivery_id=delivery_id)
    subscription = _subscription_of(session, first.subscription_id, by)
    if subscription.ended_at is not None:
        raise SubscriptionNotFound(subscription_id=subscription.id)
    again = _delivery(subscription, first.event_id, first.event_type, first.body)
    again.repeat_of = first.repeat_of or first.id
    session.add(again)
    wake_followers(session)
    return {"delivery_id": again.id}


def _subscription_of(session: Session, subscription_id: str, by: Actor) -> Subscription:
    subscription = session.get(Subscription, subscription_id)
    if subscription is None or not (subscription.owner == by.account_id or by.has("operator")):
        raise SubscriptionNotFound(subscription_id=subscription_id)
    return subscription


def _delivery(subscription: Subscription, event_id: str, event_type: str, payload: str) -> Delivery:
    now = clock.now()
    return Delivery(
        id=str(uuid4()), channel="webhook", subscription_id=subscription.id, event_id=event_id, event_type=event_type,
        recipient=subscription.url, recipient_name="", subject=event_type, body=payload,
        status=states.CREATED, attempts=0, next_attempt_at=now, created_at=now, updated_at=now,
    )  # fmt: skip


def _payload(event: CloudEvent) -> str:
    data = {name: event["data"][name] for name in PAYLOAD_FIELDS if name in event["data"]}
    payload = {
        "type": event["type"],
        "timestamp": event["time"],
        "id": event["id"],
        "source": event["source"],
        "data": data,
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _call_view(session: Session, delivery: Delivery) -> Json:
    about = {"event_id": delivery.event_id, "event_type": delivery.event_type, "repeat_of": delivery.repeat_of}
    return {**delivery_view(session, delivery), **about}
