"""Commands and events as notifications gets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from infra.chassis.access.actors import Actor
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.storage.commands import Command
from tests.unit.notifications.actors import CITIZEN

CONTRACT = json.loads((Path(__file__).parents[3] / "services/notifications/contract.json").read_text(encoding="utf-8"))


def command(name: str = "test", by: Actor = CITIZEN, command_id: str | None = None, **arguments: Any) -> Command:
    return Command.of(command_id or str(uuid4()), f"notifications.{name}", by.account_id, arguments)


def example(event_type: str) -> dict[str, Any]:
    """The contract's own example of an event's data."""
    for source in ("applications", "payments"):
        if schema := CONTRACT["consumes"].get(f"{source}/{event_type}"):
            return dict(schema["examples"][0])
    raise LookupError(event_type)


def event(event_type: str, event_id: str = "applications:1", **facts: Any) -> CloudEvent:
    """A CloudEvent as it comes off the wire."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/" + event_id.partition(":")[0],
        "type": event_type,
        "subject": "4d8f5f3c-0000-4000-8000-000000000003",
        "time": "2026-11-20T02:30:00+00:00",
        "datacontenttype": "application/json",
        "data": {**example(event_type), **facts},
    }
