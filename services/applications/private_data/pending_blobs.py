"""Bytes on their way to the blob store: noted before they are there, so that none are ever nobody's.

Bytes cannot be stored in the transaction of the paper they belong to. A process that ends between the two leaves bytes
without a paper; by the note they are found, by an erasure at once, and otherwise when a day has passed.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.storage.database import Database, insert_into
from services.applications.models import Paper, PendingBlob
from services.applications.private_data.blobs import Blobs

LOST_AFTER = timedelta(days=1)  # no command takes so long
BATCH = 50


def note_pending(database: Database, content: bytes, applicant_id: str) -> None:
    """Note that these bytes of this person are about to be stored."""
    with database.session() as session:
        noted = insert_into(session, PendingBlob).values(
            sha256=hashlib.sha256(content).hexdigest(), applicant_id=applicant_id, since=clock.now()
        )
        session.execute(
            noted.on_conflict_do_update(index_elements=["sha256", "applicant_id"], set_={"since": noted.excluded.since})
        )


def clear_pending(session: Session, sha256: str, applicant_id: str) -> None:
    """They are stored, and so is the paper, in this transaction."""
    this = PendingBlob.sha256 == sha256, PendingBlob.applicant_id == applicant_id
    session.execute(delete(PendingBlob).where(*this))


def claim_pending(session: Session, applicant_id: str) -> list[str]:
    """What was on its way for somebody who is erased; whoever asks has to remove it."""
    own = PendingBlob.applicant_id == applicant_id
    sha256s = list(session.scalars(select(PendingBlob.sha256).where(own)))
    session.execute(delete(PendingBlob).where(own))
    return sha256s


def in_use(session: Session, sha256s: list[str]) -> set[str]:
    """Which of these somebody's paper is, or is about to be."""
    stored = session.scalars(select(Paper.sha256).where(Paper.sha256.in_(sha256s)))
    coming = session.scalars(select(PendingBlob.sha256).where(PendingBlob.sha256.in_(sha256s)))
    return {sha256 for sha256 in (*stored, *coming) if sha256}


class OrphanBlobs:
    """The duty that removes bytes whose command never came to its end."""

    name = "lost blobs"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self.database, self.blobs = database, blobs

    def step(self) -> int:
        old = PendingBlob.since < clock.now() - LOST_AFTER
        with self.database.session() as session:
            lost = list(session.scalars(select(PendingBlob).where(old).limit(BATCH).with_for_update()))
            for blob in lost:
                session.delete(blob)
            session.flush()
            # Removed while the notes are locked: whoever brings the same bytes now waits, and then brings them.
            for sha256 in {blob.sha256 for blob in lost} - in_use(session, [blob.sha256 for blob in lost]):
                self.blobs.remove(sha256)
        return len(lost)
