"""An identity number as a keyed digest, and which dossiers bear it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from infra.chassis.event_store.history_keys import HistoryKeys
from infra.chassis.storage.database import insert_into
from services.interchange.mirroring.tables import MirroredPerson

PURPOSE, NOBODY = "interchange.subject", UUID(int=0)


def subject_of(keys: HistoryKeys, number: str, key_id: str | None = None) -> str:
    """The digest of an identity number, which nobody can make without the service's keys."""
    return hashlib.sha256(keys.mac(NOBODY, 0, PURPOSE, number.encode(), key_id)).hexdigest()


def note_people(session: Session, keys: HistoryKeys, people: Mapping[str, Iterable[str]]) -> None:
    """Note whose dossiers they are; ``people``: identity numbers by dossier.

    Under every key there has been: an account is known by the digest of the key that signed when it was registered.
    """
    rows = [
        {"subject": subject_of(keys, number, key_id), "dossier_id": key}
        for key, numbers in people.items()
        for number in sorted(numbers)
        for key_id in keys.key_ids
    ]
    if rows:
        session.execute(insert_into(session, MirroredPerson.__table__).on_conflict_do_nothing(), rows)
