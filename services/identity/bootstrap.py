"""The first operator of an installation and the credentials of its services.

Called by ``portal bootstrap`` with the settings identity runs with; may be run again at any time, for instance after a
secret was replaced.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import SERVICES, SettingMissing, Settings, stored_secret
from infra.chassis.storage.database import Database
from services.identity import keys, passwords, service_clients
from services.identity.errors import AccountAlreadyExists
from services.identity.idempotency import run_idempotently
from services.identity.models import Account


def bootstrap(settings: Settings, *, username: str, password: str, full_name: str) -> Json:
    """Make sure the operator account, the signing key and the service clients are there.

    Answers ``{"operator": {"account_id", "username", "created"}, "clients": [{"client_id", "outcome"}]}``; the outcome
    is ``created``, ``secret_changed`` or ``unchanged``. An operator who is there keeps their password.
    ``WeakPassword`` for a weak one; ``AccountAlreadyExists`` if the name belongs to somebody who is no operator; ends
    the process (``SettingMissing``) when production has no signing key or no client secrets.
    """
    keys.signing_key(settings)
    secrets = {name: client_secret(settings, name) for name in SERVICES}
    database, username = Database.at(settings.database_url("identity")), username.strip().casefold()
    fresh = service_clients.changed_clients(database, secrets)
    password_hash = None if _exists(database, username) else _digest(password, username, full_name)

    def work(session: Session) -> Json:
        operator = _operator(session, username, full_name, password_hash)
        outcomes = {name: service_clients.store_client(session, name, value) for name, value in fresh.items()}
        clients = [{"client_id": name, "outcome": outcomes.get(name, "unchanged")} for name in secrets]
        return {"operator": operator, "clients": clients}

    return run_idempotently(database, None, work)


def client_secret(settings: Settings, service: str) -> str:
    """What ``service`` will show: SERVICE_CLIENT_SECRET_<NAME>, SERVICE_CLIENT_SECRET, or development's own file."""
    for name in (f"SERVICE_CLIENT_SECRET_{service.upper()}", "SERVICE_CLIENT_SECRET"):
        if settings.get(name):
            return settings.secret(name)
    if not settings.development:
        raise SettingMissing(
            f"SERVICE_CLIENT_SECRET_{service.upper()}", "the secret this service asks for its tokens with"
        )
    return stored_secret(settings.secret_folder() / f"client-{service}.secret", keys.generate_secret).strip()


def _exists(database: Database, username: str) -> bool:
    with database.session() as session:
        return session.scalar(select(Account.id).where(Account.username == username)) is not None


def _digest(password: str, username: str, full_name: str) -> str:
    passwords.check_strength(password, about=(username, *full_name.split()))
    return passwords.hash_password(password)


def _operator(session: Session, username: str, full_name: str, password_hash: str | None) -> Json:
    account = session.scalar(select(Account).where(Account.username == username))
    if account is not None and "operator" not in account.roles:
        raise AccountAlreadyExists()
    opened = account or _open_account(session, username, full_name, password_hash)
    return {"account_id": opened.id, "username": username, "created": account is None}


def _open_account(session: Session, username: str, full_name: str, password_hash: str | None) -> Account:
    now = clock.now()
    account = Account(
        id=str(uuid4()),
        username=username,
        full_name=full_name,
        language="vi",
        roles=["operator"],
        password_hash=password_hash,
        password_changed_at=now,
        registered_at=now,
    )
    session.add(account)
    event_data = {"account_id": account.id, "language": account.language, "at": now.isoformat()}
    enqueue(session, "account_registered.v1", event_data, subject=account.id)
    return account
