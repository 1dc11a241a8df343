"""Which key signs tokens, and which ones hold: a new key takes over from the last without a stop.

The first is the given one (``IDENTITY_SIGNING_KEY``). Later ones are made here and stored in the database, encrypted
under a secret of the given one. A new key is published before it signs, and the last one stays published until its last
token has ended; a key that got into other hands goes at once, and its tokens with it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.chassis import clock, logs
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.trust.key_files import new_private_key, private_pem
from services.identity import keys
from services.identity.models import TokenKey
from services.identity.models.single_sign_on import IdTokenKey

ACCESS_LIFETIME = timedelta(minutes=10)
OVERLAP = timedelta(seconds=60)  # published before it signs; longer than any process keeps an answer
AFTERLIFE = ACCESS_LIFETIME + timedelta(minutes=1)  # still published after its last token was signed
READ_AGAIN = 2.0  # seconds
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class PublishedKey:
    """A key that holds, and from when on it signs."""

    key: OKPKey
    kid: str
    signs_from: datetime
    retires_at: datetime | None = None


def _published(pem: str, signs_from: datetime, retires_at: datetime | None) -> PublishedKey:
    key = OKPKey.import_key(pem)
    return PublishedKey(key, key.thumbprint(), signs_from, retires_at)  # RFC 7638: the id follows from the key


class SigningKeys:
    """The keys of this installation's tokens, as its database has them; the given one alone, without a database."""

    def __init__(self, first_key: Ed25519PrivateKey, database: Database | None = None) -> None:
        self._first = _published(private_pem(first_key), BEGINNING, None)
        self._database, self._sealer = database, keys.sealer(first_key, "token-keys")
        self._keys: Sequence[PublishedKey] = [self._first]
        self._read_at = float("-inf")

    @classmethod
    def from_settings(cls, settings: Settings) -> SigningKeys:
        return cls(keys.signing_key(settings), Database.at(settings.database_url("identity")))

    def update(self) -> None:
        """Look what the database has, if that was not done just now; with no transaction open."""
        if self._database is not None and time.monotonic() - self._read_at > READ_AGAIN:
            self._keys, self._read_at = self._read(self._database), time.monotonic()

    def published(self) -> list[PublishedKey]:
        """The keys that hold now, the one that signs first."""
        now = clock.now()
        holding = [key_row for key_row in self._keys if key_row.retires_at is None or key_row.retires_at > now]
        signing = max(
            (key_row for key_row in holding if key_row.signs_from <= now), key=lambda key_row: key_row.signs_from
        )
        return [signing, *(key_row for key_row in holding if key_row is not signing)]

    def current(self) -> PublishedKey:
        """The key that signs now."""
        return self.published()[0]

    def jwks(self) -> list[Json]:
        """The public keys, RFC 7517."""
        return [
            {**key_row.key.as_dict(private=False), "kid": key_row.kid, "use": "sig", "alg": "Ed25519"}
            for key_row in self.published()
        ]

    def _read(self, database: Database) -> list[PublishedKey]:
        with database.session() as session:
            rows = list(session.scalars(select(TokenKey).order_by(TokenKey.signs_from)))
        retired = {row.kid: row.retires_at for row in rows}
        published = [PublishedKey(self._first.key, self._first.kid, BEGINNING, retired.get(self._first.kid))]
        for row in rows:
            if row.sealed_secret is None:
                continue
            try:
                pem = self._sealer.decrypt(row.sealed_secret.encode()).decode()
            except InvalidToken:
                logs.get(service="identity").error("token_key_unreadable", kid=row.kid)
                continue
            published.append(_published(pem, row.signs_from, row.retires_at))
        return published


def rotate_keys(settings: Settings, *, at_once: bool = False) -> Json:
    """Make the next signing key: ``{kid, signs_from, retired: [{kid, retires_at}]}``.

    ``at_once``: the keys so far are in other hands; they and all tokens signed with them end now.
    """
    first_key = keys.signing_key(settings)
    with Database.at(settings.database_url("identity")).session() as session:
        return rotate(session, first_key, at_once=at_once)


def rotate(session: Session, first_key: Ed25519PrivateKey, *, at_once: bool) -> Json:
    now = clock.now()
    signs_from = now if at_once else now + OVERLAP
    retires_at = now if at_once else signs_from + AFTERLIFE
    retired = _retire(session, first_key, now, retires_at)
    if at_once:
        session.execute(delete(IdTokenKey))  # whoever has the one may have the others; the next is made by itself
    pem = new_private_key()
    row = TokenKey(
        kid=OKPKey.import_key(pem).thumbprint(),
        sealed_secret=_sealed(keys.sealer(first_key, "token-keys"), pem),
        made_at=now,
        signs_from=signs_from,
    )
    session.add(row)
    return {"kid": row.kid, "signs_from": signs_from.isoformat(), "retired": retired}


def _retire(session: Session, first_key: Ed25519PrivateKey, now: datetime, at: datetime) -> list[dict[str, str]]:
    """Every key so far ends at ``at`` or when it would have; the secrets of those that have ended are removed."""
    kid = OKPKey.import_key(private_pem(first_key)).thumbprint()
    if session.get(TokenKey, kid) is None:
        session.add(TokenKey(kid=kid, sealed_secret=None, made_at=now, signs_from=BEGINNING))
        session.flush()
    ended = []
    for row in session.scalars(select(TokenKey).order_by(TokenKey.kid).with_for_update()):
        if row.retires_at is not None and row.retires_at <= now:
            row.sealed_secret = None
            continue
        row.retires_at = min(at, row.retires_at or at)
        ended.append({"kid": row.kid, "retires_at": row.retires_at.isoformat()})
    return ended


def _sealed(sealer: Fernet, pem: str) -> str:
    return sealer.encrypt(pem.encode()).decode()
