"""Own applications are told to other nodes: noted when an event comes, once for each target, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.wake_up import wake_followers
from services.interchange.domain.reports import ReportedEvent, facts_with, records_of
from services.interchange.mirroring.tables import NodeReport, OwnApplication
from services.interchange.mirroring.targets import Target, targets_of

if TYPE_CHECKING:
    from services.interchange.clients import ProcedureCatalogue

WAITING, ACKNOWLEDGED, DEAD = "waiting", "acknowledged", "dead"

# Handler -> event: whatever changes what a node knows of an application.
REPORT_HANDLERS = {
    f"report_{event_type}": ("applications", f"{event_type}.v1")
    for event_type in (
        "application_submitted", "application_accepted", "intake_refused", "application_assigned",
        "supplement_requested", "application_supplemented", "payment_requested", "fee_settled", "withdrawal_requested",
        "withdrawal_declined", "application_withdrawn", "application_stopped", "application_approved",
        "application_rejected", "appeal_upheld", "deadline_extended", "result_returned",
    )
}  # fmt: skip


class Reporter:
    """Notes what targets are to be told."""

    def __init__(self, database: Database, targets: dict[str, Target]) -> None:
        self.database, self._targets = database, targets

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(Database.at(settings.database_url("interchange")), targets_of(settings))

    def application_changed(self, event: CloudEvent, catalog: ProcedureCatalogue) -> None:
        """An event of an application that has an official status; a draft has none and is nobody's business."""
        data = event["data"]
        if not self._targets or not data.get("official_status"):
            return
        titles, reported = self._titles(data, catalog), cast(ReportedEvent, data)  # as its contract says
        with self.database.handle_once("report", event) as session:
            if session is None:
                return
            row = session.get(OwnApplication, data["application_id"], with_for_update=True)
            facts = facts_with({**titles, **(row.facts if row else {})}, reported)
            if row is None:
                session.add(OwnApplication(application_id=data["application_id"], facts=facts))
            else:
                row.facts = facts
            content, now = records_of(facts, reported), clock.now()
            for target in self._targets:
                session.add(
                    NodeReport(
                        target=target, application_id=data["application_id"], number=data["reference"],
                        event_id=event["id"], official_status=data["official_status"], state=WAITING, attempts=0,
                        created_at=now, next_at=now, application_version=data["version"], content=content,
                    )
                )  # fmt: skip
            wake_followers(session)

    def _titles(self, data: Json, catalog: ProcedureCatalogue) -> dict[str, str]:
        """What the procedure and its field are called; asked for once, when the application is first heard of."""
        with self.database.session() as session:
            if session.get(OwnApplication, data["application_id"]) is not None:
                return {}
        procedure = catalog.procedure(code=data["procedure_code"], version=data.get("procedure_version"))
        field = procedure.get("field") or {}
        names = {"TenTTHC": procedure["title"]["vi"], "MaLinhVuc": field.get("code"), "TenLinhVuc": field.get("vi")}
        return {name: str(value) for name, value in names.items() if value}
