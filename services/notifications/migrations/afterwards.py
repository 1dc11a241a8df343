"""After the tables: secrets of webhooks that an earlier release stored in the clear are encrypted."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, column, select, table

from infra.chassis.encryption import PREFIX, Encryption, encrypt_replies
from infra.chassis.settings import Settings
from infra.chassis.storage.connections import engine_of
from services.notifications.webhooks import encryption_of

SUBSCRIPTION = table("subscription", column("id"), column("secret"))


def run(settings: Settings) -> None:
    """Of subscriptions and of the answers to ``subscribe``. An installation without any needs no keys."""

    @cache
    def encryption() -> Encryption:
        return encryption_of(settings)

    engine = engine_of(settings.migration_url("notifications"))
    try:
        with engine.begin() as connection:
            for subscription_id, secret in _in_the_clear(connection):
                _store(connection, subscription_id, encryption().encrypt(secret))
            encrypt_replies(connection, "notifications.subscribe", "secret", encryption)
    finally:
        engine.dispose()


def _in_the_clear(connection: Connection) -> list[tuple[str, str]]:
    secret = SUBSCRIPTION.c.secret
    rows = connection.execute(select(SUBSCRIPTION.c.id, secret).where(secret.not_like(f"{PREFIX}%")))
    return [(row.id, row.secret) for row in rows]


def _store(connection: Connection, subscription_id: str, secret: str) -> None:
    connection.execute(SUBSCRIPTION.update().where(SUBSCRIPTION.c.id == subscription_id).values(secret=secret))
