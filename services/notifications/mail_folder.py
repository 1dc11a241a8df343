"""Mail into a folder: the embedded default has no mail server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from infra.chassis.files import replace_bytes
from infra.chassis.settings import Settings
from services.notifications.deliveries import DeliveryOutcome, OutgoingMessage, Send
from services.notifications.domain import delivery as states
from services.notifications.mail import EMBEDDED_SENDER, NO_ADDRESS, compose, outgoing_mail
from services.notifications.models import Delivery


class FolderCarrier:
    """The embedded default's mail server: a folder of ``.eml`` files, named by their id."""

    channel = "email"
    delays = states.EMAIL_DELAYS
    lease: timedelta | None = None

    def __init__(self, folder: Path, sender: str) -> None:
        self.folder, self.sender = folder, sender

    def route(self, recipient: str) -> str:
        return str(self.folder)

    def outgoing(self, session: Session, delivery: Delivery) -> OutgoingMessage:
        return outgoing_mail(delivery)

    def ask(self, message: OutgoingMessage) -> DeliveryOutcome | None:
        return None

    @contextmanager
    def open(self) -> Iterator[Send]:
        self.folder.mkdir(parents=True, exist_ok=True)
        yield self._carry

    def _carry(self, message: OutgoingMessage) -> DeliveryOutcome:
        try:
            mail = compose(message, self.sender)
        except NO_ADDRESS as error:
            return DeliveryOutcome(states.PERMANENT_FAILURE, f"not an address: {error}")
        path = self.folder / f"{message.effect_id}.eml"
        replace_bytes(path, mail.as_bytes(), mode=0o644)
        return DeliveryOutcome(states.SENT, f"written to {path.name}")

    def remove(self, effect_id: str) -> bool:
        """Take an e-mail out of the folder; whether it was there."""
        path = self.folder / f"{effect_id}.eml"
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed


def folder_of(settings: Settings) -> FolderCarrier | None:
    """The folder that stands for a mail server in development, when none is set."""
    if settings.development and not settings.get("SMTP_URL"):
        return FolderCarrier(settings.home / "outgoing-mail", settings.get("MAIL_FROM", EMBEDDED_SENDER))
    return None
