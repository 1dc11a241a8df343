"""A feed of changes: what has happened since a position to the caller's applications, or to those of an office.

Read from the log as far as the read model has come, which knows whose an application is: so nothing is left out that
the caller would have seen a moment later, and nothing comes twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, select

from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.messaging.incarnations import known_rows, latest_first
from infra.chassis.settings import Settings
from services.applications.access import OFFICERS, record_listing
from services.applications.domain.statuses import Status
from services.applications.duties.announcer import Announcer
from services.applications.errors import Forbidden
from services.applications.event_store.store import Store
from services.applications.models import Party, application_view
from services.applications.own_case import not_a_party
from services.applications.queries.application_lists import applications_of
from services.applications.read_model import projector
from services.applications.representation.event import event_as_json

if TYPE_CHECKING:
    from services.applications.clients import IdentityClient

VIEW = application_view
FARTHEST_BEHIND = 10_000  # positions; who is farther behind loads lists again
MEMBERS = ("position", "application_id", "version", "kind", "at", "status", "official_status")


class ChangeFeed:
    """``changes`` is asked again and again with the position that the last answer gave."""

    def __init__(self, store: Store) -> None:
        self.store, self.database = store, store.database

    @classmethod
    def from_settings(cls, settings: Settings) -> ChangeFeed:
        return cls(Store.from_settings(settings))

    def changes(
        self,
        *,
        by: Actor,
        identity: IdentityClient,
        call_id: str,
        after: int | None = None,
        agency_code: str | None = None,
        limit: int = 50,
        incarnation: str | None = None,
    ) -> Json:
        """``{items: [{position, application_id, reference, version, kind, at, status, …}], position, more, resync}``.

        Without ``after`` where the feed is now. ``resync`` instead of items for a position too old, or one that the log
        does not have; ``more`` while there is more to read. ``Forbidden`` for officers of another office.

        ``incarnation``: what the answer said that gave ``after``. A log put back to an earlier day gives positions out
        again; by it those of before are known, and ``resync`` is answered once they may hide something.
        """
        answer = self._changes(by, identity, call_id, after, agency_code, limit, incarnation)
        if after is None or incarnation is not None:
            answer["incarnation"] = self._incarnation_of(answer["position"])
        return answer

    def _changes(
        self,
        by: Actor,
        identity: IdentityClient,
        call_id: str,
        after: int | None,
        agency_code: str | None,
        limit: int,
        incarnation: str | None,
    ) -> Json:
        if agency_code is not None and not by.at(agency_code, *OFFICERS):
            raise Forbidden("bạn không thuộc cơ quan này", "you are not with this agency")
        until = projector.position(self.database)
        is_of_another_log = after is not None and incarnation and self._incarnation_of(after) != incarnation
        if after is None or is_of_another_log or after > self.store.last_position() or until - after > FARTHEST_BEHIND:
            return {"items": [], "position": until, "more": False, "resync": after is not None}
        rows = self.store.notifications(after, limit, until) if after < until else []
        theirs = self._condition(agency_code, by, identity) if rows else None
        references = self._references({str(row.originator_id) for row in rows}, theirs)
        items = [
            _change(row.id, references[key], event_as_json(self.store.event_of(row)))
            for row in rows
            if (key := str(row.originator_id)) in references
        ]
        if agency_code is not None:  # what an applicant did to a draft is nobody's at the office
            items = [item for item in items if item["status"] != str(Status.DRAFT)]
            self._record_listing(items, by, {"agency_code": agency_code, "after": after}, call_id)
        more = len(rows) == limit
        return {"items": items, "position": rows[-1].id if more else max(after, until), "more": more, "resync": False}

    def _incarnation_of(self, position: int) -> str:
        """The life of the log that a position belongs to; nothing before the log has published."""
        with self.database.session() as session:
            rows = known_rows(session, Announcer.name)
        return next((name for after, name in latest_first(rows) if position > after), "")

    def _condition(self, agency_code: str | None, by: Actor, identity: IdentityClient) -> ColumnElement[bool]:
        if agency_code is None:
            return self._of_caller(by.account_id, identity)
        return and_(VIEW.c.agency_code == agency_code, not_a_party(by.account_id))

    def _of_caller(self, account_id: str, identity: IdentityClient) -> ColumnElement[bool]:
        """The caller's own; where they have started any for somebody else, also those that are entrusted to them."""
        started = select(Party.application_id).where(Party.started_by == account_id, Party.applicant_id != account_id)
        with self.database.session() as session:
            if session.execute(started.limit(1)).first() is None:
                return VIEW.c.applicant_id == account_id
        return applications_of(account_id, identity)

    def _references(self, application_ids: Iterable[str], theirs: ColumnElement[bool] | None) -> dict[str, str]:
        """The reference of each of these applications that fulfils the condition, by id."""
        if theirs is None:
            return {}
        query = select(VIEW.c.application_id, VIEW.c.reference).where(
            VIEW.c.application_id.in_(application_ids), theirs
        )
        with self.database.session() as session:
            return {str(row.application_id): row.reference for row in session.execute(query)}

    def _record_listing(self, items: list[Json], by: Actor, filters: Json, call_id: str) -> None:
        if items:
            with self.database.session() as session:
                ids = [item["application_id"] for item in items]
                record_listing(session, by, "changes", filters, ids, call_id=call_id)


def _change(position: int, reference: str, event: Json) -> Json:
    """One change without words and names: it says what to load again."""
    return {"reference": reference, **{name: {"position": position, **event}[name] for name in MEMBERS}}
