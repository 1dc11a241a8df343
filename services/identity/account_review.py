"""What operators should know of accounts: officials without a second factor, fictional people outside development,
and whether passwords are being tried on many names.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import spraying
from services.identity.models import Account, Appointment
from services.identity.population import SAMPLE, RegisterFile


def account_findings(settings: Settings) -> dict[str, list[str]]:
    """Ids of accounts, by what is the matter: ``without_second_factor``, ``fictional``."""
    with Database.at(settings.database_url("identity")).session() as session:
        return {"without_second_factor": _without_second_factor(session), "fictional": _fictional(session)}


def spraying_found(settings: Settings) -> int:
    """How many sources failed at so many names within a day that they have to wait."""
    most = int(settings.number(spraying.SETTING, spraying.MOST_NAMES))
    with Database.at(settings.database_url("identity")).session() as session:
        return spraying.spraying_sources(session, most)


def _without_second_factor(session: Session) -> list[str]:
    appointed = select(Appointment.account_id).where(Appointment.dismissed_at.is_(None))
    # Citizens sign in with their number; who has none was made by the installation, to operate it.
    official = or_(Account.id.in_(appointed), Account.citizen_number.is_(None))
    unguarded = Account.otp_confirmed_at.is_(None), Account.erased_at.is_(None), official
    return list(session.scalars(select(Account.id).where(*unguarded).order_by(Account.id)))


def _fictional(session: Session) -> list[str]:
    """Accounts of people of the sample register, whose particulars anybody can read."""
    numbers = [person.citizen_number for person in RegisterFile(SAMPLE).people()]
    return list(session.scalars(select(Account.id).where(Account.citizen_number.in_(numbers)).order_by(Account.id)))
