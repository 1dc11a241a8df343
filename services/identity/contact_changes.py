"""A telephone number, and any address that takes another's place, counts once its reader has shown the code sent there.

Numbers and addresses are nobody's alone (families share them), so asking for one tells nobody whose it is and keeps
nobody from it. A code is about one request: it confirms the address it was sent to. Whoever is sent too many codes is
left in peace, and the answer is the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal
from uuid import uuid4

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import open_sessions
from services.identity.contact_codes import (
    CONTACT_CHANGE,
    CONTACT_CHANGED,
    LIFETIME,
    MOST_AT_ONCE,
    PASSWORD_RESET,
    ContactCodes,
)
from services.identity.contact_details import email_address, telephone
from services.identity.errors import AccountNotFound, ContactCodeRefused
from services.identity.models import Account, ContactChange, ContactCode
from services.identity.one_time_codes import OneTimeCodes

Channel = Literal["email", "phone"]
COUNTED_FOR = timedelta(days=1)
MOST_A_DAY = 5  # codes to one address, whoever asks


class ContactDesk:
    """Takes another telephone number or e-mail address of whoever is signed in, and the codes that confirm them."""

    def __init__(self, database: Database, codes: ContactCodes, otp: OneTimeCodes) -> None:
        self.database, self.codes, self.otp = database, codes, otp

    @classmethod
    def from_settings(cls, settings: Settings) -> ContactDesk:
        database = Database.at(settings.database_url("identity"))
        return cls(database, ContactCodes.from_settings(settings), OneTimeCodes.from_settings(settings))

    def request_contact_change(
        self, channel: Channel, address: str, password: str, otp: str | None = None, *, by: Actor
    ) -> Json:
        """Have a code sent to ``address``: ``{channel, requested_at, expires_in}``; nothing changes before it is shown.

        The number or address of the account itself may be asked for again: its code is sent once more. Refuses
        ``InvalidRequest`` for one that nobody can have, and as :meth:`OneTimeCodes.check_owner` does.
        """
        normal = (telephone if channel == "phone" else email_address)(address, "/address")
        self.otp.check_owner(password, otp, by=by)
        with self.database.session() as session:
            send_code(session, self.codes, _own_account(session, by), channel, normal)
        return {
            "channel": channel,
            "requested_at": clock.now().isoformat(),
            "expires_in": int(LIFETIME.total_seconds()),
        }

    def confirm_contact(self, channel: Channel, code: str, *, by: Actor) -> Json:
        """Put the address that this code was sent to in place: ``{channel, confirmed_at}``. ``ContactCodeRefused``.

        The e-mail address of before is written to, and what was sent there to set a new password is over.
        """
        with self.database.session() as session:
            account = _own_account(session, by)
            address = self._address_of(session, account, channel, code)
            self._notify(session, account, channel, address)
            now = clock.now()
            if channel == "phone":
                account.phone, account.phone_confirmed_at = address, now
            else:
                account.email, account.email_confirmed_at = address, now
                about = ContactCode.about == account.id, ContactCode.purpose == PASSWORD_RESET
                session.execute(delete(ContactCode).where(*about))
            return {"channel": channel, "confirmed_at": now.isoformat()}

    def _address_of(self, session: Session, account: Account, channel: Channel, code: str) -> str:
        """The address that ``code`` was sent to; other codes of the channel are over with it."""
        own = ContactChange.account_id == account.id, ContactChange.channel == channel
        changes = list(session.scalars(select(ContactChange).where(*own)))
        for change in changes:
            if self.codes.spend(session, CONTACT_CHANGE, change.id, code):
                about = ContactCode.about.in_([each.id for each in changes])
                session.execute(delete(ContactCode).where(about))
                return change.address
        raise ContactCodeRefused()

    def _notify(self, session: Session, account: Account, channel: Channel, address: str) -> None:
        before = account.phone if channel == "phone" else account.email
        if account.email and before != address:
            self.codes.send(session, CONTACT_CHANGED, account.id, _recipient(account, email=account.email))


def send_code(session: Session, codes: ContactCodes, account: Account, channel: Channel, address: str) -> None:
    """Have a code sent to an address that will be this account's, unless enough are under way to either."""
    now = clock.now()
    own = ContactChange.account_id == account.id, ContactChange.channel == channel
    if _count(session, *own, ContactChange.made_at > now - LIFETIME) >= MOST_AT_ONCE:
        return
    if _count(session, ContactChange.address == address, ContactChange.made_at > now - COUNTED_FOR) >= MOST_A_DAY:
        return
    change = ContactChange(
        id=str(uuid4()), account_id=account.id, channel=channel, address=address, made_at=now,
        expires_at=now + COUNTED_FOR,
    )  # fmt: skip
    session.add(change)
    reached = {"email": "", "phone": address} if channel == "phone" else {"email": address}
    codes.send(session, CONTACT_CHANGE, change.id, _recipient(account, **reached))


def forget_changes(session: Session, account_id: str) -> None:
    """Every address that an erased person asked for, and the codes on their way there."""
    own = select(ContactChange.id).where(ContactChange.account_id == account_id)
    session.execute(delete(ContactCode).where(or_(ContactCode.about == account_id, ContactCode.about.in_(own))))
    session.execute(delete(ContactChange).where(ContactChange.account_id == account_id))


def _recipient(account: Account, **reached: str) -> Json:
    return {"account_id": account.id, "full_name": account.full_name, "language": account.language, **reached}


def _count(session: Session, *conditions: object) -> int:
    rows = select(ContactChange.id).where(*conditions).subquery()  # type: ignore[arg-type]
    return session.scalar(select(func.count()).select_from(rows)) or 0


def _own_account(session: Session, by: Actor) -> Account:
    open_sessions.check_open(session, by)
    account = session.get(Account, by.account_id, with_for_update=True)
    if account is None:
        raise AccountNotFound()
    return account
