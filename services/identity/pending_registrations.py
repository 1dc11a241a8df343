"""Registrations that do not count yet: the account is opened when its e-mail address is confirmed.

The answer is the same whether or not there is an account already; then its owner is written to, and nobody else learns
of it. Nobody squats on a citizen number either: of several who register it the first to confirm gets the account, and
whoever is not that person loses it at an office (:mod:`services.identity.account_recoveries`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from services.identity.contact_codes import ALREADY_REGISTERED, REGISTRATION, ContactCodes
from services.identity.models import Account, PendingRegistration
from services.identity.population import Citizen

LIFETIME = timedelta(hours=24)  # codes are over sooner; registering again sends another


@dataclass(frozen=True)
class ContactPoints:
    """What somebody who registers said of how to reach them, if anything, and the digest of their password."""

    phone: str | None
    email: str | None
    language: str
    password_hash: str


def begin_registration(session: Session, codes: ContactCodes, citizen: Citizen, contact: ContactPoints) -> Json:
    """Note a registration and have its code sent; the reply does not tell whether there is an account."""
    now, account_id = clock.now(), str(uuid4())
    account = session.scalar(select(Account).where(Account.username == citizen.citizen_number))
    if account is not None and account.email:
        codes.send(session, ALREADY_REGISTERED, account.id, recipient_of(account))
    if account is None:
        session.add(
            PendingRegistration(
                id=account_id, citizen_number=citizen.citizen_number, phone=contact.phone, email=contact.email,
                language=contact.language, password_hash=contact.password_hash, made_at=now, expires_at=now + LIFETIME,
            )
        )  # fmt: skip
        recipient = {"email": contact.email, "full_name": citizen.full_name, "language": contact.language}
        codes.send(session, REGISTRATION, account_id, recipient)
    return {
        "account_id": account_id,
        "username": citizen.citizen_number,
        "citizen_number": citizen.citizen_number,
        "full_name": citizen.full_name,
        "language": contact.language,
        "registered_at": now.isoformat(),
        "status": "awaiting_confirmation",
    }


def recipient_of(account: Account) -> Json:
    return {"email": account.email, "full_name": account.full_name, "language": account.language}
