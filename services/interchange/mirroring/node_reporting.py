"""The duty that tells targets: in the order of each application's versions, at least once.

A target that does not answer is left alone for a while and nothing is given up; a record that it refuses ten times is
dead, is listed by ``deliveries``, and does not hold up what comes after it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Self

from prometheus_client import Counter, Gauge
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from infra.chassis import clock, logs
from infra.chassis.crash_points import crash_at
from infra.chassis.http import NoAnswer
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.interchange.mirroring.node_channel import NodeChannel
from services.interchange.mirroring.reporting import ACKNOWLEDGED, DEAD, WAITING
from services.interchange.mirroring.tables import NodeReport
from services.interchange.mirroring.targets import targets_of

BATCH = 100
MOST_ATTEMPTS = 10
DELAYS = (5, 15, 60, 300, 900, 3600)  # seconds
DOSSIERS, PROGRESS = "DongBoHoSoMC", "CapNhatTienDoHoSoMC"

reports_sent = Counter("portal_node_reports_total", "Reports to other nodes, by how they went.", ["target", "outcome"])
reports_waiting = Gauge("portal_node_reports_waiting", "Reports that a target has not acknowledged yet.", ["target"])


class NodeReporting:
    """Sends what is due to every target, a bounded batch per step."""

    name = "reporting"

    def __init__(self, database: Database, channels: Sequence[NodeChannel], delays: Sequence[float] = DELAYS) -> None:
        self.database, self._channels, self._delays = database, channels, delays
        self._silences: dict[str, int] = {}
        self._not_before: dict[str, float] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        targets = [target for target in targets_of(settings).values() if target.layout == "classic"]
        within = settings.number("INTERCHANGE_TIMEOUT", 30.0)
        database = Database.at(settings.database_url("interchange"))
        delays = settings.numbers("INTERCHANGE_REPORT_DELAYS", "5,15,60,300,900,3600")
        return cls(database, [NodeChannel(target, within) for target in targets], delays)

    def step(self) -> int:
        return sum(self._report(channel) for channel in self._channels)

    def _report(self, channel: NodeChannel) -> int:
        name = channel.target.name
        if time.monotonic() < self._not_before.get(name, 0.0):
            return 0
        with self.database.session() as session:
            due = _due(session, name)
            updates = _acknowledged(session, name, {report.application_id for report in due})
            reports_waiting.labels(name).set(_waiting(session, name))
        if not due:
            return 0
        try:
            problems = self._send(channel, due, updates)
        except NoAnswer as silence:
            self._leave_alone(name, str(silence))
            return 0
        self._silences.pop(name, None)
        crash_at("after_call")
        self._conclude(name, due, problems)
        return len(due)

    def _send(self, channel: NodeChannel, due: Sequence[NodeReport], updates: set[str]) -> dict[int, str | None]:
        """What is wrong with each report, by its position."""
        problems: dict[int, str | None] = {}
        for updating in (False, True):
            part = [report for report in due if (report.application_id in updates) == updating]
            if part:
                dossiers = [report.content["dossier"] for report in part]
                answers = channel.send(DOSSIERS, dossiers, isUpdating=str(updating))
                problems |= {report.position: answer for report, answer in zip(part, answers, strict=True)}
        part = [report for report in due if problems[report.position] is None]
        if part:
            answers = channel.send(PROGRESS, [report.content["progress"] for report in part])
            problems |= {report.position: answer for report, answer in zip(part, answers, strict=True)}
        return problems

    def _conclude(self, name: str, due: Sequence[NodeReport], problems: dict[int, str | None]) -> None:
        with self.database.session() as session:
            for position in sorted(report.position for report in due):
                report = session.get(NodeReport, position, with_for_update=True)
                if report is None or report.state != WAITING:
                    continue
                report.attempts += 1
                problem = report.last_answer = problems[position]
                if problem is None:
                    report.state, report.acknowledged_at = ACKNOWLEDGED, clock.now()
                elif report.attempts >= MOST_ATTEMPTS:
                    report.state = DEAD
                    logs.get().error("report_dead", target=name, position=position, answer=problem)
                else:
                    report.next_at = clock.now() + timedelta(seconds=self._delay(report.attempts))
                reports_sent.labels(name, report.state).inc()

    def _leave_alone(self, name: str, why: str) -> None:
        self._silences[name] = self._silences.get(name, 0) + 1
        pause = self._delay(self._silences[name])
        self._not_before[name] = time.monotonic() + pause
        reports_sent.labels(name, "no answer").inc()
        logs.get().warning("target_silent", target=name, why=why, pause=pause)

    def _delay(self, attempts: int) -> float:
        return self._delays[min(attempts, len(self._delays)) - 1]


def _due(session: Session, target: str) -> list[NodeReport]:
    """Of each application the first that waits, if its time has come."""
    earlier = aliased(NodeReport)
    waits_before = (
        select(earlier.position)
        .where(
            earlier.target == NodeReport.target,
            earlier.application_id == NodeReport.application_id,
            earlier.state == WAITING,
            earlier.application_version < NodeReport.application_version,
        )
        .exists()
    )
    query = select(NodeReport).where(
        NodeReport.target == target, NodeReport.state == WAITING, NodeReport.next_at <= clock.now(), ~waits_before
    )
    return list(session.scalars(query.order_by(NodeReport.position).limit(BATCH)))


def _acknowledged(session: Session, target: str, application_ids: set[str]) -> set[str]:
    """The applications that the target has acknowledged anything of: for those it is an update."""
    query = select(NodeReport.application_id).where(
        NodeReport.target == target,
        NodeReport.state == ACKNOWLEDGED,
        NodeReport.application_id.in_(sorted(application_ids)),
    )
    return set(session.scalars(query.distinct()))


def _waiting(session: Session, target: str) -> int:
    query = select(func.count()).select_from(NodeReport)
    return session.scalar(query.where(NodeReport.target == target, NodeReport.state == WAITING)) or 0
