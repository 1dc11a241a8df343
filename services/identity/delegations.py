"""Delegations: a citizen lets another act for them, for named procedures, up to a day, until they take it back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.access.service_readers import ServiceReader
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.identity import open_sessions
from services.identity.access_log import record_service_reading
from services.identity.errors import AccountNotFound, DelegationNotFound, DelegationNotPossible, InvalidRequest
from services.identity.idempotency import run_idempotently
from services.identity.models import Account, Delegation

EVERYTHING = "*"


class DelegationRegistrar:
    """Grants, takes back, lists and looks up delegations."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> DelegationRegistrar:
        return cls(Database.at(settings.database_url("identity")))

    def delegate(
        self, to_citizen_number: str, scope: list[str] | str, until: str, *, by: Actor, command: Command | None = None
    ) -> Json:
        """Let another citizen act for the caller.

        ``scope``: procedure codes or ``"*"``; ``until``: a date (its whole day counts, office time) or an instant.
        Answers ``{delegation_id, to_citizen_number, scope, until, granted_at}``; the same again is the same answer.
        ``AccountNotFound`` if the other has no account, ``DelegationNotPossible`` to oneself or into the past.
        """
        scopes, ends = _scope(scope), end_of_term(until)
        if ends <= clock.now():
            raise DelegationNotPossible(why_vi="thời hạn đã qua", why_en="its end lies in the past")

        def work(session: Session) -> Json:
            open_sessions.check_open(session, by)
            delegate = session.scalar(select(Account).where(Account.citizen_number == to_citizen_number))
            if delegate is None:
                raise AccountNotFound()
            if delegate.id == by.account_id:
                raise DelegationNotPossible(
                    why_vi="không thể tự ủy quyền cho mình", why_en="nobody delegates to themselves"
                )
            # The principal's row is locked, so that two calls without a command id come one after the other.
            principal = session.get_one(Account, by.account_id, with_for_update=True)
            there = _equal_delegation(session, principal, delegate, scopes, ends)
            return _grant_view(there or _grant(session, principal, delegate, scopes, ends), to_citizen_number)

        return run_idempotently(self.database, command, work)

    def revoke_delegation(self, delegation_id: str, *, by: Actor, command: Command | None = None) -> Json:
        """End a delegation; its principal and its delegate both may: ``{delegation_id, revoked_at}``."""

        def work(session: Session) -> Json:
            delegation = session.scalar(select(Delegation).where(Delegation.id == delegation_id).with_for_update())
            if delegation is None or by.account_id not in (delegation.principal_id, delegation.delegate_id):
                raise DelegationNotFound()
            if delegation.revoked_at is None:
                end_delegation(session, delegation, by=by.account_id)
            assert delegation.revoked_at is not None
            return {"delegation_id": delegation.id, "revoked_at": delegation.revoked_at.isoformat()}

        return run_idempotently(self.database, command, work)

    def delegations(self, *, limit: int = 50, cursor: str | None = None, by: Actor) -> Page[Json]:
        """Delegations the caller has granted or received, ended ones too, newest first."""
        with self.database.session() as session:

            def view(delegation: Delegation) -> Json:
                return _delegation_view(session, delegation, by.account_id)

            mine = select(Delegation).where(
                or_(Delegation.principal_id == by.account_id, Delegation.delegate_id == by.account_id)
            )
            return page(session, mine, [Delegation.position], view, limit=limit, cursor=cursor, newest_first=True)

    def delegation_for(
        self,
        delegate_account_id: str,
        scope: str,
        principal_citizen_number: str | None = None,
        principal_account_id: str | None = None,
        *,
        reader: ServiceReader,
    ) -> Json:
        """The delegation in force under which one account may act for another in procedure ``scope``; for services.

        ``{delegation_id, principal_account_id, principal_name, delegate_account_id, scope, until}``, the one that lasts
        longest if several do; ``DelegationNotFound`` if none does.
        """
        with self.database.session() as session:
            principal = _principal(session, principal_citizen_number, principal_account_id)
            in_force = _in_force(session, principal, delegate_account_id)
            covering = [
                delegation for delegation in in_force if scope in delegation.scope or EVERYTHING in delegation.scope
            ]
            if principal is None or not covering:
                raise DelegationNotFound()
            record_service_reading(session, reader, principal.id)
            return {**_event_data(covering[0]), "principal_name": principal.full_name}

    def delegations_in_force(self, delegate_account_id: str, *, reader: ServiceReader) -> Json:
        """What somebody may do for others now; for services: ``{items: [{principal_account_id, scope, …}]}``."""
        in_force = Delegation.revoked_at.is_(None), Delegation.until > clock.now()
        query = select(Delegation).where(Delegation.delegate_id == delegate_account_id, *in_force)
        with self.database.session() as session:
            delegations = session.scalars(query.order_by(Delegation.position)).all()
            principals = [delegation.principal_id for delegation in delegations]
            record_service_reading(session, reader, *principals)
            return {"items": [_event_data(delegation) for delegation in delegations]}


def end_delegation(session: Session, delegation: Delegation, *, by: str) -> None:
    """End a delegation in force, and publish it. ``by``: the account that did."""
    delegation.revoked_at, delegation.revoked_by = clock.now(), by
    facts = {**_event_data(delegation), "at": delegation.revoked_at.isoformat(), "by": {"account_id": by}}
    enqueue(session, "delegation_revoked.v1", facts, subject=delegation.id)


def end_of_term(until: str) -> datetime:
    """The instant a term ends: the end of a day in office time for ``YYYY-MM-DD``, else the instant itself."""
    try:
        if len(until) == len("YYYY-MM-DD"):
            return datetime.combine(
                date.fromisoformat(until) + timedelta(days=1), time(), clock.OFFICE_ZONE
            ).astimezone(UTC)
        return datetime.fromisoformat(until).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # a leap second, the last day of the year 9999
        raise InvalidRequest.at("/until", "không phải thời điểm hợp lệ", "is no instant") from error


def _scope(scope: list[str] | str) -> list[str]:
    codes = sorted({scope} if isinstance(scope, str) else set(scope))
    return [EVERYTHING] if EVERYTHING in codes else codes


def _grant(session: Session, principal: Account, delegate: Account, scope: list[str], until: datetime) -> Delegation:
    delegation = Delegation(
        id=str(uuid4()),
        principal_id=principal.id,
        delegate_id=delegate.id,
        scope=scope,
        granted_at=clock.now(),
        until=until,
    )
    session.add(delegation)
    enqueue(
        session,
        "delegation_granted.v1",
        {**_event_data(delegation), "at": delegation.granted_at.isoformat()},
        subject=delegation.id,
    )
    return delegation


def _equal_delegation(
    session: Session, principal: Account, delegate: Account, scope: list[str], until: datetime
) -> Delegation | None:
    granted = _in_force(session, principal, delegate.id)
    return next((delegation for delegation in granted if delegation.scope == scope and delegation.until == until), None)


def _in_force(session: Session, principal: Account | None, delegate_id: str) -> list[Delegation]:
    if principal is None:
        return []
    between = Delegation.principal_id == principal.id, Delegation.delegate_id == delegate_id
    in_force = Delegation.revoked_at.is_(None), Delegation.until > clock.now()
    return list(
        session.scalars(
            select(Delegation).where(*between, *in_force).order_by(Delegation.until.desc(), Delegation.position)
        )
    )


def _principal(session: Session, citizen_number: str | None, account_id: str | None) -> Account | None:
    if account_id is not None:
        return session.get(Account, account_id)
    return session.scalar(select(Account).where(Account.citizen_number == citizen_number))


def _event_data(delegation: Delegation) -> Json:
    return {
        "delegation_id": delegation.id,
        "principal_account_id": delegation.principal_id,
        "delegate_account_id": delegation.delegate_id,
        "scope": delegation.scope,
        "until": delegation.until.isoformat(),
    }


def _grant_view(delegation: Delegation, to_citizen_number: str) -> Json:
    return {
        "delegation_id": delegation.id,
        "to_citizen_number": to_citizen_number,
        "scope": delegation.scope,
        "until": delegation.until.isoformat(),
        "granted_at": delegation.granted_at.isoformat(),
    }


def _delegation_view(session: Session, delegation: Delegation, account_id: str) -> Json:
    """One side's view. The principal sees the number they typed, not the name: granting must not reveal whose it is."""
    is_principal = delegation.principal_id == account_id
    other = session.get_one(Account, delegation.delegate_id if is_principal else delegation.principal_id)
    return {
        "delegation_id": delegation.id,
        "direction": "given" if is_principal else "received",
        "citizen_number": other.citizen_number,
        "name": None if is_principal else other.full_name or None,
        "scope": delegation.scope,
        "granted_at": delegation.granted_at.isoformat(),
        "until": delegation.until.isoformat(),
        "revoked_at": delegation.revoked_at.isoformat() if delegation.revoked_at else None,
        "in_force": delegation.revoked_at is None and delegation.until > clock.now(),
    }
