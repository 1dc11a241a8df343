"""Client credentials: each service has a client id (its name) and a secret, and may ask for a token of its own.

Calls between services need none: they carry assertions (:mod:`infra.chassis.trust.assertions`). No door takes this
role.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.identity import passwords
from services.identity.errors import ClientRefused
from services.identity.models import ServiceClient
from services.identity.signing_keys import ACCESS_LIFETIME
from services.identity.tokens import Mint


class ServiceClients:
    """Gives tokens with role ``service`` for client credentials (RFC 6749, 4.4)."""

    def __init__(self, database: Database, mint: Mint) -> None:
        self.database = database
        self.mint = mint

    @classmethod
    def from_settings(cls, settings: Settings) -> ServiceClients:
        return cls(Database.at(settings.database_url("identity")), Mint.from_settings(settings))

    def client_token(self, client_id: str, client_secret: str) -> Json:
        """``{access_token, expires_in, token_type}`` for a service; ``Unauthenticated`` whatever was wrong.

        Failures earn no delay: a stranger must not be able to lock the platform's own services out.
        """
        self.mint.keys.update()
        with self.database.session() as session:
            client = session.get(ServiceClient, client_id)
        if not passwords.matches(client.secret_hash if client else None, client_secret):
            raise ClientRefused()
        token = self.mint.access_token(f"service:{client_id}", name=client_id, roles=["service"])
        return {"access_token": token, "expires_in": int(ACCESS_LIFETIME.total_seconds()), "token_type": "Bearer"}


def changed_clients(database: Database, secrets: Mapping[str, str]) -> dict[str, str]:
    """Which of these clients are new or show another secret than the one stored: client id to the digest to keep.

    Digests are made with no transaction open: under eventlet they let others run, who would wait for its locks.
    """
    with database.session() as session:
        stored = {client.client_id: client.secret_hash for client in session.scalars(select(ServiceClient))}
    return {
        client_id: passwords.hash_password(secret)
        for client_id, secret in secrets.items()
        if client_id not in stored or not passwords.matches(stored[client_id], secret)
    }


def store_client(session: Session, client_id: str, secret_hash: str) -> str:
    """Let a service in with the secret of this digest from now on: ``created`` or ``secret_changed``."""
    client, now = session.get(ServiceClient, client_id), clock.now()
    if client is None:
        session.add(ServiceClient(client_id=client_id, secret_hash=secret_hash, created_at=now, secret_changed_at=now))
        return "created"
    client.secret_hash, client.secret_changed_at = secret_hash, now
    return "secret_changed"
