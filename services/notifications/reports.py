"""Delivery reports of providers: an e-mail or a text reached its reader, or came back."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.notifications.domain import delivery as states
from services.notifications.errors import DeliveryNotFound, DeliveryReportNotGenuine
from services.notifications.models import Delivery

# A provider's events as our states; "deferred" is its own retry, nothing for us to do.
STATE_OF_EVENT = {
    "delivered": states.DELIVERED,
    "bounced": states.PERMANENT_FAILURE,
    "complained": states.DELIVERED,
    "deferred": None,
}


SECRET_OF = "DELIVERY_REPORT_SECRET_"  # noqa: S105 - how the settings of providers begin


class DeliveryReports:
    """Takes delivery reports. Without a shared secret for the provider, no report is believed."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.providers = providers_in(settings)

    @classmethod
    def from_settings(cls, settings: Settings) -> DeliveryReports:
        return cls(Database.at(settings.database_url("notifications")), settings)

    def delivery_report(self, provider: str, parameters: Mapping[str, str]) -> Json:
        """→ ``{delivery_id, status, changed}``; a late or repeated report changes nothing.

        ``parameters``: ``delivery_id``, ``event`` (delivered, bounced, complained, deferred), ``at``, ``signature``.
        """
        self._check_signature(provider, parameters)
        with self.database.session() as session:
            return _record(session, parameters["delivery_id"], parameters["event"], parameters.get("detail", ""))

    def _check_signature(self, provider: str, parameters: Mapping[str, str]) -> None:
        secret = self.settings.get(f"{SECRET_OF}{provider.upper()}") if provider in self.providers else None
        sent = parameters.get("signature", "")
        if secret is None or not hmac.compare_digest(signature(parameters, secret).encode(), sent.encode()):
            raise DeliveryReportNotGenuine(provider=provider)


def providers_in(settings: Settings) -> frozenset[str]:
    """The providers that secrets are shared with; ends the process by name if one could be guessed.

    By the settings that are there: what a caller names is not made a setting's name, which could be that of a path.
    """
    names = {name.removesuffix("_FILE") for name in settings.env if name.startswith(SECRET_OF)}
    shared = {name for name in names if settings.get(name) and settings.secret(name)}
    return frozenset(name.removeprefix(SECRET_OF).lower() for name in shared)


def signature(parameters: Mapping[str, str], secret: str) -> str:
    """HMAC-SHA256, hex, over ``name=value`` lines of all other parameters, sorted by name."""
    lines = "\n".join(f"{name}={parameters[name]}" for name in sorted(parameters) if name != "signature")
    return hmac.new(secret.encode(), lines.encode(), hashlib.sha256).hexdigest()


def _record(session: Session, delivery_id: str, event: str, detail: str) -> Json:
    delivery = session.scalar(
        select(Delivery).where(Delivery.id == delivery_id, Delivery.channel.in_(("email", "sms"))).with_for_update()
    )
    if delivery is None:
        raise DeliveryNotFound(delivery_id=delivery_id)
    to = STATE_OF_EVENT[event]
    changed = to is not None and states.may(delivery.status, to)
    if changed and to is not None:
        delivery.status, delivery.updated_at, delivery.next_attempt_at = to, clock.now(), None
        # Of an erased person's e-mail or text nothing that may name an address is stored.
        quoted = detail if delivery.body else ""
        delivery.problem = f"reported as {event} {quoted}".strip() if to == states.PERMANENT_FAILURE else None
    return {"delivery_id": delivery.id, "status": delivery.status, "changed": changed}
