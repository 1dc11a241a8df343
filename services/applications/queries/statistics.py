"""The office's figures over a period, counted from the read model: received, carried over, early, on time, late …"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from infra.chassis.access.actors import Actor
from infra.chassis.instants import office_day, period
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.text.provinces import ONE_DAY, REFORM, is_province, province_code_on, was_ever_province
from services.applications.models import AgencySeat, application_view
from services.applications.read_model import projector

VIEW = application_view
NATIONAL = ("auditor", "operator")
GROUPS = {
    "agency": VIEW.c.agency_code,
    # An agency that identity never announced: its code begins with its province's part.
    "province": func.coalesce(AgencySeat.province_code, VIEW.c.province),
    "procedure": VIEW.c.procedure_code,
    "month": VIEW.c.month,
}


class Statistician:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Statistician:
        return cls(Database.at(settings.database_url("applications")))

    def statistics(
        self, from_at: str, to_at: str, by: str = "agency", *, reader: Actor, min_position: int | None = None
    ) -> Json:
        """``{from_at, to_at, by, rows: [{key, received, carried_over, …}], total}``; the end is exclusive.

        ``carried_over``: handed in before, not finished then. ``finished`` = ``early`` + ``on_time``
        + ``late`` + ``refused``.
        Auditors and operators see the country's, approvers those of their agencies.
        ``open``, ``overdue`` and ``paused`` are as of ``to_at`` (or now, when that is later).
        """
        projector.wait_for(self.database, min_position)
        since, until = period(from_at, to_at)
        assert since is not None and until is not None, "both are given"
        group = GROUPS[by]
        counted = conditions_of(since, until)
        query = select(
            group.label("key"), *[func.sum(_count_where(condition)).label(name) for name, condition in counted.items()]
        )
        query = query.select_from(VIEW.outerjoin(AgencySeat, AgencySeat.agency_code == VIEW.c.agency_code))
        if not reader.has(*NATIONAL):
            own = [code for code in reader.agencies if reader.at(code, "approver")]
            query = query.where(VIEW.c.agency_code.in_(own))
        with self.database.session() as session:
            grouped = session.execute(
                query.where(VIEW.c.submitted_at < until).group_by(group).order_by(group)
            ).mappings()
            rows = [
                {name: value if name == "key" else int(value or 0) for name, value in row.items()} for row in grouped
            ]
        if by == "province":
            rows = _under_heirs(rows, office_day(until))
        total = {name: sum(row[name] for row in rows) for name in counted}
        return {"from_at": since.isoformat(), "to_at": until.isoformat(), "by": by, "rows": rows, "total": total}


def _under_heirs(rows: list[Json], day: date) -> list[Json]:
    """Rows of provinces that are no more on the day, added to those of the provinces that do their part."""
    merged: dict[str, Json] = {}
    for row in rows:
        key = row["key"]
        if key is not None and not is_province(key, day) and was_ever_province(key):
            key = province_code_on(key, REFORM - ONE_DAY, day)
        previous = merged.get(key)
        added = row if previous is None else {name: previous[name] + row[name] for name in row if name != "key"}
        merged[key] = {**added, "key": key}
    return [merged[key] for key in sorted(merged, key=lambda key: (key is None, key))]


def conditions_of(since: datetime, until: datetime) -> dict[str, ColumnElement[bool]]:
    """Name of a figure -> condition on one application."""
    view = VIEW.c
    received = and_(view.submitted_at >= since, view.submitted_at < until)
    ended = and_(view.ended_at >= since, view.ended_at < until)
    is_open = or_(view.ended_at.is_(None), view.ended_at >= until)
    return {
        "received": received,
        "received_online": and_(received, view.channel == "online"),
        "carried_over": and_(view.submitted_at < since, or_(view.ended_at.is_(None), view.ended_at >= since)),
        "finished": ended,
        "early": and_(ended, view.punctuality == "early"),
        "on_time": and_(ended, view.punctuality == "on_time"),
        "late": and_(ended, view.punctuality == "late"),
        "refused": and_(ended, view.status == "intake_refused"),
        "withdrawn": and_(ended, view.status == "withdrawn"),
        "stopped": and_(ended, view.status == "stopped"),
        "returned": and_(view.returned_at >= since, view.returned_at < until),
        "open": is_open,
        "overdue": and_(is_open, view.last_due_at < until, view.pauses == 0),
        "paused": and_(is_open, view.pauses > 0),
        "second_supplements": and_(received, view.supplements > 1),
    }


def _count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
