"""Whether every history replays: what cannot be read or applied is located, before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from uuid import UUID

from eventsourcing.persistence import Notification

from infra.chassis.event_store.streams import replay
from infra.chassis.json_types import Json
from services.applications.event_store.store import Store
from services.applications.transparency.stored_rows import EventTable

AT_A_TIME = 100  # histories read together
REASON = {"vi": "lịch sử hồ sơ không phát lại được", "en": "the history does not replay"}


def first_broken_history(store: Store, progress: Callable[[int, int], None] | None = None) -> Json | None:
    """``{kind, reason, application_id, version, position, error}`` of the first event that does not replay; else None.

    ``progress``: (histories replayed, of how many).
    """
    events, done = EventTable(), 0
    after: UUID | str | None = None
    with store.database.session() as session:
        total = events.count_applications(session.connection())
    while True:
        with store.database.session() as session:
            keys = events.application_ids(session.connection(), after, AT_A_TIME)
        if not keys:
            return None
        if (planted := next((key for key in keys if not is_id(key)), None)) is not None:
            return _finding(str(planted), None, None, "no application id")
        for _, rows in groupby(store.rows_of(map(str, keys)), key=lambda row: row.originator_id):
            if broken := first_broken_event(store, list(rows)):
                return broken
        done, after = done + len(keys), keys[-1]
        if progress:
            progress(done, max(done, total))


def is_id(key: UUID | str) -> bool:
    try:
        return bool(UUID(str(key)))
    except ValueError:
        return False


def _finding(application_id: str, version: int | None, position: int | None, error: str) -> Json:
    place = {"application_id": application_id, "version": version, "position": position}
    return {"kind": "history_broken", **place, "error": error, "reason": REASON}


def first_broken_event(store: Store, rows: Sequence[Notification]) -> Json | None:
    """Of one history from its beginning on: the first event that cannot be read or applied."""
    history: object = None
    for row in rows:
        try:
            history = replay(history, [store.event_of(row)])
        except Exception as error:  # noqa: BLE001 - what was put there may fail in any way
            error_text = f"{type(error).__name__}: {error}"
            return _finding(str(row.originator_id), row.originator_version, row.id, error_text)
    return None
