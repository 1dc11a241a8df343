"""Events as handlers get them, for tests that hand one over without the broker."""

from __future__ import annotations

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.json_types import Json


def event_of(event_id: str, data: Json, event_type: str = "sample.v1") -> CloudEvent:
    """An event under this id (``<source>:<position>``); of the other members, handlers read ``type`` and ``data``."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/{event_id.partition(':')[0]}",
        "type": event_type,
        "subject": "sample",
        "time": "2026-03-02T02:15:00+00:00",
        "datacontenttype": "application/json",
        "data": data,
    }
