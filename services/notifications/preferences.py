"""What a citizen wishes: e-mails and texts or not, and hours in which none come. The inbox always gets everything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.actors import Actor
from infra.chassis.commands import Command
from infra.chassis.database import Database
from infra.chassis.settings import Settings
from services.notifications.domain.quiet_hours import QuietHours
from services.notifications.models import Preference


class Preferences:
    """Keeps each account's wishes."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Preferences:
        return cls(Database.at(settings.database_url("notifications")))

    def preferences(self, *, by: Actor) -> dict[str, Any]:
        """→ ``{"email": bool, "sms": bool, "quiet_hours": {"from": "22:00", "until": "06:00"} | None}``"""
        with self.database.session() as session:
            return _shown(session.get(Preference, by.account_id))

    def set_preferences(self, preferences: Mapping[str, Any], *, by: Actor, command: Command) -> dict[str, Any]:
        """Replace the wishes named; what is not named stays. → as :meth:`preferences`"""
        return self.database.command(command, lambda session: self._set(session, preferences, by.account_id))

    def _set(self, session: Session, wishes: Mapping[str, Any], account_id: str) -> dict[str, Any]:
        kept = session.get(Preference, account_id)
        if kept is None:
            kept = Preference(account_id=account_id, email=True, sms=True, updated_at=clock.now())
            session.add(kept)
        kept.email, kept.sms = wishes.get("email", kept.email), wishes.get("sms", kept.sms)
        if "quiet_hours" in wishes:
            hours = wishes["quiet_hours"] or {}
            kept.quiet_from, kept.quiet_until = hours.get("from"), hours.get("until")
        kept.updated_at = clock.now()
        session.flush()
        return _shown(kept)


def wants_email(session: Session, account_id: str) -> bool:
    kept = session.get(Preference, account_id)
    return kept is None or kept.email


def wants_sms(session: Session, account_id: str) -> bool:
    kept = session.get(Preference, account_id)
    return kept is None or kept.sms


def when_allowed(session: Session, account_id: str | None, moment: datetime) -> datetime:
    """``moment``, or the end of the account's quiet hours if it falls into them."""
    kept = session.get(Preference, account_id) if account_id else None
    if kept is None or kept.quiet_from is None or kept.quiet_until is None:
        return moment
    return QuietHours.of(kept.quiet_from, kept.quiet_until).next_allowed(moment)


def _shown(kept: Preference | None) -> dict[str, Any]:
    if kept is None:
        return {"email": True, "sms": True, "quiet_hours": None}
    hours = {"from": kept.quiet_from, "until": kept.quiet_until} if kept.quiet_from else None
    return {"email": kept.email, "sms": kept.sms, "quiet_hours": hours}
