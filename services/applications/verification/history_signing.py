"""Authenticating what was recorded before events bore MACs: once, and only what is known to be this service's own.

What is sealed is signed, application by application, once the whole log has been held against the keys and the files
outside the database, and each history replays. What nobody has sealed yet anybody may have put there: an operator who
knows that no seal was due signs it by name. Begun again after a crash it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from uuid import UUID

from eventsourcing.persistence import Notification
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.settings import SettingMissing, Settings
from services.applications.errors import HistoryDoesNotHold
from services.applications.event_store.store import Store
from services.applications.transparency.log import StoredLog
from services.applications.verification.replay_check import first_broken_event, is_id
from services.applications.verification.self_check import SelfCheck

AT_A_TIME = 100  # applications to a transaction
WITHOUT = (
    "FROM stored_events AS e LEFT JOIN event_mac AS m ON m.originator_id = e.originator_id "
    "AND m.originator_version = e.originator_version WHERE m.mac IS NULL"
)
Progress = Callable[[int, int], None]  # (events signed, of how many)


def sign_history(settings: Settings, *, unsealed: bool = False, progress: Progress = lambda *_: None) -> Json:
    """``{"signed", "unsealed", "left"}``: events signed, left because unsealed, and histories left with the reason.

    ``HistoryDoesNotHold`` when the log is not what was sealed: then nothing is signed.
    """
    store = Store.from_settings(settings)
    with store.database.session() as session:
        sealed_until = StoredLog(session.connection()).head().notification_id
    waiting, until = _waiting(store), None if unsealed else sealed_until
    if not (waiting if until is None else _waiting(store, until)):
        return {"signed": 0, "unsealed": waiting, "left": []}
    _check_log(SelfCheck.from_settings(settings), sealed_until)
    signed, left = _sign(store, until, lambda done: progress(done, waiting))
    return {
        "signed": signed,
        "unsealed": max(0, _waiting(store) - sum(entry["events"] for entry in left)),
        "left": left,
    }


def _check_log(checks: SelfCheck, sealed_until: int) -> None:
    if sealed_until and not checks.keys:
        raise SettingMissing("AUDIT_VERIFIER_KEYS", "recorded history is signed only if its log holds against a key")
    if bad := checks.log()["first_bad"]:
        raise HistoryDoesNotHold(place={name: value for name, value in bad.items() if name != "reason"})


def _waiting(store: Store, until: int | None = None) -> int:
    """How many events have no MAC, of all or up to a position."""
    bound = "" if until is None else f" AND e.{store.position_column} <= {int(until)}"
    with store.database.session() as session:
        return int(session.scalar(text(f"SELECT count(*) {WITHOUT}{bound}")) or 0)


def _sign(store: Store, until: int | None, progress: Callable[[int], None]) -> tuple[int, list[Json]]:
    signed, left, after = 0, list[Json](), None
    while keys := _next(store, after):
        for key in keys:
            if not is_id(key):
                left.append({"application_id": str(key), "events": 1, "error": "no application id"})
        rows = store.rows_of([str(key) for key in keys if is_id(key)])
        with store.database.session() as session:
            for _, stored in groupby(rows, key=lambda row: row.originator_id):
                history = [row for row in stored if until is None or row.id <= until]
                if broken := first_broken_event(store, history):
                    left.append({**_place(broken), "events": len(history)})
                    continue
                signed += _add(store, session, history)
        after = keys[-1]
        progress(signed)
    return signed, left


def _next(store: Store, after: UUID | str | None) -> list[UUID | str]:
    """The next applications of which an event has no MAC, in the order of their ids."""
    bound = "" if after is None else " AND e.originator_id > :after"
    query = text(f"SELECT DISTINCT e.originator_id {WITHOUT}{bound} ORDER BY 1 LIMIT {AT_A_TIME}")
    with store.database.session() as session:
        return list(session.scalars(query, {} if after is None else {"after": after}))


def _add(store: Store, session: Session, history: Sequence[Notification]) -> int:
    """MACs of those that have none."""
    own = [
        {
            "id": store.stored_id(event.originator_id),
            "version": event.originator_version,
            "key_id": store.keys.key_id,
            "mac": store.keys.mac(as_id(event), event.originator_version, event.topic, event.state),
        }
        for event in history
    ]
    if not own:
        return 0
    insert = text(
        "INSERT INTO event_mac (originator_id, originator_version, key_id, mac) "
        "VALUES (:id, :version, :key_id, :mac) ON CONFLICT DO NOTHING"
    )
    before = _count(session, own[0]["id"])
    session.execute(insert, own)
    return _count(session, own[0]["id"]) - before


def _count(session: Session, key: object) -> int:
    return int(session.scalar(text("SELECT count(*) FROM event_mac WHERE originator_id = :id"), {"id": key}) or 0)


def as_id(event: Notification) -> UUID:
    return event.originator_id if isinstance(event.originator_id, UUID) else UUID(event.originator_id)


def _place(broken: Mapping[str, object]) -> Json:
    return {name: broken[name] for name in ("application_id", "version", "position", "error")}


def warnings_of(outcome: Json) -> Iterable[str]:
    """What could not be signed, in words for the log."""
    if outcome["unsealed"]:
        yield f"{outcome['unsealed']} events are neither authentic nor sealed; see portal sign-history --unsealed"
    for entry in outcome["left"]:
        yield f"the history of {entry['application_id']} was not signed: {entry['error']}"
