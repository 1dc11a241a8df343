"""Recovery codes: how an owner gets in without the device of their one-time codes. Stored as digests, good once."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

from sqlalchemy import delete
from sqlalchemy.orm import Session

from services.identity.models import RecoveryCode

COUNT = 10
SHAPE = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}")


def new_recovery_codes(session: Session, account_id: str) -> list[str]:
    """Codes that replace all earlier ones; they are shown this once."""
    delete_recovery_codes(session, account_id)
    codes = [_new_code() for _ in range(COUNT)]
    session.add_all(RecoveryCode(account_id=account_id, digest=_digest(account_id, code)) for code in codes)
    return codes


def spend_recovery_code(session: Session, account_id: str, code: str) -> bool:
    """Whether it is one of this account's; it is used up in this transaction."""
    if not SHAPE.fullmatch(code):
        return False
    own = RecoveryCode.account_id == account_id, RecoveryCode.digest == _digest(account_id, code)
    return session.scalar(delete(RecoveryCode).where(*own).returning(RecoveryCode.digest)) is not None


def delete_recovery_codes(session: Session, account_id: str) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def _new_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(15)).decode()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _digest(account_id: str, code: str) -> str:
    # 120 bits of chance: one SHA-256 is enough; with the account, so that equal codes would not show.
    return hashlib.sha256(f"{account_id}:{code}".encode()).hexdigest()
