"""Inbox and outbox of an agency, and its figures of a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Self

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.agency_book import AgencyBook, AgencyLookup, agency_unknown
from infra.chassis.cursors import Page, page
from infra.chassis.instants import today
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.interchange.documents.agencies import check_post
from services.interchange.documents.tables import DocumentContent, DocumentReceiver, OfficialDocument
from services.interchange.domain.correspondence import (
    CANCELLED,
    CODES,
    FINISHED,
    PENDING_CODES,
    RECALLED,
    REFUSED,
    SENT,
    SUPERSEDED,
)

BY_CODE = {code: status for status, code in CODES.items()}
NOT_COME = (SENT, CANCELLED)
DONE_WITH = (REFUSED, FINISHED, RECALLED, SUPERSEDED)


class DocumentBoxes:
    """Lists and counts documents for the agencies that sent or got them, and for auditors."""

    def __init__(self, database: Database) -> None:
        self.database, self._agencies = database, AgencyBook()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(Database.at(settings.database_url("interchange")))

    def documents(
        self, agency_code: str, box: str, status: str | None, limit: int, cursor: str | None, *,
        catalog: AgencyLookup, by: Actor,
    ) -> Page[Json]:  # fmt: skip
        """An agency's inbox (``in``) or outbox (``out``), newest first; ``status``: a word, or the code of a packet."""
        self._check_reader(by, agency_code, catalog)
        status = BY_CODE.get(status, status) if status else None
        with self.database.session() as session:
            list_box = _outbox if box == "out" else _inbox
            return list_box(session, agency_code, status, limit, cursor)

    def figures(
        self, agency_code: str, from_date: str, to_date: str, within_hours: int, *, catalog: AgencyLookup, by: Actor
    ) -> Json:
        """Of what was sent from ``from_date`` to ``to_date`` (office days, both counted): ``{in, out}``.

        Read in time: accepted or refused within so many hours of its arrival.
        """
        self._check_reader(by, agency_code, catalog)
        table = DocumentReceiver
        first, last = date.fromisoformat(from_date), date.fromisoformat(to_date)
        if last < first:
            raise InvalidRequest.at("/to_date", "trước from_date", "before from_date")
        begin, end = _midnight(first), _midnight(last + timedelta(1))
        in_period = and_(table.sent_at >= begin, table.sent_at < end)
        with self.database.session() as session:
            return {
                "agency_code": agency_code,
                "in": _counted(session, and_(table.agency_code == agency_code, in_period), within_hours),
                "out": _counted(session, and_(table.from_agency == agency_code, in_period), within_hours),
            }

    def _check_reader(self, by: Actor, agency_code: str, catalog: AgencyLookup) -> None:
        """An officer of the agency, or an auditor, who names an agency that there is or was (``AgencyUnknown``)."""
        if not by.has("auditor"):
            check_post(by, agency_code)
        elif self._agencies.carrying_on(agency_code, catalog) is None:
            raise agency_unknown(agency_code)


def _counted(session: Session, which: ColumnElement[bool], within_hours: int) -> Json:
    """How many documents and receivers; of the latter how many in which state."""
    table, day = DocumentReceiver, today().isoformat()
    in_time = table.read_seconds <= within_hours * 3600
    counts: dict[str, ColumnElement[bool]] = {
        "read_in_time": in_time,
        "read_late": and_(table.read_seconds.is_not(None), ~in_time),
        "unread": and_(table.read_seconds.is_(None), table.status.not_in(NOT_COME)),
        "refused": table.status == REFUSED,
        "finished": table.status == FINISHED,
        "recalled": table.status == RECALLED,
        "superseded": table.status == SUPERSEDED,
        "pending": table.pending.is_not(None),
        "due": table.due_on.is_not(None),
        "replied_in_time": and_(table.replied_on.is_not(None), table.replied_on <= table.due_on),
        "overdue": and_(
            table.due_on.is_not(None),
            func.coalesce(table.replied_on, day) > table.due_on,
            table.replied_on.is_not(None) | table.status.not_in(DONE_WITH),
        ),
    }
    columns = [func.count(case((condition, 1))).label(name) for name, condition in counts.items()]
    row = session.execute(
        select(
            func.count(table.document_id.distinct()).label("documents"),
            func.count().label("receivers"),
            func.coalesce(func.sum(table.sendings), 0).label("sendings"),
            *columns,
        ).where(which, table.status != CANCELLED)
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, clock.OFFICE_ZONE)


def _inbox(session: Session, agency_code: str, status: str | None, limit: int, cursor: str | None) -> Page[Json]:
    table = DocumentReceiver
    rows = select(table).where(table.agency_code == agency_code, table.status.not_in(NOT_COME))
    if status is not None:
        rows = rows.where(table.status == status)
    keys = (table.sent_at, table.document_id)
    receivers: Page[DocumentReceiver] = page(
        session, rows, keys, lambda row: row, limit=limit, cursor=cursor, newest_first=True
    )
    ids = [row.document_id for row in receivers["items"]]
    documents, subjects = _documents(session, ids), _subjects(session, ids)
    items = [
        {
            **head_of(documents[row.document_id]),
            **subjects.get((row.document_id, row.content_version), {}),
            **standing_of(row),
        }
        for row in receivers["items"]
    ]
    return {"items": items, "next_cursor": receivers["next_cursor"]}


def _outbox(session: Session, agency_code: str, status: str | None, limit: int, cursor: str | None) -> Page[Json]:
    rows = select(OfficialDocument).where(OfficialDocument.from_agency == agency_code)
    if status is not None:
        reached = select(DocumentReceiver.document_id).where(
            DocumentReceiver.from_agency == agency_code, DocumentReceiver.status == status
        )
        rows = rows.where(OfficialDocument.document_id.in_(reached))
    keys = (OfficialDocument.sent_at, OfficialDocument.document_id)
    documents: Page[OfficialDocument] = page(
        session, rows, keys, lambda row: row, limit=limit, cursor=cursor, newest_first=True
    )
    ids = [row.document_id for row in documents["items"]]
    standings: dict[str, list[Json]] = {document_id: [] for document_id in ids}
    query = select(DocumentReceiver).where(DocumentReceiver.document_id.in_(ids))
    for row in session.scalars(query.order_by(DocumentReceiver.agency_code)):
        standings[row.document_id].append(standing_of(row))
    subjects = _subjects(session, ids)
    items = [
        {
            **head_of(row),
            **subjects.get((row.document_id, row.version), {}),
            "receivers": standings[row.document_id],
        }
        for row in documents["items"]
    ]
    return {"items": items, "next_cursor": documents["next_cursor"]}


def _documents(session: Session, ids: Sequence[str]) -> dict[str, OfficialDocument]:
    query = select(OfficialDocument).where(OfficialDocument.document_id.in_(ids))
    return {row.document_id: row for row in session.scalars(query)}


def _subjects(session: Session, ids: Sequence[str]) -> dict[tuple[str, int], Json]:
    query = select(DocumentContent).where(DocumentContent.document_id.in_(ids))
    return {
        (row.document_id, row.version): {
            "subject": row.content.get("subject"),
            "type": row.content.get("type"),
            "priority": row.content.get("priority"),
        }
        for row in session.scalars(query)
    }


def head_of(row: OfficialDocument) -> Json:
    """What a document is known by."""
    return {
        "document_id": row.document_id,
        "code": row.code,
        "from_agency": row.from_agency,
        "due_on": row.due_on,
        "replaces": row.replaces,
        "erased": row.erased,
    }


def standing_of(row: DocumentReceiver) -> Json:
    """How a document stands with a receiver. ``overdue``: answered after the day it was due, or not yet."""
    late = row.due_on is not None and (row.replied_on or today().isoformat()) > row.due_on
    return {
        "agency_code": row.agency_code,
        "status": row.status,
        "status_code": PENDING_CODES[row.pending] if row.pending else CODES.get(row.status),
        "status_at": row.status_at.isoformat(),
        "sent_at": row.sent_at.isoformat(),
        "pending": row.pending,
        "superseded_by": row.superseded_by,
        "sendings": row.sendings,
        "due_on": row.due_on,
        "replied_on": row.replied_on,
        "overdue": late and (row.replied_on is not None or row.status not in DONE_WITH),
        "version": row.version,
    }
