"""Whoever cannot explain an entry of their access log challenges it, and an auditor answers."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra.chassis import clock
from infra.chassis.access.access_records import Accessed
from infra.chassis.access.actors import Actor
from infra.chassis.cursors import Page, page
from infra.chassis.json_types import Json
from infra.chassis.messaging.outbox import enqueue
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.identity.access_log import NO_PURPOSE, record_here
from services.identity.errors import (
    AccessChallengeAnswered,
    AccessChallengeNotFound,
    AccessEntryNotFound,
    OwnCase,
)
from services.identity.models import AccessChallenge, AccessEntry

OPEN = "open"
ANSWERING = "trả lời phản ánh về truy cập dữ liệu / answering a challenge"


class ChallengeDesk:
    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def from_settings(cls, settings: Settings) -> ChallengeDesk:
        return cls(Database.at(settings.database_url("identity")))

    def challenge_access(self, entry_id: int, reason: str, *, by: Actor, command: Command) -> Json:
        """Ask an auditor about an entry of one's own log; a second time answers the first challenge again."""

        def work(session: Session) -> Json:
            entry = session.get(AccessEntry, entry_id)
            if entry is None or entry.subject_id != by.account_id:
                raise AccessEntryNotFound(entry_id=entry_id)
            made = session.scalar(select(AccessChallenge).where(AccessChallenge.position == entry_id))
            if made is None:
                made = AccessChallenge(
                    id=str(uuid4()), position=entry_id, subject_id=by.account_id, reader_id=entry.reader_id,
                    state=OPEN, reason=reason, raised_at=clock.now(),
                )  # fmt: skip
                session.add(made)
                _announce(session, "access_challenged.v1", made)
            return challenge_view(made)

        return self.database.command(command, work)

    def answer_challenge(self, challenge_id: str, outcome: str, answer: str, *, by: Actor, command: Command) -> Json:
        """An auditor's answer, for good: ``justified`` or ``unjustified``. Never by the person or the reader."""

        def work(session: Session) -> Json:
            challenge = session.get(AccessChallenge, challenge_id, with_for_update=True)
            if challenge is None:
                raise AccessChallengeNotFound(challenge_id=challenge_id)
            if by.account_id in {challenge.subject_id, challenge.reader_id}:
                raise OwnCase()
            if challenge.state != OPEN:
                raise AccessChallengeAnswered(challenge_id=challenge_id)
            challenge.state, challenge.answer = outcome, answer
            challenge.answered_by, challenge.answered_at = by.account_id, clock.now()
            _announce(session, "access_challenge_answered.v1", challenge)
            return challenge_view(challenge)

        return self.database.command(command, work)

    def access_challenges(
        self, status: str = OPEN, *, limit: int = 50, cursor: str | None = None, by: Actor
    ) -> Page[Json]:
        """Challenges in one state, oldest first; the auditor's own are another's."""
        query = select(AccessChallenge).where(
            AccessChallenge.state == status,
            AccessChallenge.subject_id != by.account_id,
            AccessChallenge.reader_id != by.account_id,
        )
        key = (AccessChallenge.raised_at, AccessChallenge.id)
        with self.database.session() as session:
            challenges = page(session, query, key, challenge_view, limit=limit, cursor=cursor)
            people = [Accessed(challenge["subject_id"]) for challenge in challenges["items"]]
            record_here(session, by, list(dict.fromkeys(people)), purpose=ANSWERING)
            return challenges


def challenge_view(challenge: AccessChallenge) -> Json:
    return {
        "challenge_id": challenge.id,
        "entry_id": challenge.position,
        "subject_id": challenge.subject_id,
        "reader_id": challenge.reader_id,
        "status": challenge.state,
        "reason": challenge.reason,
        "raised_at": challenge.raised_at.isoformat(),
        "answer": challenge.answer,
        "answered_by": challenge.answered_by,
        "answered_at": challenge.answered_at.isoformat() if challenge.answered_at else None,
    }


def clear_words(session: Session, account_id: str) -> int:
    """Of an erased person's challenges the words go; that there were some, and how they ended, stays."""
    words = {"reason": NO_PURPOSE, "answer": NO_PURPOSE}
    about = (AccessChallenge.subject_id == account_id, AccessChallenge.reason != NO_PURPOSE)
    done = session.execute(update(AccessChallenge).where(*about).values(words))
    return int(getattr(done, "rowcount", 0))


def _announce(session: Session, event_type: str, challenge: AccessChallenge) -> None:
    """Without a word of anybody's."""
    data = {
        "challenge_id": challenge.id,
        "entry_id": challenge.position,
        "subject_id": challenge.subject_id,
        "reader_id": challenge.reader_id,
        "status": challenge.state,
        "by": {"account_id": challenge.answered_by or challenge.subject_id},
        "at": (challenge.answered_at or challenge.raised_at).isoformat(),
    }
    enqueue(session, event_type, data, subject=challenge.id)
