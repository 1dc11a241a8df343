"""A citizen's preferences: e-mails and texts or not, and hours in which none come. The inbox always gets everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.notifications.domain.quiet_hours import QuietHours
from services.notifications.models import Preference


class PreferenceKeeper:
    """Each account's preferences."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> PreferenceKeeper:
        return cls(Database.at(settings.database_url("notifications")))

    def preferences(self, *, by: Actor) -> Json:
        """→ ``{"email": bool, "sms": bool, "quiet_hours": {"from": "22:00", "until": "06:00"} | None}``"""
        with self.database.session() as session:
            return _view(session.get(Preference, by.account_id))

    def set_preferences(self, preferences: Json, *, by: Actor, command: Command) -> Json:
        """Replace the preferences named; what is not named stays. → as :meth:`preferences`"""
        return self.database.command(command, lambda session: self._set(session, preferences, by.account_id))

    def _set(self, session: Session, changes: Json, account_id: str) -> Json:
        preference = session.get(Preference, account_id)
        if preference is None:
            preference = Preference(account_id=account_id, email=True, sms=True, updated_at=clock.now())
            session.add(preference)
        preference.email, preference.sms = changes.get("email", preference.email), changes.get("sms", preference.sms)
        if "quiet_hours" in changes:
            hours = changes["quiet_hours"] or {}
            preference.quiet_from, preference.quiet_until = hours.get("from"), hours.get("until")
        preference.updated_at = clock.now()
        session.flush()
        return _view(preference)


@dataclass(frozen=True)
class Wishes:
    """What an account prefers; without a row of its own, the defaults."""

    email: bool = True
    sms: bool = True
    quiet: QuietHours | None = None

    def when_allowed(self, moment: datetime) -> datetime:
        """``moment``, or the end of the quiet hours if it falls into them."""
        return self.quiet.next_allowed(moment) if self.quiet else moment


def of(session: Session, account_id: str | None) -> Wishes:
    preference = session.get(Preference, account_id) if account_id else None
    if preference is None:
        return Wishes()
    has_hours = preference.quiet_from is not None and preference.quiet_until is not None
    quiet = QuietHours.of(preference.quiet_from or "", preference.quiet_until or "") if has_hours else None
    return Wishes(preference.email, preference.sms, quiet)


def when_allowed(session: Session, account_id: str | None, moment: datetime) -> datetime:
    """``moment``, or the end of the account's quiet hours if it falls into them."""
    return of(session, account_id).when_allowed(moment)


def _view(preference: Preference | None) -> Json:
    if preference is None:
        return {"email": True, "sms": True, "quiet_hours": None}
    hours = {"from": preference.quiet_from, "until": preference.quiet_until} if preference.quiet_from else None
    return {"email": preference.email, "sms": preference.sms, "quiet_hours": hours}
