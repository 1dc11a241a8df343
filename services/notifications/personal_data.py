"""Messages to an erased person: that there was one, when, and by which version of a text is all that stays."""

from __future__ import annotations

from typing import Self

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.erasure.requests import ErasureRequests
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.notifications.domain import delivery as states
from services.notifications.mail_folder import FolderCarrier, folder_of
from services.notifications.models import Attempt, Delivery, Message, Preference

ERASED = ""
PAGE = 500


class PersonalData(ErasureRequests):
    """Texts, names and addresses of messages and e-mails go, bodies of webhook calls about the person too."""

    service, answer = "notifications", "subject_forgotten.v1"

    def __init__(self, database: Database, mail_folder: FolderCarrier | None = None) -> None:
        super().__init__(database)
        self.mail_folder = mail_folder

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(Database.at(settings.database_url(cls.service)), folder_of(settings))

    def marks(self, session: Session, account_id: str) -> set[str]:
        """Their applications, by the messages about them."""
        own = select(Message.application_id).where(Message.account_id == account_id).distinct()
        return {application_id for application_id in session.scalars(own) if application_id}

    def forget(self, session: Session, account_id: str, marks: set[str]) -> dict[str, int]:
        forgotten = {
            "message": _forget_messages(session, account_id),
            "delivery": _forget_deliveries(session, account_id, marks),
            "preference": _row_count(session.execute(delete(Preference).where(Preference.account_id == account_id))),
        }
        return {name: count for name, count in forgotten.items() if count}

    def forget_outside(self, account_id: str, marks: set[str]) -> dict[str, int]:
        """E-mails in a folder that stands for a mail server; what a real one has taken is no longer ours."""
        if self.mail_folder is None:
            return {}
        with self.database.session() as session:
            own = select(Delivery.id).where(
                Delivery.account_id == account_id, Delivery.channel == self.mail_folder.channel
            )
            mails = list(session.scalars(own))
        removed = sum(self.mail_folder.remove(mail) for mail in mails)
        return {"mail_file": removed} if removed else {}


def _forget_messages(session: Session, account_id: str) -> int:
    own = Message.account_id == account_id, Message.erased_at.is_(None)
    emptied = update(Message).where(*own).values(subject=ERASED, body=ERASED, erased_at=clock.now())
    return _row_count(session.execute(emptied))


def _forget_deliveries(session: Session, account_id: str, marks: set[str]) -> int:
    about = or_(Delivery.account_id == account_id, Delivery.id.in_(_calls_about(session, marks)))
    session.execute(
        update(Delivery).where(about, Delivery.status.in_(states.WAITING)).values(
            status=states.PERMANENT_FAILURE, next_attempt_at=None
        )
    )  # fmt: skip
    ids = list(session.scalars(select(Delivery.id).where(about)))
    for start in range(0, len(ids), PAGE):
        page = ids[start : start + PAGE]
        # The answers of the other side often repeat the address.
        session.execute(update(Attempt).where(Attempt.delivery_id.in_(page)).values(detail=None))
        unaddressed = update(Delivery).where(Delivery.id.in_(page), Delivery.channel != "webhook")
        session.execute(unaddressed.values(recipient=ERASED, recipient_name=ERASED, subject=ERASED))
        emptied = update(Delivery).where(Delivery.id.in_(page))
        session.execute(emptied.values(body=ERASED, problem="subject erased", updated_at=clock.now()))
    return len(ids)


def _calls_about(session: Session, marks: set[str]) -> list[str]:
    """Webhook calls about these applications, by the events that messages were written about."""
    calls_about: list[str] = []
    applications = sorted(marks)
    for start in range(0, len(applications), PAGE):
        events = select(Message.event_id).where(Message.application_id.in_(applications[start : start + PAGE]))
        calls = select(Delivery.id).where(Delivery.channel == "webhook", Delivery.event_id.in_(events))
        calls_about.extend(session.scalars(calls))
    return calls_about


def _row_count(done: object) -> int:
    return int(getattr(done, "rowcount", 0))
