"""Offices: which agencies there are and who holds which roles at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import APPROVED, DECLINED
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.types import Selection, TableRow
from infra.chassis.text.provinces import was_ever_province
from services.identity import access_endings, appointment_requests
from services.identity.agencies import add_agency, agency_of, agency_view
from services.identity.appointment_requests import needs_second_person, request_appointment
from services.identity.errors import (
    AccountNotFound,
    AppointmentNotFound,
    InvalidRequest,
    OwnCase,
)
from services.identity.idempotency import run_idempotently
from services.identity.models import Account, Agency, Appointment, AppointmentRequest


class Offices:
    """Keeps the list of agencies and appoints and dismisses their officials."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Offices:
        return cls(Database.at(settings.database_url("identity")))

    def create_agency(
        self,
        code: str,
        name: str,
        parent_code: str | None = None,
        province_code: str | None = None,
        *,
        by: Actor,
        command: Command | None = None,
    ) -> Json:
        """Add an agency: ``{code, name, parent_code, province_code, created_at}``. The same again is the same answer.

        Without ``province_code`` it lies in its parent's province. ``AgencyNotFound`` for an unknown parent,
        ``AgencyAlreadyExists`` if the code is taken by one with other particulars, ``InvalidRequest`` for a code no
        province ever had. One that was merged is taken: what lies in it lies in its successor.
        """
        if province_code and not was_ever_province(province_code):
            raise InvalidRequest.at("/province_code", "không phải mã tỉnh, thành phố", "is no code of a province")

        def work(session: Session) -> Json:
            parent = agency_of(session, parent_code) if parent_code else None
            province = province_code or (parent.province_code if parent else None)
            agency = Agency(code=code, name=name, parent_code=parent_code, province_code=province)
            return agency_view(add_agency(session, agency, by))

        return run_idempotently(self.database, command, work)

    def agencies(self, *, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        """All agencies by code."""
        with self.database.session() as session:
            return page(session, select(Agency), [Agency.code], agency_view, limit=limit, cursor=cursor)

    def posts(self, account_id: str) -> Json:
        """The posts an account holds now, for services: ``{items: [{agency_code, roles}]}``."""
        with self.database.session() as session:
            posts = current_posts(session, account_id)
        return {"items": [{"agency_code": post["code"], "roles": post["roles"]} for post in posts]}

    def appoint(
        self, account_id: str, agency_code: str, roles: list[str], *, by: Actor, command: Command | None = None
    ) -> Json:
        """Give an account exactly these roles at an agency: ``{account_id, agency_code, roles, appointed_at}``.

        They are in the account's next access token. The same roles again change nothing. To become operator, auditor
        or accountant takes a second operator: the answer then is a request (``status``: ``awaiting_approval``).
        ``OwnCase`` for oneself.
        """
        names = sorted(set(roles))
        if account_id == by.account_id:
            raise OwnCase()

        def work(session: Session) -> Json:
            agency_of(session, agency_code)
            if session.get(Account, account_id, with_for_update=True) is None:
                raise AccountNotFound()
            appointment = _current(session, account_id, agency_code)
            if needs_second_person(session, names, appointment.roles if appointment is not None else (), by):
                return request_appointment(session, account_id, agency_code, names, by)
            return appointed(session, account_id, agency_code, names, by)

        return run_idempotently(self.database, command, work)

    def approve_appointment(self, request_id: str, *, by: Actor, command: Command | None = None) -> Json:
        """Appoint what was requested; by neither who requested it nor who is appointed."""

        def work(session: Session) -> Json:
            request = appointment_requests.decided(session, request_id, APPROVED, by)
            view = appointed(session, request.account_id, request.agency_code, request.roles, by)
            return appointment_requests.request_view(request) | view

        return run_idempotently(self.database, command, work)

    def decline_appointment(self, request_id: str, *, by: Actor, command: Command | None = None) -> Json:
        """Turn a request down; nothing changes."""

        def work(session: Session) -> Json:
            request = appointment_requests.decided(session, request_id, DECLINED, by)
            return appointment_requests.request_view(request)

        return run_idempotently(self.database, command, work)

    def appointment_requests(self, status: str, *, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        """Requests for appointments in one state, oldest first."""
        query = select(AppointmentRequest).where(AppointmentRequest.state == status)
        order = [AppointmentRequest.requested_at, AppointmentRequest.id]
        with self.database.session() as session:
            return page(session, query, order, appointment_requests.request_view, limit=limit, cursor=cursor)

    def dismiss(self, account_id: str, agency_code: str, *, by: Actor, command: Command | None = None) -> Json:
        """Take all roles at an agency away: ``{account_id, agency_code, roles, dismissed_at}``, ``roles`` those lost.

        Access tokens already out open no door any more, within seconds; a refreshed one says
        what is left. ``AppointmentNotFound`` if none was ever held.
        """

        def work(session: Session) -> Json:
            session.get(Account, account_id, with_for_update=True)
            appointment = _current(session, account_id, agency_code)
            if appointment is not None:
                _dismiss(session, appointment, by)
            last = appointment or _last(session, account_id, agency_code)
            if last is None:
                raise AppointmentNotFound(agency_code=agency_code)
            return _dismissal_view(last)

        return run_idempotently(self.database, command, work)


def appointed(session: Session, account_id: str, agency_code: str, roles: list[str], by: Actor) -> Json:
    """Exactly these roles at an agency, from now on."""
    appointment = _current(session, account_id, agency_code)
    if appointment is not None and appointment.roles == roles:
        return _appointment_view(appointment)
    if appointment is not None:
        _close(session, appointment, by)
    return _appointment_view(_add_appointment(session, account_id, agency_code, roles, by))


def dismiss_from_all(session: Session, account_id: str, *, by: Actor) -> int:
    """Take all posts from an account; how many it had."""
    appointments = list(
        session.scalars(
            select(Appointment).where(Appointment.account_id == account_id, Appointment.dismissed_at.is_(None))
        )
    )
    for post in appointments:
        _dismiss(session, post, by)
    return len(appointments)


POSTS = (
    Agency.code.label("agency_code"),
    Agency.name.label("agency_name"),
    Appointment.roles.label("agency_roles"),
)


def with_posts(account: Selection) -> Selection:
    """A SELECT of accounts with the posts that each holds now: one row a post, one without when it has none."""
    now = and_(Appointment.account_id == Account.id, Appointment.dismissed_at.is_(None))
    joined: Selection = account.add_columns(*POSTS).outerjoin(Appointment, now)
    return joined.outerjoin(Agency, Agency.code == Appointment.agency_code).order_by(Agency.code)


def posts_in(rows: Sequence[TableRow]) -> list[Json]:
    """``[{code, name, roles}]`` of one account's rows of :func:`with_posts`."""
    return [
        {"code": row.agency_code, "name": row.agency_name, "roles": row.agency_roles}
        for row in rows
        if row.agency_code is not None
    ]


def current_posts(session: Session, account_id: str) -> list[Json]:
    """The posts an account holds now: ``[{code, name, roles}]`` by agency code."""
    rows = session.execute(
        select(Agency.code, Agency.name, Appointment.roles)
        .join(Appointment, Appointment.agency_code == Agency.code)
        .where(Appointment.account_id == account_id, Appointment.dismissed_at.is_(None))
        .order_by(Agency.code)
    )
    return [{"code": code, "name": name, "roles": roles} for code, name, roles in rows]


def _current(session: Session, account_id: str, agency_code: str) -> Appointment | None:
    return session.scalar(
        _appointments(account_id, agency_code).where(Appointment.dismissed_at.is_(None)).with_for_update()
    )


def _last(session: Session, account_id: str, agency_code: str) -> Appointment | None:
    return session.scalar(_appointments(account_id, agency_code).order_by(Appointment.position.desc()).limit(1))


def _appointments(account_id: str, agency_code: str) -> Select[Appointment]:
    return select(Appointment).where(Appointment.account_id == account_id, Appointment.agency_code == agency_code)


def _add_appointment(session: Session, account_id: str, agency_code: str, roles: list[str], by: Actor) -> Appointment:
    post = Appointment(
        account_id=account_id,
        agency_code=agency_code,
        roles=roles,
        appointed_at=clock.now(),
        appointed_by=by.account_id,
    )
    session.add(post)
    session.flush()
    enqueue(session, "official_appointed.v1", _event_data(post, by, post.appointed_at), subject=account_id)
    return post


def _dismiss(session: Session, appointment: Appointment, by: Actor) -> None:
    _close(session, appointment, by)
    assert appointment.dismissed_at is not None, "it has just been closed"
    facts = _event_data(appointment, by, appointment.dismissed_at)
    enqueue(session, "official_dismissed.v1", facts, subject=appointment.account_id)


def _close(session: Session, appointment: Appointment, by: Actor) -> None:
    appointment.dismissed_at, appointment.dismissed_by = clock.now(), by.account_id
    access_endings.rights_changed(session, session.get_one(Account, appointment.account_id))
    session.flush()  # before a successor: one post per account and agency is in force at a time


def _event_data(post: Appointment, by: Actor, at: datetime) -> Json:
    return {
        "account_id": post.account_id,
        "agency_code": post.agency_code,
        "roles": post.roles,
        "at": at.isoformat(),
        "by": {"account_id": by.account_id},
    }


def _appointment_view(post: Appointment) -> Json:
    return {
        "account_id": post.account_id,
        "agency_code": post.agency_code,
        "roles": post.roles,
        "appointed_at": post.appointed_at.isoformat(),
    }


def _dismissal_view(post: Appointment) -> Json:
    dismissed_at = post.dismissed_at.isoformat() if post.dismissed_at else None
    return {
        "account_id": post.account_id,
        "agency_code": post.agency_code,
        "roles": post.roles,
        "dismissed_at": dismissed_at,
    }
