"""What only a real database shows: migrations, races, and a leader that dies in the middle."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, update

from infra.chassis.storage.database import Database
from services.notifications.message_writer import MessageWriter
from services.notifications.models import Attempt, Delivery, Message, Preference, Table, Template
from tests.unit.notifications.builders import event
from tests.unit.notifications.fakes import Catalogue, Directory


def count(database: Database, what: Any) -> int:
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def at_once(work: Callable[[int], Any], times: int) -> list[BaseException | None]:
    """Do it so many times at the same time; what each raised."""

    def attempt(number: int) -> BaseException | None:
        try:
            work(number)
        except Exception as error:  # noqa: BLE001 - the caller looks at it
            return error
        return None

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(attempt, range(times)))


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_the_same_event_handled_at_the_same_time_is_one_message(database: Database) -> None:
    writer = MessageWriter(database)
    happening = event("application_approved.v1", "applications:1")
    at_once(lambda _: writer.write(happening, identity=Directory(), catalog=Catalogue()), 8)
    assert (count(database, Message), count(database, Delivery)) == (1, 1)


def test_different_events_at_the_same_time_do_not_disturb_each_other(database: Database) -> None:
    """The first of each kind also takes in the built-in text: all of them at once."""
    writer = MessageWriter(database)
    failed = at_once(
        lambda number: writer.write(
            event("application_approved.v1", f"applications:{number}"), identity=Directory(), catalog=Catalogue()
        ),
        8,
    )
    assert failed == [None] * 8
    assert count(database, Message) == 8
    assert count(database, Template) == 2  # inbox and e-mail, version 1 of each, once


def test_an_older_migration_can_be_gone_back_to(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    from infra.chassis.migrations import configuration

    config: Config = configuration("notifications", database.url)
    command.downgrade(config, "base")
    with database.engine.connect() as connection:
        tables = set(database.engine.dialect.get_table_names(connection))
    assert tables == {"alembic_version"}
    command.upgrade(config, "heads")
    assert count(database, Message) == 0


LEADER = """
import os, sys
from infra.chassis.storage.database import Database
from services.notifications.delivery_worker import DeliveryWorker
from services.notifications.mail_carrier import MailCarrier, MailServer

database = Database(sys.argv[1])
carrier = MailCarrier(MailServer.of(sys.argv[2]), "no-reply@portal.example.vn")
DeliveryWorker._record_result = lambda *_: os._exit(9)  # dies after the e-mail is out and before the result is written
DeliveryWorker(database, carrier).step()
"""


def test_a_leader_that_dies_after_sending_means_a_repeat_the_receiver_can_tell(
    database: Database, mailbox: Any, monkeypatch: Any
) -> None:
    from services.notifications import delivery_worker
    from services.notifications.mail_carrier import MailCarrier, MailServer

    MessageWriter(database).write(event("application_approved.v1"), identity=Directory(), catalog=Catalogue())
    url = f"smtp://127.0.0.1:{mailbox.port}"
    assert subprocess.run([sys.executable, "-c", LEADER, database.url, url], check=False).returncode == 9
    monkeypatch.setattr(delivery_worker, "LEASE", timedelta(0))
    successor = delivery_worker.DeliveryWorker(database, MailCarrier(MailServer.of(url), "no-reply@portal.example.vn"))
    assert successor.step() == 1, "the lost attempt is closed"
    with database.session() as session:
        session.execute(update(Delivery).values(next_attempt_at=func.now()))
    assert successor.step() == 1
    assert len(mailbox.mails()) == 2 and len({letter["Message-ID"] for letter in mailbox.mails()}) == 1
    with database.session() as session:
        assert session.scalar(select(Delivery.status)) == "sent"


TEXTER = """
import sys
from infra.chassis import crash_points
from infra.chassis.storage.database import Database
from infra.chassis.settings import Settings
from services.notifications.delivery_worker import DeliveryWorker
from services.notifications.sms_carrier import SmsCarrier, SmsGateway

crash_points.arm(Settings({"PORTAL_CRASH_AT": "after_call"}))
DeliveryWorker(Database(sys.argv[1]), SmsCarrier(SmsGateway.of(sys.argv[2]))).step()
"""


def test_after_a_leader_died_the_gateway_is_asked_and_the_text_stays_one(database: Database) -> None:
    from infra.chassis.crash_points import CRASHED
    from infra.sandbox.sms_provider import serve
    from services.notifications.delivery_worker import DeliveryWorker
    from services.notifications.sms_carrier import SmsCarrier, SmsGateway

    MessageWriter(database, sms=True).write(
        event("supplement_requested.v1"), identity=Directory(email=None), catalog=Catalogue()
    )
    texts = serve()
    try:
        died = subprocess.run([sys.executable, "-c", TEXTER, database.url, texts.url], check=False)
        assert died.returncode == CRASHED
        carrier = SmsCarrier(SmsGateway.of(texts.url))
        assert DeliveryWorker(database, carrier).step() == 0, "the attempt may still be under way"
        carrier.lease = timedelta(0)
        successors = at_once(lambda _: DeliveryWorker(database, carrier).step(), 4)
        assert successors == [None] * 4
        assert [text["puts"] for text in texts.all()] == [1] and texts.all()[0]["asked"] >= 1
    finally:
        texts.stop()
    with database.session() as session:
        assert session.scalar(select(Delivery.status)) == "sent"
        assert (session.scalar(select(Attempt.outcome)), count(database, Attempt)) == ("sent", 1)


def test_preferences_of_the_release_before_mean_texts(database: Database) -> None:
    from sqlalchemy import text

    with database.session() as session:
        columns = "INSERT INTO preference (account_id, email, updated_at) VALUES ('a', false, now())"
        session.execute(text(columns))
    with database.session() as session:
        preference = session.get(Preference, "a")
        assert preference is not None and (preference.email, preference.sms) == (False, True)
