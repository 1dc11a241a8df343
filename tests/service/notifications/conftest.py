"""The portal twice: on the embedded default, and on a real broker and database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.embedded.broker import Broker
from infra.sandbox.sms_provider import SmsProvider, serve
from tests.component.notifications import mail_server
from tests.service.notifications.installation import Portal, running
from tests.support.servers import patient

COMMON = {"RETRY_TIERS": "0.2,0.5", "PORTAL_ENVIRONMENT": "development", "MAIL_FROM": "no-reply@portal.example.vn"}


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[mail_server.MailServer]:
    with mail_server.running(tmp_path / "mail") as server:
        yield server


@pytest.fixture
def texts() -> Iterator[SmsProvider]:
    gateway = serve()
    yield gateway
    gateway.stop()


@pytest.fixture(params=["embedded", "servers"])
def portal(request: Any, tmp_path: Path, mailbox: mail_server.MailServer, texts: SmsProvider) -> Iterator[Portal]:
    arguments = {**COMMON, "SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}"}
    arguments["SMS_URL"] = texts.url
    if request.param == "servers":
        arguments["AMQP_URI"] = request.getfixturevalue("broker")
        arguments["NOTIFICATIONS_DATABASE_URL"] = request.getfixturevalue("fresh_database")("notifications")
    with running(Settings({**arguments, "PORTAL_HOME": str(tmp_path)})) as started:
        yield started
    Database.forget_all()
    Broker.forget("")


@pytest.fixture
def database(migrated_database: Callable[[str], str]) -> Iterator[Database]:
    """An empty database on PostgreSQL, migrated."""
    made = Database(patient(migrated_database("notifications")))
    yield made
    made.engine.dispose()
