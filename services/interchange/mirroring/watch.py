"""What operators watch of the mirror: progress that waits for its dossier, and how long targets have been waiting."""

from __future__ import annotations

import time
from typing import Self

from prometheus_client import Gauge
from sqlalchemy import false, func, select

from infra.chassis import clock
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.interchange.mirroring.reporting import WAITING
from services.interchange.mirroring.tables import MirroredDossier, NodeReport
from services.interchange.mirroring.targets import targets_of

WATCH_SECONDS = 60.0
held_dossiers = Gauge("portal_mirror_held_dossiers", "Dossiers of which only progress has come.")
oldest_report = Gauge("portal_node_report_age_seconds", "Age of the oldest report a target has not taken.", ["target"])


class MirrorWatch:
    """Keeps the metrics once a minute."""

    name = "mirror watch"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, database: Database, targets: list[str]) -> None:
        self.database, self.targets, self._not_before = database, targets, 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(Database.at(settings.database_url("interchange")), list(targets_of(settings)))

    def step(self) -> int:
        if time.monotonic() >= self._not_before:
            self.update()
            self._not_before = time.monotonic() + WATCH_SECONDS
        return 0

    def update(self) -> None:
        dossiers_held = select(func.count()).select_from(MirroredDossier).where(MirroredDossier.has_content == false())
        since = (
            select(NodeReport.target, func.min(NodeReport.created_at).label("since"))
            .where(NodeReport.state == WAITING)
            .group_by(NodeReport.target)
        )
        with self.database.session() as session:
            held_dossiers.set(session.scalar(dossiers_held) or 0)
            waiting = {row.target: row.since for row in session.execute(since)}
        for target in self.targets:
            age = (clock.now() - waiting[target]).total_seconds() if target in waiting else 0.0
            oldest_report.labels(target).set(age)
