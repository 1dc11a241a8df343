"""Replay: the read model made again next to the live one, compared row by row, and put in its place on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import MetaData, Table, func, select, text
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.positions import advance, position_of
from services.applications.event_store.store import Store
from services.applications.models import application_view, view_table
from services.applications.read_model.projection import applied
from services.applications.read_model.projector import POSITION, fold_into, position

BATCH = 2000  # events per transaction
PAGE = 500  # rows compared at a time
AT_A_TIME = 100  # applications replayed together
LISTED_DIFFERENCES = 50  # differing rows listed in full
SHADOW_TABLE = "application_view_beside"

Progress = Callable[[int, int], None]  # (events replayed, events in the log)
Approval = Callable[[Json], bool]  # shown what was found, whether to swap


@dataclass
class RebuildReport:
    """What a rebuild found: ``differences`` are rows of the live table that replay does not give."""

    events: int = 0
    rows: int = 0
    differing: int = 0
    swapped: bool = False
    differences: list[Json] = field(default_factory=list)

    def to_json(self) -> Json:
        return dict(vars(self))


def rebuild(
    settings: Settings,
    projection: str | None = None,
    *,
    swap: bool = False,
    agreed: Approval | None = None,
    progress: Progress | None = None,
) -> Json:
    """Replay the whole log into a table next to the live one while the service runs: ``Rebuilt`` as JSON.

    Memory stays flat: a batch of events and the rows it touches. The difference is taken at the position both tables
    have seen. With ``swap`` the live rows are replaced in one transaction; ``agreed`` is shown what was found and may
    think about it as long as it likes: what happens meanwhile is replayed too, and the difference taken again.
    """
    if projection not in (None, POSITION, "all"):
        raise ValueError(f"applications has one read model, {POSITION}, not {projection}")
    store = Store.from_settings(settings)
    owner = Database(settings.migration_url("applications"), workers=2)
    shadow = view_table(SHADOW_TABLE, MetaData())
    try:
        shadow.drop(owner.engine, checkfirst=True)
        shadow.create(owner.engine)
        result = RebuildReport()
        reached = _replay(store, owner, shadow, result, 0, progress)
        reached = _finish(store, owner, shadow, result, reached, swap and agreed is None)
        if swap and agreed is not None and agreed(result.to_json()):
            result = RebuildReport(events=result.events)
            reached = _replay(store, owner, shadow, result, reached, None)
            _finish(store, owner, shadow, result, reached, True)
        return result.to_json()
    finally:
        shadow.drop(owner.engine, checkfirst=True)
        owner.engine.dispose()


def _replay(
    store: Store, owner: Database, shadow: Table, result: RebuildReport, reached: int, progress: Progress | None
) -> int:
    while True:
        notifications = store.notifications(reached, BATCH)
        if not notifications:
            return reached
        with owner.session() as session:
            result.events += fold_into(session, shadow, store, notifications)
        reached = notifications[-1].id
        if progress:
            progress(result.events, store.last_position())


def _finish(store: Store, owner: Database, shadow: Table, result: RebuildReport, reached: int, swap: bool) -> int:
    """Compare (and swap) with writers of the read model kept out for the moment it takes; how far the replay is."""
    with owner.session() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("LOCK TABLE application_view IN SHARE ROW EXCLUSIVE MODE"))
        live = position_of(session, POSITION)
        while reached < live and (notifications := store.notifications(reached, BATCH, until=live)):
            result.events += fold_into(session, shadow, store, notifications)
            reached = notifications[-1].id
        _compare(session, shadow, result, live)
        result.rows = int(session.scalar(select(func.count()).select_from(shadow)) or 0)
        if swap:
            names = [column.name for column in application_view.columns]
            session.execute(application_view.delete())
            session.execute(application_view.insert().from_select(names, select(*[shadow.c[name] for name in names])))
            advance(session, POSITION, max(live, reached))
            result.swapped = True
        return reached


def _compare(session: Session, shadow: Table, result: RebuildReport, live_position: int) -> None:
    """Rows that differ, page by page; what the live table has not seen yet is no difference."""
    last = ""
    keys = select(application_view.c.application_id).union(select(shadow.c.application_id)).subquery()
    while True:
        page = list(
            session.scalars(
                select(keys.c.application_id)
                .where(keys.c.application_id > last)
                .order_by(keys.c.application_id)
                .limit(PAGE)
            )
        )
        if not page:
            return
        last = page[-1]
        live, again = _rows(session, application_view, page), _rows(session, shadow, page)
        for key in page:
            if live.get(key) == again.get(key) or _is_behind(again.get(key), live_position):
                continue
            result.differing += 1
            if len(result.differences) < LISTED_DIFFERENCES:
                result.differences.append(difference(key, live.get(key), again.get(key)))


def _is_behind(replayed: Json | None, live_position: int) -> bool:
    return replayed is not None and replayed["position"] > live_position


def _rows(session: Session, table: Table, keys: list[str]) -> dict[str, Json]:
    rows = session.execute(select(table).where(table.c.application_id.in_(keys))).mappings()
    return {row["application_id"]: dict(row) for row in rows}


def difference(key: str, live: Json | None, replayed: Json | None) -> Json:
    """``{application_id, live, replayed}``: the columns that differ; None for a row that one side lacks."""
    if live is None or replayed is None:
        rows = {"live": live, "replayed": replayed}
        return {"application_id": key, **{side: None if row is None else "present" for side, row in rows.items()}}
    columns = [name for name in replayed if live[name] != replayed[name]]
    return {
        "application_id": key,
        "live": {n: str(live[n]) for n in columns},
        "replayed": {n: str(replayed[n]) for n in columns},
    }


def verify(store: Store, progress: Progress | None = None) -> Json:
    """Whether the read model is what the events say, application by application: ``{events, applications, first_bad}``.

    ``first_bad``: ``{application_id, live, replayed}`` of the first that differs, or None. Only the part of the log
    the read model has reached is compared. ``progress``: (applications compared, of how many).
    """
    reached = position(store.database)
    compared, last, bad = 0, "", None
    with store.database.session() as session:
        total = int(session.scalar(select(func.count()).select_from(application_view)) or 0)
    while bad is None:
        with store.database.session() as session:
            after = select(application_view).where(application_view.c.application_id > last)
            page = after.order_by(application_view.c.application_id).limit(AT_A_TIME)
            rows = [dict(row) for row in session.execute(page).mappings()]
        if not rows:
            break
        replayed = _folded(store, {row["application_id"]: max(reached, row["position"]) for row in rows})
        for row in rows:
            if (again := replayed.get(row["application_id"])) != row and bad is None:
                bad = difference(row["application_id"], row, again)
        compared, last = compared + len(rows), rows[-1]["application_id"]
        if progress:
            progress(compared, max(compared, total))
    return {"events": reached, "applications": compared, "first_bad": bad or _missing(store, reached)}


def _folded(store: Store, until: dict[str, int]) -> dict[str, Json]:
    """What the events up to a position of each application give, whatever version its live row says it has."""
    rows: dict[str, Json] = {}
    for application in store.rows_of(key for key in until if _is_id(key)):
        key = str(application.originator_id)
        if application.id <= until.get(key, 0):
            rows[key] = applied(rows.get(key), store.event_of(application), application.id)
    return rows


def _is_id(text: str) -> bool:
    """Whoever plants a row may have given it anything for an id."""
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _missing(store: Store, reached: int) -> Json | None:
    """A stream the read model has no row for."""
    key = store.first_unseen(reached)
    return difference(key, None, {}) if key else None
