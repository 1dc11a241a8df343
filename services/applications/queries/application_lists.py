"""What people read as lists: a citizen's own applications, an office's queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    Integer,
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
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database, UtcDateTime
from infra.chassis.storage.reads import Read
from infra.chassis.storage.types import Selection
from services.applications.access import OFFICERS, record_listing
from services.applications.domain.statuses import NAMES, Status
from services.applications.errors import Forbidden
from services.applications.mirrored_applications import with_mirrored
from services.applications.models import MirroredApplication, Party, application_view
from services.applications.own_case import not_a_party
from services.applications.private_data import vault
from services.applications.queries.procedure_titles import ProcedureTitles
from services.applications.read_model import projector

if TYPE_CHECKING:
    from services.applications.clients import IdentityClient

VIEW = application_view
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class ApplicationLists:
    """The lists of citizens and officers."""

    def __init__(self, database: Database) -> None:
        self.database, self.titles = database, ProcedureTitles(database)

    @classmethod
    def from_settings(cls, settings: Settings) -> ApplicationLists:
        return cls(Database.at(settings.database_url("applications")))

    def mine(
        self,
        *,
        by: Actor,
        identity: IdentityClient,
        status: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
        min_position: int | None = None,
    ) -> Page[Json]:
        """The caller's own and, while a delegation holds, those they started for its principal; newest first.

        Those that other systems handle are among them: ``handled_in`` says where, and is None for an application here.
        """
        projector.wait_for(self.database, min_position)
        after = key_of(cursor, datetime, str)
        values: dict[str, object] = {"status": status} if status else {}
        values |= {"since": after[0], "beyond": after[1]} if after else {}
        page_rows = self.database.rows(
            _own(status is not None, after is not None), account_id=by.account_id, most=limit + 1, **values
        )
        if page_rows[0].for_others:
            own = self._also_for_others(status, limit, after, by.account_id, identity)
        else:
            rows = [row._asdict() for row in page_rows if row.application_id is not None]
            items = [list_row(row, row.pop("applicant_name")) for row in map(_without_flags, rows[:limit])]
            own = {"items": items, "next_cursor": _after_started(rows[limit - 1]) if len(rows) > limit else None}
        for item in own["items"]:
            item["handled_in"] = None
        self.titles.add_to(own["items"])
        if not page_rows[0].mirrored:
            return own
        with self.database.session() as session:
            return with_mirrored(session, own, by.account_id, status, limit, after)

    def _also_for_others(
        self, status: str | None, limit: int, after: list[object] | None, account_id: str, identity: IdentityClient
    ) -> Page[Json]:
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
    ) -> Page[Json]:
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
        self.titles.add_to(page["items"])
        filters = {"agency_code": agency_code, "status": status, "overdue": overdue, "officer_id": officer_id}
        filters |= {"procedure_code": procedure_code, "cursor": cursor}
        with self.database.session() as session:
            ids = [item["application_id"] for item in page["items"]]
            record_listing(session, by, "queue", filters, ids, call_id=call_id)
        return page

    def _page(self, query: Selection, limit: int, next_of: Callable[[Json], str]) -> Page[Json]:
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


def _after_started(row: Json) -> str:
    return cursor_of(row["started_at"].isoformat(), row["application_id"])


def _without_flags(row: Json) -> Json:
    row.pop("for_others")
    row.pop("mirrored")
    return row


@cache
def _own(with_status: bool, continued: bool) -> Read:
    """A page of somebody's applications with the name on each; and in every row (there is one at least) whether they
    have started any for somebody else, and whether other systems handle any of theirs.
    """
    account_id = bindparam("account_id", type_=String)
    for_others = exists().where(Party.started_by == account_id, Party.applicant_id != account_id)
    elsewhere = exists().where(MirroredApplication.account_id == account_id)
    flag = select(for_others.label("for_others"), elsewhere.label("mirrored")).subquery()
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
    joined = select(flag.c.for_others, flag.c.mirrored, *page.c).outerjoin_from(flag, page, true())
    return Read(joined.order_by(page.c.started_at.desc(), page.c.application_id.desc()))


def is_overdue(now: datetime) -> ColumnElement[bool]:
    return and_(func.coalesce(VIEW.c.due_at, literal(NEVER, VIEW.c.due_at.type)) < now, VIEW.c.ended_at.is_(None))


def list_row(row: Json, name: str | None) -> Json:
    """One row of a list, JSON values only."""
    columns = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in row.items()}
    for internal in ("tracking_digest", "answer_bys", "last_due_at"):
        columns.pop(internal)
    is_late = row["due_at"] is not None and row["ended_at"] is None and row["due_at"] < clock.now()
    return columns | {"applicant_name": name, "overdue": is_late, "status_name": NAMES[Status(row["status"])]}
