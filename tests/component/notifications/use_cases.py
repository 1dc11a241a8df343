"""Notifications' use cases on a database in memory, and everything a test needs to talk to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from infra.chassis.actors import Actor
from infra.chassis.commands import Command
from infra.chassis.database import Database
from infra.chassis.refusals import Forwarded
from services.notifications.inbox import Mailbox
from services.notifications.message_writer import MessageWriter
from services.notifications.models import Attempt, Delivery, Message, Table
from services.notifications.personal_data import PersonalData
from services.notifications.preferences import PreferenceKeeper
from services.notifications.templates import TemplateEditor
from services.notifications.webhooks import Webhooks

CONTRACT = json.loads((Path(__file__).parents[3] / "services/notifications/contract.json").read_text(encoding="utf-8"))
CITIZEN = Actor("3f6c1f0a-6f5c-4b0e-9a51-0e3a1d2c4b5f", "Nguyễn Thị Mẫu", frozenset({"citizen"}))
STRANGER = Actor("9a1d7c55-0000-4000-8000-000000000001", "Trần Văn Thí Dụ", frozenset({"citizen"}))
OPERATOR = Actor("0b5e6f77-0000-4000-8000-000000000002", "Vận hành", frozenset({"operator"}))


class Directory:
    """Stands in for identity: one citizen it knows, or none."""

    def __init__(
        self,
        language: str = "vi",
        email: str | None = "mau@example.vn",
        known: bool = True,
        phone: str | None = "+84901234567",
    ) -> None:
        self.language, self.email, self.known, self.phone = language, email, known, phone
        self.calls = 0

    def contact(self, *, account_id: str) -> dict[str, Any]:
        self.calls += 1
        if not self.known:
            raise Forwarded("AccountNotFound", "Không tìm thấy tài khoản.")
        return {
            "account_id": account_id,
            "full_name": "Nguyễn Thị Mẫu",
            "email": self.email,
            "phone": self.phone,
            "language": self.language,
        }


class Catalogue:
    """Stands in for catalog: birth registration, or nothing."""

    def __init__(self, known: bool = True) -> None:
        self.known, self.calls = known, 0

    def procedure(self, *, code: str, version: int) -> dict[str, Any]:
        self.calls += 1
        if not self.known:
            raise Forwarded("ProcedureNotFound", "Không có thủ tục.")
        return {
            "code": code,
            "version": version,
            "title": {"vi": "Đăng ký khai sinh", "en": "Birth registration"},
            "requirements": [{"id": "giay-chung-sinh", "name": {"vi": "Giấy chứng sinh", "en": "Birth notification"}}],
            "form": {"properties": {"ho_ten": {"type": "string", "x-label": {"vi": "Họ và tên", "en": "Full name"}}}},
        }


class Office:
    """All use cases over one fresh database."""

    def __init__(self, url: str = "sqlite://", *, guarded: bool = False, sms: bool = False) -> None:
        self.database = Database(url)
        Table.metadata.create_all(self.database.engine)
        self.message_writer, self.inbox = MessageWriter(self.database, sms=sms), Mailbox(self.database)
        self.preferences, self.templates = PreferenceKeeper(self.database), TemplateEditor(self.database)
        self.webhooks = Webhooks(self.database, guarded=guarded)
        self.personal_data = PersonalData(self.database)

    def receive(
        self, event: Mapping[str, Any], identity: Directory | None = None, catalog: Catalogue | None = None
    ) -> None:
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
            found = list(session.scalars(query))
            session.expunge_all()
            return found


def command(name: str = "test", by: Actor = CITIZEN, command_id: str | None = None, **arguments: Any) -> Command:
    return Command.of(command_id or str(uuid4()), f"notifications.{name}", by.account_id, arguments)


def example(event_type: str) -> dict[str, Any]:
    """The contract's own example of an event's data."""
    for source in ("applications", "payments"):
        if schema := CONTRACT["consumes"].get(f"{source}/{event_type}"):
            return dict(schema["examples"][0])
    raise LookupError(event_type)


def event(event_type: str, event_id: str = "applications:1", **facts: Any) -> dict[str, Any]:
    """A CloudEvent as it comes off the wire."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/" + event_id.partition(":")[0],
        "type": event_type,
        "subject": "4d8f5f3c-0000-4000-8000-000000000003",
        "time": "2026-11-20T02:30:00+00:00",
        "data": {**example(event_type), **facts},
    }
