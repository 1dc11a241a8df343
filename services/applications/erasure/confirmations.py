"""What each service answered to an erasure: nothing of the person is left with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.settings import SERVICES
from services.applications.models import ErasureAnswer


def record_confirmation(
    session: Session, erasure_id: str, service: str, removed: Mapping[str, object], at: datetime
) -> None:
    """Note that a service is done; the first answer counts."""
    if session.get(ErasureAnswer, (erasure_id, service)) is None:
        session.add(ErasureAnswer(erasure_id=erasure_id, service=service, removed=removed, at=at))


def confirmations(session: Session, erasure_id: str) -> list[Json]:
    """Every service: ``{service, confirmed_at, removed}``; None as long as one has not answered."""
    answers = {
        answer.service: answer
        for answer in session.scalars(select(ErasureAnswer).where(ErasureAnswer.erasure_id == erasure_id))
    }
    return [
        {
            "service": service,
            "confirmed_at": answers[service].at.isoformat() if service in answers else None,
            "removed": answers[service].removed if service in answers else None,
        }
        for service in SERVICES
    ]
