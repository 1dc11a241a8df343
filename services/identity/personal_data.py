"""What becomes of an erased person's account: an id with nothing behind it.

The id has to stay, since histories, books and the access log name it. No trace of the citizen number is stored, not
even a digest (twelve digits are soon guessed): whoever wants to come back registers anew and gets another account.
"""

from __future__ import annotations

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.actors import Actor
from infra.chassis.erasure.requests import ErasureRequests
from infra.chassis.json_types import Json
from services.identity import (
    access_challenges,
    access_endings,
    account_recoveries,
    attempts,
    contact_changes,
    delegations,
    known_devices,
    offices,
    open_sessions,
    recovery_codes,
)
from services.identity.eid.links import forget_eid
from services.identity.models import (
    AccessEntry,
    AccessPurpose,
    Account,
    Appointment,
    Delegation,
    PendingRegistration,
    SignInAttempt,
    SignInRecord,
    SprayedName,
)
from services.identity.openid.grants import end_single_sign_on

UNUSABLE = "erased"  # no digest of any password


class ErasureNotDecided(Exception):
    """Those named as having decided on an erasure are not two auditors; the event waits for an operator."""


class PersonalData(ErasureRequests):
    """Identity's part of an erasure."""

    service, answer = "identity", "subject_forgotten.v1"

    def check_decided(self, session: Session, data: Json) -> None:
        """Two different auditors, neither the person: who holds that post is known here, whoever says otherwise."""
        asked_by, confirmed_by = data.get("asked_by"), (data.get("by") or {}).get("account_id")
        two = {str(account_id) for account_id in (asked_by, confirmed_by) if account_id} - {data["account_id"]}
        if len(two) != 2 or not all(_has_been_auditor(session, account_id) for account_id in two):
            raise ErasureNotDecided(f"erasure {data['erasure_id']} was not decided by two auditors")

    def marks(self, session: Session, account_id: str) -> set[str]:
        account = session.get(Account, account_id)
        if account is None:
            return set()
        local = "0" + account.phone.removeprefix("+84") if account.phone else None
        return {mark for mark in (account.citizen_number, account.phone, local, account.email) if mark}

    def forget(self, session: Session, account_id: str, marks: set[str]) -> dict[str, int]:
        """Account, sessions, posts, delegations and purposes in the access log."""
        removed = {"access_entry": _clear_purposes(session, account_id)}
        removed["access_challenge"] = access_challenges.clear_words(session, account_id)
        account = session.get(Account, account_id, with_for_update=True)
        if account is None or account.erased_at is not None:
            return {name: count for name, count in removed.items() if count}
        if set(account.roles) - {"citizen"}:  # roles without an agency; those of posts end below
            access_endings.rights_changed(session, account)
        removed["sign_in_session"] = open_sessions.end_all(session, account_id, because=open_sessions.ERASED)
        removed["openid_consent"] = end_single_sign_on(session, account_id)
        removed["delegation"] = _end_delegations(session, account_id)
        removed["appointment"] = offices.dismiss_from_all(session, account_id, by=Actor.system("identity"))
        names = (account.username, attempts.of_owner(account).username, *marks)
        digests = [attempts.username_digest(name) for name in names]
        session.execute(delete(SignInAttempt).where(SignInAttempt.username_digest.in_(digests)))
        session.execute(delete(SprayedName).where(SprayedName.name_digest.in_(digests)))
        session.execute(delete(SignInRecord).where(SignInRecord.account_id == account_id))
        account_recoveries.clear_recoveries(session, account_id)
        contact_changes.forget_changes(session, account_id)
        pending = PendingRegistration.citizen_number == account.citizen_number
        session.execute(delete(PendingRegistration).where(pending))
        known_devices.forget_all(session, account_id)
        forget_eid(session, account_id)
        recovery_codes.delete_recovery_codes(session, account_id)
        _clear_account(account)
        return {name: count for name, count in removed.items() if count} | {"account": 1}


def _has_been_auditor(session: Session, account_id: str) -> bool:
    """Now, or when it was decided: a post may have been taken away since."""
    account = session.get(Account, account_id)
    if account is not None and "auditor" in account.roles:
        return True
    posts = session.scalars(select(Appointment.roles).where(Appointment.account_id == account_id))
    return any("auditor" in roles for roles in posts)


def _clear_account(account: Account) -> None:
    account.username, account.citizen_number = f"erased:{account.id}", None
    account.full_name, account.birth_date, account.phone, account.email = "", None, None, None
    account.roles, account.password_hash = [], UNUSABLE
    account.otp_sealed_secret = account.otp_pending_secret = account.otp_confirmed_at = account.otp_last_step = None
    account.email_confirmed_at = account.phone_confirmed_at = None
    account.erased_at = clock.now()


def _clear_purposes(session: Session, account_id: str) -> int:
    about = or_(AccessEntry.subject_id == account_id, AccessEntry.reader_id == account_id)
    done = session.execute(
        delete(AccessPurpose).where(AccessPurpose.position.in_(select(AccessEntry.position).where(about)))
    )
    return int(getattr(done, "rowcount", 0))


def _end_delegations(session: Session, account_id: str) -> int:
    either = or_(Delegation.principal_id == account_id, Delegation.delegate_id == account_id)
    query = select(Delegation).where(either, Delegation.revoked_at.is_(None)).order_by(Delegation.id).with_for_update()
    in_force = list(session.scalars(query))
    for delegation in in_force:
        delegations.end_delegation(session, delegation, by=account_id)
    return len(in_force)
