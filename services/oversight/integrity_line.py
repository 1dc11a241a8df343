"""The integrity line of each agency: findings with their evidence, and what the agency says to them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import agency_unknown
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.refusals import Forbidden
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database, insert_into
from services.oversight.agency_tables import is_known
from services.oversight.domain.fact import DAY, RecordedMove, iso
from services.oversight.domain.integrity import MANY, NAMES, SequenceFinding, findings_of
from services.oversight.errors import FindingNotFound
from services.oversight.models import ApplicationFact, FindingRow

NATIONAL = ("auditor", "operator")


class IntegrityLine:
    """Lists findings and takes the answers of agencies."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> IntegrityLine:
        return cls(Database.at(settings.database_url("oversight")))

    def integrity(
        self, agency_code: str | None, kind: str | None, limit: int, cursor: str | None, *, by: Actor
    ) -> Json:
        """Findings, newest first, and how many of each kind there are. Approvers see those of their own agencies.

        Refuses ``AgencyUnknown``.
        """
        conditions: list[ColumnElement[bool]] = [] if by.has(*NATIONAL) else [FindingRow.agency_code.in_(_own(by))]
        if agency_code is not None:
            conditions.append(FindingRow.agency_code == agency_code)
        counted = select(FindingRow.kind, func.count()).where(*conditions).group_by(FindingRow.kind)
        rows = select(FindingRow).where(*conditions)
        if kind is not None:
            rows = rows.where(FindingRow.kind == kind)
        keys = (FindingRow.seen_at, FindingRow.finding_id)
        with self.database.session() as session:
            counts = {str(row[0]): int(row[1]) for row in session.execute(counted)}
            if agency_code is not None and not counts and not _is_heard_of(session, agency_code):
                raise agency_unknown(agency_code)
            items: Page[Json] = page(session, rows, keys, _view, limit=limit, cursor=cursor, newest_first=True)
        return {**items, "counts": counts}

    def answer_finding(self, finding_id: str, explanation: str, *, by: Actor, command: Command) -> Json:
        """The agency explains; the finding and every score stay as they are."""

        def work(session: Session) -> Json:
            row = session.get(FindingRow, finding_id, with_for_update=True)
            if row is None:
                raise FindingNotFound(finding_id=finding_id)
            if not by.at(row.agency_code, "approver"):
                raise Forbidden(reason="không phải cơ quan được nêu", reason_en="not the agency the finding is about")
            row.explanation, row.explained_by, row.explained_at = explanation, by.account_id, clock.now()
            return _view(row)

        return self.database.command(command, work)


def _is_heard_of(session: Session, agency_code: str) -> bool:
    """Whether identity has announced an agency, or an application has been with it."""
    handled = select(ApplicationFact.application_id).where(ApplicationFact.agency_code == agency_code).limit(1)
    return is_known(session, agency_code) or session.scalar(handled) is not None


def record_findings(session: Session, row: RowMapping, moves: Sequence[RecordedMove]) -> None:
    """What the events of one application show, each finding once."""
    for finding in findings_of(moves):
        _record(session, row, finding, max(move.at for move in moves if move.event_id in finding.event_ids))


def record_of_applicant(session: Session, row: RowMapping, moves: Sequence[RecordedMove]) -> None:
    """What a submission shows beside the applicant's other applications."""
    submitted = next((move for move in moves if move.kind == "application_submitted"), None)
    if submitted is None or row["applicant_id"] is None:
        return
    others = select(func.count()).where(
        ApplicationFact.applicant_id == row["applicant_id"], ApplicationFact.submitted_at <= submitted.at
    )
    if submitted.facts.get("reused") and session.scalar(others) == 1:
        _record(session, row, SequenceFinding("reuse_without_earlier_paper", (submitted.event_id,)), submitted.at)
    of_the_day = others.where(
        ApplicationFact.agency_code == row["agency_code"], ApplicationFact.submitted_at > submitted.at - DAY
    )
    if (session.scalar(of_the_day) or 0) >= MANY:
        _record(session, row, SequenceFinding("same_identity_on_many", (submitted.event_id,)), submitted.at)


def _record(session: Session, row: RowMapping, finding: SequenceFinding, at: int) -> None:
    values = {
        "finding_id": finding.id_for(row["application_id"]),
        "kind": finding.kind,
        "agency_code": row["agency_code"],
        "application_id": row["application_id"],
        "reference": row["reference"],
        "event_ids": list(finding.event_ids),
        "seen_at": at,
    }
    session.execute(insert_into(session, FindingRow).values(values).on_conflict_do_nothing())


def _own(by: Actor) -> list[str]:
    return sorted(code for code in by.agencies if by.at(code, "approver"))


def _view(row: FindingRow) -> Json:
    vi, en = NAMES[row.kind]
    return {
        "finding_id": row.finding_id,
        "kind": row.kind,
        "note": {"vi": vi, "en": en},
        "agency_code": row.agency_code,
        "application_id": row.application_id,
        "reference": row.reference,
        "event_ids": row.event_ids,
        "seen_at": iso(row.seen_at),
        "explanation": row.explanation,
        "explained_at": None if row.explained_at is None else row.explained_at.isoformat(),
    }
