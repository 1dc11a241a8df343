"""What identity answers about access that ended before its token: which sessions, and from which version on an account.

A row is written in the transaction that ends the access. Tokens name their session and the account's version; every
service asks for what is new (:mod:`infra.chassis.access.access_endings`). The rows name nobody to whoever reads
the answer.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.access_endings import ENDINGS_TYPE, ending_digest
from infra.chassis.access.access_tokens import JWKS_TYPE
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.trust.installation import signer
from infra.chassis.trust.signatures import Signer
from infra.chassis.trust.statements import signed_answer
from services.identity.models import AccessEnding, Account
from services.identity.signing_keys import SigningKeys

HORIZON = timedelta(minutes=15)  # longer than any token lives
IN_ANY_ORDER = timedelta(seconds=30)  # rows may be committed in another order than numbered; longer than a statement
JWKS_LIFETIME = 3600.0  # seconds
ANSWER_LIFETIME = 30.0


def session_ended(session: Session, account_id: str, session_id: str) -> None:
    """From now on no token of this session opens a door."""
    session.add(AccessEnding(account_id=account_id, session_id=session_id, at=clock.now()))


def rights_changed(session: Session, account: Account) -> None:
    """From now on no token opens a door that says what the account might do until now."""
    account.session_version += 1
    session.add(AccessEnding(account_id=account.id, session_version=account.session_version, at=clock.now()))


def delete_old_endings(session: Session, limit: int) -> int:
    """Drop up to ``limit`` rows that no token can be about; how many were dropped. The last stays: numbers go on."""
    last = select(func.max(AccessEnding.position)).scalar_subquery()
    old = select(AccessEnding.position).where(AccessEnding.at < clock.now() - 2 * HORIZON, AccessEnding.position < last)
    positions = list(session.scalars(old.limit(limit)))
    session.execute(delete(AccessEnding).where(AccessEnding.position.in_(positions)))
    return len(positions)


class TrustAnswers:
    """The two signed answers on which every other service's doors depend."""

    def __init__(self, database: Database, keys: SigningKeys, service_key: Signer) -> None:
        self.database, self.keys, self.service_key = database, keys, service_key

    @classmethod
    def from_settings(cls, settings: Settings) -> TrustAnswers:
        database = Database.at(settings.database_url("identity"))
        return cls(database, SigningKeys.from_settings(settings), signer(settings, "identity"))

    def jwks(self) -> Json:
        """The keys access tokens are verified with (RFC 7517), signed by this service."""
        self.keys.update()
        return signed_answer(self.service_key, JWKS_TYPE, {"keys": self.keys.jwks()}, JWKS_LIFETIME)

    def access_endings(self, after: int, nonce: str) -> Json:
        """What ended after version ``after`` and lately: ``{version, ended, keys, nonce, …}``, signed."""
        self.keys.update()
        now = clock.now()
        new = or_(AccessEnding.position > after, AccessEnding.at >= now - IN_ANY_ORDER)
        query = select(AccessEnding).where(new, AccessEnding.at >= now - HORIZON).order_by(AccessEnding.position)
        with self.database.session() as session:
            rows = list(session.scalars(query))
        answer = {
            "version": max([after, *(row.position for row in rows)]),
            "ended": [_view(row) for row in rows],
            "keys": [key.kid for key in self.keys.published()],
            "nonce": nonce,
        }
        return signed_answer(self.service_key, ENDINGS_TYPE, answer, ANSWER_LIFETIME)


def _view(row: AccessEnding) -> Json:
    if row.session_id is not None:
        return {"session": ending_digest("session", row.session_id)}
    return {"account": ending_digest("account", row.account_id), "session_version": row.session_version}
