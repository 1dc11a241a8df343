"""The first operator of an installation and the credentials of its services.

Called by ``portal bootstrap`` with the settings identity runs with; may be run again at any time, for instance after a
secret was replaced.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.database import Database
from infra.chassis.outbox import tell
from infra.chassis.settings import SERVICES, SettingMissing, Settings
from services.identity import keys, passwords, service_clients
from services.identity.errors import AccountAlreadyExists
from services.identity.models import Account


def bootstrap(settings: Settings, *, username: str, password: str, full_name: str) -> dict[str, Any]:
    """Make sure the operator account, the signing key and the service clients are there.

    Answers ``{"operator": {"account_id", "username", "created"}, "clients": [{"client_id", "outcome"}]}``; the outcome
    is ``created``, ``secret_changed`` or ``unchanged``. An operator who is there keeps their password.
    ``WeakPassword`` for a weak one; ``AccountAlreadyExists`` if the name belongs to somebody who is no operator; ends
    the process (``SettingMissing``) when production has no signing key or no client secrets.
    """
    keys.signing_key(settings)
    secrets = {name: client_secret(settings, name) for name in SERVICES}
    with Database.at(settings.database_url("identity")).session() as session:
        operator = _operator(session, username.strip().casefold(), password, full_name)
        clients = [
            {"client_id": name, "outcome": service_clients.know(session, name, secret)}
            for name, secret in secrets.items()
        ]
    return {"operator": operator, "clients": clients}


def client_secret(settings: Settings, service: str) -> str:
    """What ``service`` will show: SERVICE_CLIENT_SECRET_<NAME>, SERVICE_CLIENT_SECRET, or development's own file."""
    given = settings.get(f"SERVICE_CLIENT_SECRET_{service.upper()}") or settings.get("SERVICE_CLIENT_SECRET")
    if given:
        return given
    if not settings.development:
        raise SettingMissing(
            f"SERVICE_CLIENT_SECRET_{service.upper()}", "the secret this service asks for its tokens with"
        )
    return keys.kept_secret(settings.secret_folder() / f"client-{service}.secret", keys.fresh_secret).strip()


def _operator(session: Session, username: str, password: str, full_name: str) -> dict[str, Any]:
    account = session.scalar(select(Account).where(Account.username == username))
    if account is not None:
        if "operator" not in account.roles:
            raise AccountAlreadyExists()
        return {"account_id": account.id, "username": username, "created": False}
    passwords.check_strength(password, about=(username, *full_name.split()))
    now = clock.now()
    account = Account(
        id=str(uuid4()),
        username=username,
        full_name=full_name,
        language="vi",
        roles=["operator"],
        password_hash=passwords.digest(password),
        password_changed_at=now,
        registered_at=now,
    )
    session.add(account)
    told = {"account_id": account.id, "language": account.language, "at": now.isoformat()}
    tell(session, "account_registered.v1", told, subject=account.id)
    return {"account_id": account.id, "username": username, "created": True}
