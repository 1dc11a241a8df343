"""What makes histories, due dates and figures checkable, and has a person erased."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.cursors import Page
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from services.applications.access_log_heads import SealedHeads
from services.applications.erasure.erasure import Erasures
from services.applications.exchange.export import LogExport
from services.applications.queries.due_dates import DueDateExplainer
from services.applications.queries.history import HistoryReader
from services.applications.queries.statistics import Statistician
from services.applications.service.neighbours import WithNeighbours
from services.applications.service.roles import AUDITORS, CITIZEN, OFFICERS, READERS
from services.applications.transparency.proofs import Proofs
from services.applications.verification.evidence import EvidenceArchive
from services.applications.verification.self_check import SelfCheck


class AuditDoors(WithNeighbours):
    """The doors of auditors, and of proofs for everybody."""

    history_reader = dependencies.Provided(HistoryReader)
    due_date_explainer = dependencies.Provided(DueDateExplainer)
    statistician = dependencies.Provided(Statistician)
    log_export = dependencies.Provided(LogExport)
    self_check = dependencies.Provided(SelfCheck)
    proofs = dependencies.Provided(Proofs)
    evidence_archive = dependencies.Provided(EvidenceArchive)
    erasures = dependencies.Provided(Erasures)
    sealed_heads = dependencies.Provided(SealedHeads)

    @door(roles=AUDITORS)
    def history(self, application_id: str, purpose: str | None = None) -> Json:
        return self.history_reader.history(application_id, purpose=purpose, **self.caller.reading)

    @door(roles=AUDITORS)
    def state_at(
        self, application_id: str, version: int | None = None, at: str | None = None, purpose: str | None = None
    ) -> Json:
        return self.history_reader.state_at(
            application_id, version=version, at=at, purpose=purpose, **self.caller.reading
        )

    @door(roles=AUDITORS)
    def diff(self, application_id: str, from_version: int, to_version: int, purpose: str | None = None) -> Json:
        return self.history_reader.diff(
            application_id, from_version, to_version, purpose=purpose, **self.caller.reading
        )

    @door(roles=READERS)
    def explain_due_date(self, application_id: str) -> Json:
        return self.due_date_explainer.explain_due_date(application_id, **self.neighbours, **self.caller.reading)

    @door(roles={*AUDITORS, *OFFICERS})
    def affected_due_dates(
        self, agency_code: str | None = None, date: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Json]:
        return self.due_date_explainer.affected_due_dates(
            agency_code=agency_code, on=date, limit=limit, cursor=cursor, catalog=self.catalog, **self.caller.reading
        )

    @door(roles=AUDITORS)
    def events(
        self, after: int = 0, limit: int = 50, application_id: str | None = None, kind: str | None = None
    ) -> Json:
        return self.history_reader.events(
            after=after, limit=limit, application_id=application_id, kind=kind, **self.caller.reading
        )

    @door(public=True)
    def checkpoint(self) -> Json:
        return self.proofs.checkpoint()

    @door(public=True)
    def inclusion_proof(self, position: int, tree_size: int | None = None) -> Json:
        return self.proofs.inclusion_proof(position, tree_size)

    @door(public=True)
    def consistency_proof(self, first: int, second: int | None = None) -> Json:
        return self.proofs.consistency_proof(first, second)

    @door(roles={*CITIZEN, *AUDITORS})
    def evidence(self, application_id: str) -> Json:
        return self.evidence_archive.evidence(application_id, **self.neighbours, **self.caller.reading)

    @door(roles=AUDITORS)
    def findings(
        self, kind: str | None = None, application_id: str | None = None, after: int = 0, limit: int = 50
    ) -> Json:
        return self.evidence_archive.findings(
            kind=kind, application_id=application_id, after=after, limit=limit, **self.caller.reading
        )

    @door(roles=AUDITORS, costly=True)
    def verify(self) -> Json:
        return self.self_check.verify()

    @door(roles=AUDITORS, costly=True)
    def export(
        self,
        format: str,
        from_at: str | None = None,
        to_at: str | None = None,
        limit: int = 500,
        cursor: str | None = None,
    ) -> Json:
        return self.log_export.export(
            format, from_at=from_at, to_at=to_at, limit=limit, cursor=cursor, **self.caller.reading
        )

    @door(roles={*AUDITORS, "operator", "approver"})
    def statistics(self, from_at: str, to_at: str, by: str = "agency", min_position: int | None = None) -> Json:
        return self.statistician.statistics(from_at, to_at, by, reader=self.caller.actor, min_position=min_position)

    @door(roles=AUDITORS)
    def access_log_heads(self, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.sealed_heads.access_log_heads(limit=limit, cursor=cursor)

    @door(roles=AUDITORS)
    def erase_subject(self, account_id: str, legal_basis: str, command_id: str) -> Json:
        return self.erasures.erase_subject(account_id, legal_basis, **self.caller.acting)

    @door(roles=AUDITORS)
    def erasure(self, erasure_id: str) -> Json:
        return self.erasures.erasure(erasure_id, by=self.caller.actor)
