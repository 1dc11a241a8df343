"""Notifications' use cases on a database in memory, and everything a test needs to talk to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.encryption import Encryption
from infra.chassis.storage.database import Database
from services.notifications.inbox import Mailbox
from services.notifications.message_writer import MessageWriter
from services.notifications.models import Attempt, Delivery, Message, Table
from services.notifications.personal_data import PersonalData
from services.notifications.preferences import PreferenceKeeper
from services.notifications.template_requests import TemplateDesk
from services.notifications.templates import TemplateEditor
from services.notifications.webhooks import Webhooks
from tests.support.tables_in_memory import with_tables
from tests.unit.notifications.fakes import Catalogue, Directory

ENCRYPTION = Encryption(["a key for the webhooks of these tests"], "webhook secrets")


class Office:
    """All use cases over one fresh database."""

    def __init__(self, database: Database | None = None, *, guarded: bool = False, sms: bool = False) -> None:
        self.database = database or with_tables(Table.metadata, "notifications")
        self.message_writer, self.inbox = MessageWriter(self.database, sms=sms), Mailbox(self.database)
        self.preferences, self.templates = PreferenceKeeper(self.database), TemplateEditor(self.database)
        self.desk = TemplateDesk(self.database)
        self.webhooks = Webhooks(self.database, ENCRYPTION, guarded=guarded)
        self.personal_data = PersonalData(self.database)

    def receive(self, event: CloudEvent, identity: Directory | None = None, catalog: Catalogue | None = None) -> None:
        self.message_writer.write(event, identity=identity or Directory(), catalog=catalog or Catalogue())

    def erase(self, account_id: str) -> dict[str, int]:
        """What an erasure does to this service's own tables."""
        with self.database.session() as session:
            return self.personal_data.forget(session, account_id, self.personal_data.marks(session, account_id))

    def messages(self) -> list[Message]:
        return self._all(select(Message).order_by(Message.position))

    def deliveries(self) -> list[Delivery]:
        return self._all(select(Delivery).order_by(Delivery.position))

    def attempts(self) -> list[Attempt]:
        return self._all(select(Attempt).order_by(Attempt.position))

    def _all(self, query: Any) -> list[Any]:
        with self.database.session() as session:
            rows = list(session.scalars(query))
            session.expunge_all()
            return rows
