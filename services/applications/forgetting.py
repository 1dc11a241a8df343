"""This service's part of an erasure once `erasure` has gone through the streams; and what all services answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.erasures import Erasures
from infra.chassis.settings import SERVICES
from services.applications import vault
from services.applications.models import ErasureAnswer


class Forgetting(Erasures):
    """Nothing is told to oneself: `erasure` notes the row, and the answer is written where the others' are."""

    service = "applications"

    def forget(self, session: Session, account_id: str, marks: set[str]) -> dict[str, int]:
        """What came in after an application was gone through; ordinarily nothing."""
        gone: dict[str, int] = {}
        for application_id in sorted(marks - {account_id}):
            for name, count in vault.forget(session, application_id).items():
                gone[name] = gone.get(name, 0) + count
        return {name: count for name, count in gone.items() if count}

    def confirm(self, session: Session, erasure_id: str, account_id: str, removed: dict[str, Any]) -> None:
        keep_answer(session, erasure_id, self.service, removed, clock.now())

    def answered(self, event: Mapping[str, Any]) -> None:
        """``subject_forgotten.v1``: another service has nothing of the person left."""
        data = event["data"]
        with self.database.once("subject_forgotten", event["id"]) as session:
            if session is not None:
                at = datetime.fromisoformat(data["at"])
                keep_answer(session, data["erasure_id"], data["service"], data.get("removed") or {}, at)


def keep_answer(session: Session, erasure_id: str, service: str, removed: dict[str, Any], at: datetime) -> None:
    """Note that a service is done; the first answer counts."""
    if session.get(ErasureAnswer, (erasure_id, service)) is None:
        session.add(ErasureAnswer(erasure_id=erasure_id, service=service, removed=removed, at=at))


def answers(session: Session, erasure_id: str) -> list[dict[str, Any]]:
    """All five services: ``{service, confirmed_at, removed}``; None as long as one has not answered."""
    given = {
        one.service: one for one in session.scalars(select(ErasureAnswer).where(ErasureAnswer.erasure_id == erasure_id))
    }
    return [
        {
            "service": service,
            "confirmed_at": given[service].at.isoformat() if service in given else None,
            "removed": given[service].removed if service in given else None,
        }
        for service in SERVICES
    ]
