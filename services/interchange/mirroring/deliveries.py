"""What a target has been told, is still to be told, and does not take: for operators and auditors."""

from __future__ import annotations

from typing import Self

from sqlalchemy import select

from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.interchange.errors import TargetNotFound
from services.interchange.mirroring.tables import NodeReport
from services.interchange.mirroring.targets import Target, targets_of


class ReportLog:
    """Lists reports to a target, newest first."""

    def __init__(self, database: Database, targets: dict[str, Target]) -> None:
        self.database, self._targets = database, targets

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(Database.at(settings.database_url("interchange")), targets_of(settings))

    def deliveries(
        self, target: str, status: str | None, application_id: str | None, limit: int, cursor: str | None, *, by: Actor
    ) -> Page[Json]:
        """→ ``{items, next_cursor}``; ``TargetNotFound`` for a name that is not in the setting."""
        if target not in self._targets:
            raise TargetNotFound(target=target)
        rows = select(NodeReport).where(NodeReport.target == target)
        if status is not None:
            rows = rows.where(NodeReport.state == status)
        if application_id is not None:
            rows = rows.where(NodeReport.application_id == application_id)
        with self.database.session() as session:
            return page(session, rows, (NodeReport.position,), _view, limit=limit, cursor=cursor, newest_first=True)


def _view(report: NodeReport) -> Json:
    return {
        "delivery_id": report.position,
        "application_id": report.application_id,
        "number": report.number,
        "official_status": report.official_status,
        "status": report.state,
        "attempts": report.attempts,
        "last_answer": report.last_answer,
        "created_at": report.created_at.isoformat(),
        "next_at": report.next_at.isoformat() if report.state == "waiting" else None,
        "acknowledged_at": report.acknowledged_at.isoformat() if report.acknowledged_at else None,
    }
