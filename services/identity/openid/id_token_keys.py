"""Keys of ID tokens: RSA, since every client can verify RS256, and apart from those that open the platform's doors.

Each signs for ``SIGNS_FOR``; the next one is made by itself, published before it signs, and the last one stays
published until its last token has ended. Stored encrypted under a secret of the installation's signing key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.fernet import Fernet
from joserfc.jwk import RSAKey
from sqlalchemy import select

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.running.native_threads import in_native_thread
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import keys
from services.identity.models.single_sign_on import IdTokenKey
from services.identity.openid.issuer import ALGORITHM

SIGNS_FOR = timedelta(days=90)
PUBLISHED_BEFORE = timedelta(days=1)  # longer than clients keep what they fetched
PUBLISHED_AFTER = timedelta(days=1)
BITS = 2048


class IdTokenKeys:
    """Which key signs, and which are published."""

    def __init__(self, database: Database, sealer: Fernet) -> None:
        self.database, self.sealer = database, sealer
        self._opened: dict[str, RSAKey] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> IdTokenKeys:
        database = Database.at(settings.database_url("identity"))
        return cls(database, keys.sealer(keys.signing_key(settings), "id-token-keys"))

    def signing(self) -> tuple[str, RSAKey]:
        """The key that signs now, with its id; to be asked for with no transaction open."""
        now = clock.now()
        row = max((row for row in self._present(now) if row.signs_from <= now), key=lambda row: row.signs_from)
        return row.kid, self._open(row)

    def jwks(self) -> Json:
        """The public keys (RFC 7517)."""
        return {"keys": [self._public(row) for row in self._present(clock.now())]}

    def public_keys(self) -> list[RSAKey]:
        """With which an ID token of ours is known again."""
        return [self._open(row) for row in self._present(clock.now())]

    def _public(self, row: IdTokenKey) -> Json:
        return {**self._open(row).as_dict(private=False), "kid": row.kid, "use": "sig", "alg": ALGORITHM}

    def _open(self, row: IdTokenKey) -> RSAKey:
        if row.kid not in self._opened:
            pem = self.sealer.decrypt(row.sealed_secret.encode())
            self._opened[row.kid] = RSAKey.import_key(pem, {"kid": row.kid})
        return self._opened[row.kid]

    def _present(self, now: datetime) -> Sequence[IdTokenKey]:
        """Keys that are published; the next one is made when it is time."""
        rows = self._rows(now)
        newest = max((row.signs_from for row in rows), default=None)
        if newest is None:
            self._make(signs_from=now)
        elif newest + SIGNS_FOR <= now:
            self._make(signs_from=now + PUBLISHED_BEFORE)
        else:
            return rows
        return self._rows(now)

    def _rows(self, now: datetime) -> Sequence[IdTokenKey]:
        with self.database.session() as session:
            rows = list(session.scalars(select(IdTokenKey).order_by(IdTokenKey.signs_from)))
        return [row for row in rows if row.retires_at is None or row.retires_at > now]

    def _make(self, *, signs_from: datetime) -> None:
        key = in_native_thread(RSAKey.generate_key, BITS)
        sealed = self.sealer.encrypt(key.as_pem(private=True)).decode()
        with self.database.session() as session:
            for earlier in session.scalars(select(IdTokenKey).where(IdTokenKey.retires_at.is_(None))):
                earlier.retires_at = signs_from + PUBLISHED_AFTER
            session.add(
                IdTokenKey(kid=key.thumbprint(), sealed_secret=sealed, made_at=clock.now(), signs_from=signs_from)
            )
