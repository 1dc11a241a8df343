"""What people read: one application with everything, a citizen's own list, an office's queue."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)  # fmt: skip

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.delegates import EVERYTHING
from infra.chassis.cursors import Page, cursor_of, key_of
from infra.chassis.settings import Settings
from infra.chassis.storage.database import UtcDateTime
from infra.chassis.storage.reads import Read
from services.applications.access import OFFICERS, reading_as, record_listing, record_read
from services.applications.domain.statuses import NAMES, Status
from services.applications.errors import AttachmentNotFound, Forbidden, ReadModelBehind
from services.applications.event_store import documents
from services.applications.event_store.store import Store
from services.applications.models import Paper, Party, application_view
from services.applications.own_case import not_a_party
from services.applications.private_data import vault
from services.applications.private_data.blobs import Blobs, blobs_of
from services.applications.private_data.file_names import content_disposition
from services.applications.private_data.stored_contents import StoredContents
from services.applications.private_data.unscanned_files import check_scanned
from services.applications.read_model import projector
from services.applications.representation.opened_application import opened_application
from services.applications.representation.visible_parts import VISIBLE_PARTS, Part, without_hidden_parts

if TYPE_CHECKING:
    from services.applications.clients import IdentityClient

VIEW = application_view
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
RUNNING = tuple(
    str(s)
    for s in (
        Status.ACCEPTED,
        Status.IN_PROCESSING,
        Status.SUPPLEMENT_REQUESTED,
        Status.PAYMENT_REQUESTED,
        Status.WITHDRAWAL_REQUESTED,
    )
)


class ApplicationQueries:
    """The queries of citizens and officers."""

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self.store, self.blobs, self.database = store, blobs, store.database

    @classmethod
    def from_settings(cls, settings: Settings) -> ApplicationQueries:
        return cls(Store.from_settings(settings), blobs_of(settings))

    def application(
        self,
        application_id: str,
        *,
        identity: IdentityClient,
        by: Actor,
        call_id: str,
        purpose: str | None = None,
        min_version: int | None = None,
    ) -> dict[str, Any]:
        """One application with its answers, papers and words, as its events record it now (never behind)."""
        own = documents.opened_for(self.database, self.store.keys, application_id, by.account_id)
        if own is not None:
            check_reached(min_version, own["version"])
            return without_hidden_parts(own, "applicant")
        application = self.store.get(application_id)

        def read(relation: str) -> dict[str, Any]:
            check_reached(min_version, application.version)
            with self.database.session() as session:
                record_read(session, application, by, relation, purpose or "xem hồ sơ / handling", call_id=call_id)
                words = Part.WORDS in VISIBLE_PARTS[relation]
                view = opened_application(application, StoredContents(session, str(application.id)), words=words)
            posts = frozenset(code for code in by.agencies if by.at(code, *OFFICERS))
            return without_hidden_parts(view, relation, posts)

        return reading_as(application, by, identity, read)

    def attachment(
        self,
        application_id: str,
        attachment_id: str,
        *,
        identity: IdentityClient,
        by: Actor,
        call_id: str,
        purpose: str | None = None,
    ) -> dict[str, Any]:
        """A paper's content: ``{file_name, media_type, sha256, content_base64, content_disposition}``.

        Whoever passes it on sends ``content_disposition`` as it is: a paper is saved, never shown as a page of ours.
        """
        application = self.store.get(application_id)
        why = purpose or "xem giấy tờ / reading a paper"

        def read(relation: str) -> dict[str, Any]:
            if Part.PAPERS not in VISIBLE_PARTS[relation]:
                raise Forbidden("vai trò này không xem giấy tờ", "this role is not shown papers")
            with self.database.session() as session:
                record_read(session, application, by, relation, why, call_id=call_id)
                paper = session.get(Paper, attachment_id)
                if paper is None or paper.application_id != application_id or paper.sha256 is None:
                    raise AttachmentNotFound(attachment_id=attachment_id)
                check_scanned(session, paper.sha256)
            content = base64.b64encode(self.blobs.get(paper.sha256)).decode()
            return {
                "attachment_id": attachment_id,
                **paper.facts,
                "sha256": paper.sha256,
                "content_base64": content,
                "content_disposition": content_disposition(paper.facts.get("file_name") or attachment_id),
            }

        return reading_as(application, by, identity, read)

    def mine(
        self,
        *,
        by: Actor,
        identity: IdentityClient,
        status: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
        min_position: int | None = None,
    ) -> Page[dict[str, Any]]:
        """The caller's own and, while a delegation holds, those they started for its principal; newest first."""
        projector.wait_for(self.database, min_position)
        after = key_of(cursor, datetime, str)
        values = {"status": status} if status else {}
        values |= {"since": after[0], "beyond": after[1]} if after else {}
        page_rows = self.database.rows(
            _own(status is not None, after is not None), account_id=by.account_id, most=limit + 1, **values
        )
        if page_rows[0].for_others:
            return self._also_for_others(status, limit, after, by.account_id, identity)
        rows = [row._asdict() for row in page_rows if row.application_id is not None]
        items = [list_row(row, row.pop("applicant_name")) for row in map(_without_flag, rows[:limit])]
        more = len(rows) > limit
        return {"items": items, "next_cursor": _after_started(rows[limit - 1]) if more else None}

    def _also_for_others(
        self, status: str | None, limit: int, after: Any, account_id: str, identity: IdentityClient
    ) -> Page[dict[str, Any]]:
        """:meth:`mine` of somebody who has started applications for others: identity knows for whom it still holds."""
        query = select(VIEW).where(applications_of(account_id, identity))
        if status:
            query = query.where(VIEW.c.status == status)
        if after:
            since = after[0]
            query = query.where(
                or_(VIEW.c.started_at < since, and_(VIEW.c.started_at == since, VIEW.c.application_id < after[1]))
            )
        query = query.order_by(VIEW.c.started_at.desc(), VIEW.c.application_id.desc())
        return self._page(query, limit, _after_started)

    def queue(
        self,
        agency_code: str,
        *,
        by: Actor,
        call_id: str,
        status: str | None = None,
        overdue: bool | None = None,
        officer_id: str | None = None,
        procedure_code: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
        min_position: int | None = None,
    ) -> Page[dict[str, Any]]:
        """An office's applications, the soonest due first; ``Forbidden`` for officers of another one.

        What the caller is a party to is not among them.
        """
        if not by.at(agency_code, *OFFICERS):
            raise Forbidden("bạn không thuộc cơ quan này", "you are not with this agency")
        projector.wait_for(self.database, min_position)
        query = select(VIEW).where(VIEW.c.agency_code == agency_code, VIEW.c.status != str(Status.DRAFT))
        query = query.where(not_a_party(by.account_id))
        for column, value in (
            (VIEW.c.status, status),
            (VIEW.c.officer_id, officer_id),
            (VIEW.c.procedure_code, procedure_code),
        ):
            query = query.where(column == value) if value else query
        if overdue is not None:
            query = query.where(is_overdue(clock.now()) if overdue else ~is_overdue(clock.now()))
        due, after = func.coalesce(VIEW.c.due_at, literal(NEVER, VIEW.c.due_at.type)), key_of(cursor, datetime, str)
        if after:
            since = literal(after[0], VIEW.c.due_at.type)
            query = query.where(or_(due > since, and_(due == since, VIEW.c.application_id > after[1])))
        query = query.order_by(due, VIEW.c.application_id)
        page = self._page(
            query, limit, lambda row: cursor_of((row["due_at"] or NEVER).isoformat(), row["application_id"])
        )
        filters = {"agency_code": agency_code, "status": status, "overdue": overdue, "officer_id": officer_id}
        filters |= {"procedure_code": procedure_code, "cursor": cursor}
        with self.database.session() as session:
            ids = [item["application_id"] for item in page["items"]]
            record_listing(session, by, "queue", filters, ids, call_id=call_id)
        return page

    def _page(self, query: Select[Any], limit: int, next_of: Any) -> Page[dict[str, Any]]:
        with self.database.session() as session:
            rows = [dict(row) for row in session.execute(query.limit(limit + 1)).mappings()]
            names = vault.names(session, [row["application_id"] for row in rows])
        items = [list_row(row, names.get(row["application_id"])) for row in rows[:limit]]
        return {"items": items, "next_cursor": next_of(rows[limit - 1]) if len(rows) > limit else None}


def applications_of(account_id: str, identity: IdentityClient) -> ColumnElement[bool]:
    """The condition on applications that they are the caller's, or are entrusted to them."""
    own = VIEW.c.applicant_id == account_id
    started = select(Party.application_id).where(Party.started_by == account_id)
    in_force = identity.delegations_in_force(delegate_account_id=account_id)["items"]
    entrusted = [
        and_(
            VIEW.c.applicant_id == delegation["principal_account_id"],
            true() if EVERYTHING in delegation["scope"] else VIEW.c.procedure_code.in_(delegation["scope"]),
        )
        for delegation in in_force
    ]
    return or_(own, and_(VIEW.c.application_id.in_(started), or_(false(), *entrusted)))


def check_reached(min_version: int | None, version: int) -> None:
    """``ReadModelBehind`` for who has seen a later version than there is."""
    if min_version is not None and version < min_version:
        raise ReadModelBehind(wanted=min_version, current=version)


def _after_started(row: Mapping[str, Any]) -> str:
    return cursor_of(row["started_at"].isoformat(), row["application_id"])


def _without_flag(row: dict[str, Any]) -> dict[str, Any]:
    row.pop("for_others")
    return row


@cache
def _own(with_status: bool, continued: bool) -> Read:
    """A page of somebody's applications with the name on each; and in every row (there is one at least) whether they
    have started any for somebody else.
    """
    account_id = bindparam("account_id", type_=String)
    for_others = exists().where(Party.started_by == account_id, Party.applicant_id != account_id)
    flag = select(for_others.label("for_others")).subquery()
    rows = select(VIEW, Party.name.label("applicant_name")).where(VIEW.c.applicant_id == account_id)
    rows = rows.outerjoin(Party, Party.application_id == VIEW.c.application_id)
    if with_status:
        rows = rows.where(VIEW.c.status == bindparam("status"))
    if continued:
        since, key = bindparam("since", type_=UtcDateTime), bindparam("beyond", type_=String)
        same = and_(VIEW.c.started_at == since, VIEW.c.application_id < key)
        rows = rows.where(or_(VIEW.c.started_at < since, same))
    newest = rows.order_by(VIEW.c.started_at.desc(), VIEW.c.application_id.desc())
    page = newest.limit(bindparam("most", type_=Integer)).subquery()
    joined = select(flag.c.for_others, *page.c).outerjoin_from(flag, page, true())
    return Read(joined.order_by(page.c.started_at.desc(), page.c.application_id.desc()))


def is_overdue(now: datetime) -> Any:
    return and_(func.coalesce(VIEW.c.due_at, literal(NEVER, VIEW.c.due_at.type)) < now, VIEW.c.ended_at.is_(None))


def list_row(row: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    """One row of a list, JSON values only."""
    columns = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in row.items()}
    for internal in ("tracking_digest", "answer_bys", "last_due_at"):
        columns.pop(internal)
    is_late = row["due_at"] is not None and row["ended_at"] is None and row["due_at"] < clock.now()
    return columns | {"applicant_name": name, "overdue": is_late, "status_name": NAMES[Status(row["status"])]}
