"""What of an erased person is left with interchange: nothing in any of its rooms."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from infra.chassis.erasure.requests import ErasureRequests
from services.interchange.documents.people import forget_documents
from services.interchange.mirroring import people

Forget = Callable[[Session, str, set[str]], dict[str, int]]
ROOMS: tuple[Forget, ...] = (
    people.forget_person,
    forget_documents,
)  # what each room removes of an account and of the things that bear its marks


class PersonalData(ErasureRequests):
    """Interchange's part of an erasure: each room's, one after the other."""

    service, answer = "interchange", "subject_forgotten.v1"

    def forget(self, session: Session, account_id: str, marks: set[str]) -> dict[str, int]:
        forgotten: dict[str, int] = {}
        for room in ROOMS:
            for name, count in room(session, account_id, marks).items():
                forgotten[name] = forgotten.get(name, 0) + count
        return {name: count for name, count in forgotten.items() if count}
