"""Events as their source would have published them, for tests that put them on the wire themselves."""

from __future__ import annotations

from typing import Any

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.trust.event_signatures import signed_event
from infra.chassis.trust.installation import signer


def signed(settings: Settings, event: CloudEvent | Json) -> dict[str, Any]:
    """Signed with the key that development made for the event's source."""
    return signed_event(signer(settings, event["source"].removeprefix("/")), event)
