"""The use cases of applications on a database of their own, as short sentences for tests."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from uuid import uuid4

from infra.chassis.migrations import upgrade
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.applications.clients import Neighbours
from services.applications.commands.applicant import Registry
from services.applications.commands.attachments import Attachments
from services.applications.commands.decisions import Decisions
from services.applications.commands.fee_settlement import FeeSettlement
from services.applications.commands.office import Office
from services.applications.delegates import Delegates
from services.applications.duties.reminders import AnswerLimits, Reminders
from services.applications.erasure.erasure import Erasures
from services.applications.event_store.store import Store
from services.applications.exchange.export import LogExport
from services.applications.queries.application_lists import ApplicationLists
from services.applications.queries.applications import ApplicationQueries
from services.applications.queries.due_dates import DueDateExplainer
from services.applications.queries.history import HistoryReader
from services.applications.queries.statistics import Statistician
from services.applications.queries.tracking import Tracking
from services.applications.read_model.projector import Projector
from services.applications.read_model.rebuild import verify
from tests.support.cloud_events import event_of
from tests.unit.applications import actors
from tests.unit.applications.actors import call
from tests.unit.applications.fakes import PDF, Catalog, Identity

ENCODED = base64.b64encode(PDF).decode()


class Portal:
    """One applications service without doors."""

    def __init__(self, settings: Settings, catalog: Catalog | None = None, identity: Identity | None = None) -> None:
        self.settings, self.catalog, self.identity = settings, catalog or Catalog(), identity or Identity()
        self.store = Store.from_settings(settings)
        self.database: Database = self.store.database
        self.registry, self.office = Registry.from_settings(settings), Office.from_settings(settings)
        self.attachments, self.decisions = Attachments.from_settings(settings), Decisions.from_settings(settings)
        self.lists = ApplicationLists.from_settings(settings)
        self.queries, self.tracking, self.audit = (
            ApplicationQueries.from_settings(settings),
            Tracking.from_settings(settings),
            HistoryReader.from_settings(settings),
        )
        self.due_dates = DueDateExplainer.from_settings(settings)
        self.settling, self.erasing = FeeSettlement.from_settings(settings), Erasures.from_settings(settings)
        self.figures, self.exports = Statistician.from_settings(settings), LogExport.from_settings(settings)
        self.delegates = Delegates.from_settings(settings)
        self.projecting, self.reminding, self.limits = (
            Projector(self.store),
            Reminders(self.store),
            AnswerLimits(self.store),
        )

    @property
    def neighbours(self) -> Neighbours:
        return {"catalog": self.catalog, "identity": self.identity}

    def follow(self) -> None:
        """Let the read model catch up."""
        while self.projecting.step():
            pass

    def started(self, by: Any = actors.CITIZEN, **arguments: Any) -> str:
        reply = self.registry.start(
            self.catalog.definition["code"],
            arguments.pop("channel", "online"),
            **call(by),
            **arguments,
            **self.neighbours,
        )
        self.last_start = reply
        return str(reply["application_id"])

    def filled(self, by: Any = actors.CITIZEN, **arguments: Any) -> str:
        key = self.started(by, **arguments)
        self.registry.save_answers(key, {"ho_ten": "Nguyễn Thị Mẫu"}, **call(by), **self.neighbours)
        self.attached(key, by)
        return key

    def attached(self, key: str, by: Any = actors.CITIZEN, requirement: str = "to-khai") -> dict[str, Any]:
        return self.attachments.attach(
            key,
            requirement,
            file_name="to-khai.pdf",
            media_type="application/pdf",
            content_base64=ENCODED,
            **call(by),
            **self.neighbours,
        )

    def submitted(self, by: Any = actors.CITIZEN, **arguments: Any) -> str:
        key = self.filled(by, **arguments)
        self.registry.submit(key, **call(by), **self.neighbours)
        return key

    def accepted(self, **arguments: Any) -> str:
        key = self.submitted(**arguments)
        self.paid(key, "intake")
        self.office.accept(key, catalog=self.catalog, **call(actors.INTAKE))
        return key

    def in_processing(self, **arguments: Any) -> str:
        key = self.accepted(**arguments)
        self.office.assign(key, actors.CASE.account_id, identity=self.identity, **call(actors.APPROVER))
        return key

    def proposed(self, outcome: str = "approve", **arguments: Any) -> str:
        key = self.in_processing(**arguments)
        self.decisions.propose(key, outcome, reason="Đủ điều kiện.", **call(actors.CASE))
        return key

    def approved(self, **arguments: Any) -> str:
        key = self.proposed(**arguments)
        self.decisions.approve(key, {"number": "12/2026", "title": "Giấy chứng nhận"}, **call(actors.APPROVER))
        return key

    def rejected(self, **arguments: Any) -> str:
        key = self.proposed("reject", **arguments)
        self.decisions.reject(key, "Không đủ điều kiện.", **call(actors.APPROVER))
        return key

    def paid(self, key: str, *moments: str, event_id: str | None = None) -> None:
        owed = self.store.get(key).owed(*moments)
        if owed:
            data = {
                "payment_id": str(uuid4()),
                "application_id": key,
                "amount": {"amount": sum(owed.values()), "currency": "VND"},
                "method": "vnpay",
                "collected_at": list(owed),
            }
            self.settling.fee_paid(event_of(event_id or f"payments:{uuid4()}", data), self.catalog)

    def status(self, key: str) -> str:
        return self.store.get(key).status.value

    def verified(self) -> dict[str, Any]:
        self.follow()
        return verify(self.store)


def embedded(folder: Path) -> Settings:
    """Settings of the embedded default in a folder, migrated."""
    settings = Settings({"PORTAL_HOME": str(folder)})
    upgrade(settings, "applications")
    return settings
