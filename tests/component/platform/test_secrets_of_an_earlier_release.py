"""`portal migrate` encrypts the secrets that an earlier release stored in the clear, and they work as before."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.chassis import clock
from infra.chassis.migrations import upgrade
from infra.chassis.secret_keys import keys_in
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import command_log
from services.applications.transparency.history_keys import reply_encryption
from services.notifications.models import Subscription
from services.notifications.webhook_carrier import WebhookCarrier
from services.notifications.webhooks import Webhooks
from tests.unit.notifications.actors import OPERATOR

SECRET, CODE = "whsec_Z2lhIHRy4buLIGLDrSBt4bqtdA==", "KANARI2345"
SUBSCRIBE: dict[str, Any] = {"url": "https://so.example.vn/hooks", "event_types": ["application_accepted.v1"]}


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings({"PORTAL_HOME": str(tmp_path)})
    yield settings
    Database.forget_all()


def record_reply(database: Database, command: Command, reply: dict[str, Any]) -> None:
    with database.session() as session:
        row = {"caller": command.caller, "command_id": command.id, "fingerprint": command.fingerprint}
        session.execute(command_log.insert().values(**row, name=command.name, reply=reply, at=clock.now()))


def stored(settings: Settings, service: str) -> str:
    database = Database.at(settings.database_url(service))
    with database.engine.connect() as connection:
        names = ["command_log", *(["subscription"] if service == "notifications" else [])]
        return "".join(str(connection.exec_driver_sql(f"SELECT * FROM {name}").all()) for name in names)


def test_a_webhooks_secret_is_encrypted_where_it_rests_and_signs_as_before(settings: Settings) -> None:
    upgrade(settings, "notifications")
    database = Database.at(settings.database_url("notifications"))
    command = Command.of(str(uuid.uuid4()), "notifications.subscribe", OPERATOR.account_id, SUBSCRIBE)
    subscription = Subscription(id="s", owner=OPERATOR.account_id, secret=SECRET, created_at=clock.now(), **SUBSCRIBE)
    with database.session() as session:
        session.add(subscription)
    record_reply(database, command, {"subscription_id": "s", "secret": SECRET})
    assert SECRET in stored(settings, "notifications")
    upgrade(settings, "notifications")
    upgrade(settings, "notifications")
    assert SECRET not in stored(settings, "notifications")
    webhooks, carrier = Webhooks.from_settings(settings), WebhookCarrier.from_settings(settings)
    assert webhooks.subscribe(**SUBSCRIBE, by=OPERATOR, command=command) == {"subscription_id": "s", "secret": SECRET}
    with database.session() as session:
        row = session.get(Subscription, "s")
        assert row is not None and carrier.encryption.decrypt(row.secret) == SECRET


def test_a_tracking_code_is_encrypted_in_the_command_log(settings: Settings) -> None:
    upgrade(settings, "applications")
    database = Database.at(settings.database_url("applications"))
    for name in ("applications.start", "applications.submit"):
        command = Command.of(str(uuid.uuid4()), name, "citizen", {})
        record_reply(database, command, {"tracking_code": CODE} if name.endswith("start") else {"version": 2})
    upgrade(settings, "applications")
    assert CODE not in stored(settings, "applications")
    with database.session() as session:
        replies = list(session.scalars(command_log.select().with_only_columns(command_log.c.reply)))
    [encrypted] = [reply["tracking_code"] for reply in replies if "tracking_code" in reply]
    assert reply_encryption(settings).decrypt(encrypted) == CODE
    assert {"version": 2} in replies


def test_development_makes_a_key_for_itself_once(settings: Settings) -> None:
    keys = keys_in(settings, "WEBHOOK_KEYS")
    assert keys_in(settings, "WEBHOOK_KEYS") == keys != keys_in(settings, "HISTORY_KEYS")
