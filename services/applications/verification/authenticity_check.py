"""Whether every stored event was recorded by this service: who only has the rights of its database has no key."""

from __future__ import annotations

from collections.abc import Callable

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from services.applications.event_store.store import Store
from services.applications.transparency.log import StoredLog
from services.applications.transparency.stored_rows import EventTable

BATCH = 2000
AT_A_GLANCE = 5000  # unsealed events that the doctor looks at
REASON = {"vi": "sự kiện không do dịch vụ này ghi", "en": "the event was not recorded by this service"}


def check_authenticity(store: Store, progress: Callable[[int, int], None] = lambda *_: None) -> Json:
    """``{"events", "first_bad": {kind, reason, application_id, version, position, error} or None}``."""
    after, events, last = 0, 0, store.last_position()
    while True:
        reached, looked_at, bad = _check_batch(store, after, BATCH)
        events += looked_at
        if bad or not looked_at:
            return {"events": events, "first_bad": bad}
        after = reached
        progress(after, max(after, last))


def unsealed_not_authentic(settings: Settings) -> Json | None:
    """The first event that the sealer refuses, or has refused; sealed ones it looked at when they got their leaf."""
    store = Store.from_settings(settings)
    with store.database.session() as session:
        after = StoredLog(session.connection()).head().notification_id
    return _check_batch(store, after, AT_A_GLANCE)[2]


def _check_batch(store: Store, after: int, limit: int) -> tuple[int, int, Json | None]:
    """The position reached, the events looked at, the first that is not authentic."""
    with store.database.session() as session:
        rows = EventTable().with_macs(session.connection(), after, limit)
    for row, key_id, mac in rows:
        if wrong := store.keys.problem(row.application_id, row.version, row.topic, row.state, key_id, mac):
            place = {"application_id": str(row.application_id), "version": row.version, "position": row.notification_id}
            return row.notification_id, len(rows), {
                "kind": "event_not_authentic", **place, "error": wrong, "reason": REASON,
            }  # fmt: skip
    return (rows[-1][0].notification_id if rows else after), len(rows), None
