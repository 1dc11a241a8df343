"""The follower's first duty: the read model, batch by batch, with its position in the same transaction as the rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from functools import cache

from eventsourcing.persistence import Notification
from sqlalchemy import Table, bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.storage.database import Database
from infra.chassis.storage.positions import advance, position_now
from infra.chassis.storage.types import Insert, Selection
from services.applications.errors import ReadModelBehind
from services.applications.event_store.store import BATCH, Store
from services.applications.models import application_view
from services.applications.read_model.projection import Row, applied

POSITION = "application_view"
LAST = {
    "postgresql": "SELECT MAX(notification_id) FROM stored_events",
    "sqlite": "SELECT MAX(rowid) FROM stored_events",
}
PATIENCE = 2.0  # seconds a read waits for the read model it asked for


class Projector:
    """Keeps ``application_view`` in step with the log of events."""

    name = "read model"

    def __init__(self, store: Store, batch: int = BATCH) -> None:
        self.store, self.batch = store, batch

    def step(self) -> int:
        after, last = position_now(self.store.database, POSITION), self.store.last_position()
        if last <= after:
            return 0
        notifications = self.store.notifications(after, self.batch, until=last)
        # Imported histories are in between applications' own events; what was looked through is not looked at again.
        reached = notifications[-1].id if len(notifications) == self.batch else last
        with self.store.database.session() as session:
            fold_into(session, application_view, self.store, notifications)
            advance(session, POSITION, reached)
        return len(notifications)


def fold_into(session: Session, table: Table, store: Store, notifications: Iterable[Notification]) -> int:
    """Apply a run of notifications to the rows of ``table``; how many were new to it."""
    batch = list(notifications)
    rows = rows_of(session, table, {str(notification.originator_id) for notification in batch})
    new = 0
    for notification in batch:
        key = str(notification.originator_id)
        if key in rows and rows[key]["version"] >= notification.originator_version:
            continue  # seen in an earlier run that ended between two of its steps
        rows[key] = applied(rows.get(key), store.event_of(notification), notification.id)
        new += 1
    write(session, table, rows.values())
    return new


def rows_of(session: Session, table: Table, keys: set[str]) -> dict[str, Row]:
    if len(keys) == 1:  # most runs are of one application
        found_rows = session.execute(_row_query(table), {"key": next(iter(keys))}).mappings()
        return {row["application_id"]: dict(row) for row in found_rows}
    rows: dict[str, Row] = {}
    application_ids = sorted(keys)
    for start in range(0, len(application_ids), 500):
        query = select(table).where(table.c.application_id.in_(application_ids[start : start + 500]))
        rows.update({row["application_id"]: dict(row) for row in session.execute(query).mappings()})
    return rows


def write(session: Session, table: Table, rows: Iterable[Json]) -> None:
    """Put rows in their places, new or changed."""
    listed = [dict(row) for row in rows]
    if listed:
        session.execute(_upsert(table, session.get_bind().dialect.name), listed if len(listed) > 1 else listed[0])


@cache
def _row_query(table: Table) -> Selection:
    return select(table).where(table.c.application_id == bindparam("key"))


@cache
def _upsert(table: Table, dialect: str) -> Insert:
    """Made once: forty columns take longer to write down than to send."""
    statement: Insert = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    changed = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=["application_id"], set_=changed)


def position(database: Database) -> int:
    """How far the read model has come in the log."""
    return position_now(database, POSITION)


def last_recorded(database: Database) -> int:
    """The last position of the log itself."""
    with database.session() as session:
        return int(session.scalar(text(LAST[database.engine.dialect.name])) or 0)


def wait_for(database: Database, target: int | None, patience: float = PATIENCE) -> None:
    """Wait until the read model has reached a position; ``ReadModelBehind`` when it does not within ``patience``.

    What has not been recorded at all is not waited for.
    """
    if target is None:
        return
    if target > last_recorded(database):
        raise ReadModelBehind(wanted=target, current=position(database))
    until = time.monotonic() + patience
    while (current := position(database)) < target:
        if time.monotonic() > until:
            raise ReadModelBehind(wanted=target, current=current)
        threading.Event().wait(0.02)
