"""Operators block an account, let it in again, or end its sessions: each with a reason, in the access log."""

from __future__ import annotations

from sqlalchemy.orm import Session

from infra.chassis import clock, logs
from infra.chassis.access.access_records import Accessed
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.identity import access_endings, open_sessions
from services.identity.access_log import record_here
from services.identity.errors import AccountNotFound, OwnCase
from services.identity.models import Account


class AccountGuard:
    """Keeps an account shut, and opens it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> AccountGuard:
        return cls(Database.at(settings.database_url("identity")))

    def block_account(self, account_id: str, reason: str, *, by: Actor, command: Command) -> Json:
        """Nobody signs in to it any more, and its sessions end: ``{account_id, blocked_at, sessions_ended}``."""

        def work(session: Session) -> Json:
            account = _others(session, account_id, by)
            account.blocked_at = account.blocked_at or clock.now()
            return _done(session, account, "account_blocked", reason, by, ended=_shut(session, account, "blocked"))

        return self.database.command(command, work)

    def unblock_account(self, account_id: str, reason: str, *, by: Actor, command: Command) -> Json:
        """Its owner may sign in again."""

        def work(session: Session) -> Json:
            account = _others(session, account_id, by)
            account.blocked_at = None
            return _done(session, account, "account_unblocked", reason, by, ended=0)

        return self.database.command(command, work)

    def end_account_sessions(self, account_id: str, reason: str, *, by: Actor, command: Command) -> Json:
        """Whoever is signed in has to sign in again."""

        def work(session: Session) -> Json:
            account = _others(session, account_id, by)
            return _done(session, account, "sessions_ended", reason, by, ended=_shut(session, account, "by_operator"))

        return self.database.command(command, work)


def _others(session: Session, account_id: str, by: Actor) -> Account:
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or account.erased_at is not None:
        raise AccountNotFound()
    if account.id == by.account_id:
        raise OwnCase()
    return account


def _shut(session: Session, account: Account, because: str) -> int:
    """Sessions and every token that is out, whichever session it came from."""
    access_endings.rights_changed(session, account)
    return open_sessions.end_all(session, account.id, because=because)


def _done(session: Session, account: Account, event: str, reason: str, by: Actor, *, ended: int) -> Json:
    record_here(session, by, [Accessed(account.id)], purpose=reason)
    logs.get().info(event, account_id=account.id, by=by.account_id, sessions_ended=ended)
    blocked_at = account.blocked_at.isoformat() if account.blocked_at else None
    return {"account_id": account.id, "blocked_at": blocked_at, "sessions_ended": ended}
