"""What a service is asked to erase: one row per erasure, from *applications*' ``subject_erased.v1``.

A service says in its ``forgetting.py`` what of its own tables is about a person; the chassis' tables and the broker's
queues are :mod:`infra.chassis.erasure.worker`'s, whose duty works the rows off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.erased_subjects import record_erasure
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database


class ErasureRequests:
    """Notes what is to be forgotten; a service's own class says what of its tables is about a person."""

    service: str
    answer: str  # the event by which it says that nothing of a person is left with it

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(Database.at(settings.database_url(cls.service)))

    def note(self, event: CloudEvent) -> None:
        """``subject_erased.v1``: from now on nothing about the account is stored, and what is there is removed.

        Published once for each application and once for the account; the latter comes last and names all of them.
        """
        data = event["data"]
        if data.get("application_id") is not None:
            return
        with self.database.handle_once("subject_erased", event) as session:
            if session is not None:
                self.check_decided(session, data)
                record_erasure(session, data["erasure_id"], data["account_id"], data.get("application_ids") or ())

    def check_decided(self, session: Session, data: Json) -> None:
        """Raise if the service knows that those who decided on the erasure may not have."""

    def marks(self, session: Session, account_id: str) -> set[str]:
        """By what else rows and messages about the account are found: ids of things of theirs, a telephone number."""
        return set()

    def forget(self, session: Session, account_id: str, marks: set[str]) -> dict[str, int]:
        """Remove the account's data from this service's own tables; how much of what. Again: finds nothing."""
        return {}

    def forget_outside(self, account_id: str, marks: set[str]) -> dict[str, int]:
        """The same for what the service keeps next to its database."""
        return {}

    def confirm(self, session: Session, erasure_id: str, account_id: str, removed: Mapping[str, object]) -> None:
        """Nothing is left here: publish that, in the transaction that closes the row."""
        data = {
            "erasure_id": erasure_id,
            "account_id": account_id,
            "service": self.service,
            "at": clock.now().isoformat(),
            "removed": removed,
        }
        enqueue(session, self.answer, data, subject=account_id, call_id=f"erasure:{erasure_id}")
