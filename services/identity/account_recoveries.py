"""Help at an office for whoever cannot get into their account, by two persons who have seen the identity card.

``second_factor`` takes one-time codes away; ``contact`` gives the account back to its rightful owner, whoever
registered it: another e-mail address, no password, no device, no delegation of before, and a code to the new address
(:mod:`services.identity.password_resets`). Both end every session. An official's account gives rights over others, so
operators alone do it there, two of them; nobody does it for themselves.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.access_records import Accessed
from infra.chassis.access.actors import Actor
from infra.chassis.access.second_person import APPROVED, AWAITING, DECLINED, decide
from infra.chassis.cursors import Page, page
from infra.chassis.instants import end_of_limit
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.identity import (
    contact_changes,
    delegations,
    known_devices,
    offices,
    open_sessions,
    passwords,
    recovery_codes,
)
from services.identity.access_log import record_here
from services.identity.contact_codes import PASSWORD_RESET, ContactCodes
from services.identity.contact_details import email_address, telephone
from services.identity.errors import (
    AccountNotFound,
    AccountRecoveryNotFound,
    AccountRecoveryNotPending,
    Forbidden,
    InvalidRequest,
    OwnCase,
    SecondPersonNeeded,
)
from services.identity.models import Account, AccountRecovery, Delegation
from services.identity.pending_registrations import recipient_of

SECOND_FACTOR, CONTACT = "second_factor", "contact"
OFFICE = ("intake_officer", "approver")
LISTING = "xem đề nghị khôi phục tài khoản / listing recoveries of accounts"
TERM = 2  # days


class RecoveryDesk:
    """Where such help is requested and decided on."""

    def __init__(self, database: Database, codes: ContactCodes) -> None:
        self.database, self.codes = database, codes

    @classmethod
    def from_settings(cls, settings: Settings) -> RecoveryDesk:
        return cls(Database.at(settings.database_url("identity")), ContactCodes.from_settings(settings))

    def request_account_recovery(
        self, username: str, remedy: str, reason: str, email: str | None, phone: str | None, *, by: Actor,
        command: Command,
    ) -> Json:  # fmt: skip
        """Ask for help for the person of this user name, who is there with their identity card."""
        if remedy == CONTACT and not (email and phone):
            raise InvalidRequest.at("/email" if not email else "/phone", "cần có", "is needed")
        address = email_address(email) if email and remedy == CONTACT else None
        number = telephone(phone) if phone and remedy == CONTACT else None

        def work(session: Session) -> Json:
            account = session.scalar(select(Account).where(Account.username == username.strip().casefold()))
            if account is None or account.erased_at is not None:
                raise AccountNotFound()
            now = clock.now()
            request = AccountRecovery(
                id=str(uuid4()), account_id=account.id, agency_code=_desk_of(session, account, by), remedy=remedy,
                reason=reason, email=address, phone=number, state=AWAITING, requested_by=by.account_id,
                requested_at=now, expires_at=end_of_limit(TERM, now),
            )  # fmt: skip
            session.add(request)
            record_here(session, by, [Accessed(account.id)], purpose=reason)
            return recovery_view(request)

        return self.database.command(command, work)

    def approve_account_recovery(self, request_id: str, *, by: Actor, command: Command) -> Json:
        """Do what another person at the same office has requested."""

        def work(session: Session) -> Json:
            request, account = self._decided(session, request_id, APPROVED, by)
            _open_to_owner(session, account)
            if request.remedy == CONTACT:
                account.email, account.phone = request.email, request.phone
                account.email_confirmed_at = account.phone_confirmed_at = clock.now()  # in person, by two officials
                contact_changes.forget_changes(session, account.id)
                account.password_hash = passwords.NONE
                _end_delegations(session, account, by)
                self.codes.send(session, PASSWORD_RESET, account.id, recipient_of(account))
            return recovery_view(request)

        return self.database.command(command, work)

    def decline_account_recovery(self, request_id: str, *, by: Actor, command: Command) -> Json:
        """Turn a request down; nothing changes."""

        def work(session: Session) -> Json:
            return recovery_view(self._decided(session, request_id, DECLINED, by)[0])

        return self.database.command(command, work)

    def account_recoveries(self, status: str, *, limit: int = 50, cursor: str | None = None, by: Actor) -> Page[Json]:
        """Requests in one state, oldest first: of one's offices; of officials, for operators; all, for auditors."""
        query = select(AccountRecovery).where(AccountRecovery.state == status)
        if not by.has("auditor"):
            mine = AccountRecovery.agency_code.in_([code for code in by.agencies if by.at(code, *OFFICE)])
            query = query.where(or_(mine, AccountRecovery.agency_code.is_(None)) if by.has("operator") else mine)
        order = [AccountRecovery.requested_at, AccountRecovery.id]
        with self.database.session() as session:
            listed = page(session, query, order, recovery_view, limit=limit, cursor=cursor)
            accessed = [Accessed(request["account_id"]) for request in listed["items"]]
            record_here(session, by, accessed, purpose=LISTING)
            return listed

    def _decided(self, session: Session, request_id: str, state: str, by: Actor) -> tuple[AccountRecovery, Account]:
        request = session.get(AccountRecovery, request_id, with_for_update=True)
        if request is None:
            raise AccountRecoveryNotFound(request_id=request_id)
        account = session.get_one(Account, request.account_id, with_for_update=True)
        _check_desk(request, _desk_of(session, account, by, request.agency_code))
        decide(
            request, state, by, same_person=SecondPersonNeeded,
            not_waiting=lambda status: AccountRecoveryNotPending(request_id=request_id, status=status),
        )  # fmt: skip
        if account.erased_at is not None:
            raise AccountRecoveryNotPending(request_id=request_id, status="erased")
        record_here(session, by, [Accessed(account.id)], purpose=request.reason or "–")
        return request, account


def recovery_view(request: AccountRecovery) -> Json:
    return {
        "request_id": request.id, "account_id": request.account_id, "agency_code": request.agency_code,
        "remedy": request.remedy, "reason": request.reason, "status": request.state,
        "requested_by": request.requested_by, "requested_at": request.requested_at.isoformat(),
        "expires_at": request.expires_at.isoformat(), "decided_by": request.decided_by,
        "decided_at": request.decided_at.isoformat() if request.decided_at else None,
    }  # fmt: skip


def clear_recoveries(session: Session, account_id: str) -> None:
    """What requests say of an erased person."""
    for request in session.scalars(select(AccountRecovery).where(AccountRecovery.account_id == account_id)):
        request.reason = request.email = request.phone = None


def _desk_of(session: Session, account: Account, by: Actor, agency_code: str | None = None) -> str | None:
    """The office where the caller may help with this account; none for operators, who help officials."""
    if account.id == by.account_id:
        raise OwnCase()
    if is_official(session, account):
        if not by.has("operator"):
            raise Forbidden(
                reason="tài khoản của công chức chỉ do người vận hành khôi phục",
                reason_en="an official's account is recovered by operators alone",
            )
        return None
    at = [code for code in sorted(by.agencies) if by.at(code, *OFFICE) and agency_code in (None, code)]
    if not at:
        raise Forbidden(
            reason="chỉ tại bộ phận tiếp nhận hồ sơ", reason_en="at the office where applications are received alone"
        )
    return at[0]


def _check_desk(request: AccountRecovery, desk: str | None) -> None:
    """An account that became an official's since has to be asked for anew, by operators."""
    if request.agency_code != desk:
        raise Forbidden(reason="không cùng cơ quan với đề nghị", reason_en="not at the office of the request")


def is_official(session: Session, account: Account) -> bool:
    """Whether the account has rights over others: a role of its own, or a post."""
    return bool(set(account.roles) - {"citizen"}) or bool(offices.current_posts(session, account.id))


def _open_to_owner(session: Session, account: Account) -> None:
    """No second factor, no device that is known, no session."""
    account.otp_sealed_secret = account.otp_pending_secret = account.otp_confirmed_at = account.otp_last_step = None
    recovery_codes.delete_recovery_codes(session, account.id)
    known_devices.forget_all(session, account.id)
    open_sessions.end_all(session, account.id, because="recovered")


def _end_delegations(session: Session, account: Account, by: Actor) -> None:
    either = or_(Delegation.principal_id == account.id, Delegation.delegate_id == account.id)
    in_force = (
        select(Delegation).where(either, Delegation.revoked_at.is_(None)).order_by(Delegation.id).with_for_update()
    )
    for delegation in session.scalars(in_force):
        delegations.end_delegation(session, delegation, by=by.account_id)
