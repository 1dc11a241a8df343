"""What is stored next to the streams: answers, papers, words and names, with the salts of their commitments.

An event holds an id and a commitment; what is here opens it. Erasing the rows leaves every event as it was.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import overload
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.applications.domain.commitments import SALT_BYTES, commit
from services.applications.domain.facts import Sealed
from services.applications.errors import PersonErased
from services.applications.models import AnswerSet, Erasure, Paper, Party, Statement


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def seal(session: Session, application_id: str, words: str) -> Sealed:
    """Keep somebody's words; what the event holds of them.

    About an erased person none are stored any more, whoever says them: the commitment is then one that nothing opens.
    """
    row = Statement(statement_id=str(uuid4()), application_id=application_id, words=words, salt=new_salt())
    if session.get(Party, application_id) is not None:
        session.add(row)
    return {"statement_id": row.statement_id, "commitment": commit(words, row.salt)}


def seal_optional(session: Session, application_id: str, words: str | None) -> Sealed | None:
    return seal(session, application_id, words) if words else None


def keep_answers(session: Session, application_id: str, value: Mapping[str, object]) -> dict[str, str]:
    """Keep a revision of answers: ``{"answers_id", "commitment"}``."""
    row = AnswerSet(answers_id=str(uuid4()), application_id=application_id, value=dict(value), salt=new_salt())
    session.add(row)
    return {"answers_id": row.answers_id, "commitment": commit(row.value, row.salt)}


def keep_paper(
    session: Session,
    application_id: str,
    applicant_id: str,
    *,
    kind: str,
    requirement: str,
    facts: Mapping[str, object],
    sha256: str | None,
    at: datetime,
) -> dict[str, str]:
    """Keep what is known of a paper (``facts``: file_name, media_type …): ``{"paper_id", "commitment"}``."""
    row = Paper(
        paper_id=str(uuid4()),
        application_id=application_id,
        applicant_id=applicant_id,
        kind=kind,
        requirement=requirement,
        facts=facts,
        sha256=sha256,
        salt=new_salt(),
        added_at=at,
    )
    session.add(row)
    return {"paper_id": row.paper_id, "commitment": commit(opened_paper(row), row.salt)}


def opened_paper(row: Paper) -> Json:
    """The value a paper's commitment is over."""
    return {"facts": row.facts, "sha256": row.sha256}


def answers(session: Session, answers_id: str | None) -> Json | None:
    """A revision of answers; None when there is none, or no longer."""
    row = session.get(AnswerSet, answers_id) if answers_id else None
    return row.value if row else None


def statements(session: Session, application_id: str) -> dict[str, str]:
    """All words of one application by id."""
    rows = session.execute(
        select(Statement.statement_id, Statement.words).where(Statement.application_id == application_id)
    )
    return {key: words for key, words in rows.all()}  # noqa: C416 - rows, not pairs


def papers(session: Session, application_id: str) -> dict[str, Paper]:
    papers = session.scalars(select(Paper).where(Paper.application_id == application_id))
    return {paper.paper_id: paper for paper in papers}


def names(session: Session, application_ids: list[str]) -> dict[str, str]:
    """Applicants' names by application; an erased one is missing."""
    rows = session.execute(select(Party.application_id, Party.name).where(Party.application_id.in_(application_ids)))
    return {key: words for key, words in rows.all()}  # noqa: C416 - rows, not pairs


def openings(session: Session, application_id: str) -> dict[str, Json]:
    """Everything that opens the commitments of one application: id -> {"value", "salt" (hex)}."""
    openings: dict[str, Json] = {}
    for words in session.scalars(select(Statement).where(Statement.application_id == application_id)):
        openings[words.statement_id] = {"value": words.words, "salt": words.salt.hex()}
    for revision in session.scalars(select(AnswerSet).where(AnswerSet.application_id == application_id)):
        openings[revision.answers_id] = {"value": revision.value, "salt": revision.salt.hex()}
    for paper in papers(session, application_id).values():
        openings[paper.paper_id] = {"value": opened_paper(paper), "salt": paper.salt.hex()}
    return openings


def forget(session: Session, application_id: str) -> dict[str, int]:
    """Remove every row next to one stream; how many of each kind. Blobs are the caller's to remove."""
    counts = {}
    for table in (Statement, AnswerSet, Paper, Party):
        result = session.execute(delete(table).where(table.application_id == application_id))
        counts[table.__tablename__] = int(getattr(result, "rowcount", 0))
    return counts


class Words:
    """Opens sealed words of one application; ``None`` for what was erased."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.by_id = names

    @classmethod
    def of(cls, session: Session, application_id: str) -> Words:
        return cls(statements(session, application_id))

    def of_sealed(self, sealed: Sealed | None) -> str | None:
        return self.by_id.get(sealed["statement_id"]) if sealed else None

    @overload
    def in_place(self, value: Json) -> Json: ...
    @overload
    def in_place(self, value: object) -> object: ...
    def in_place(self, value: object) -> object:
        """``value`` with every sealed part replaced by its words (``None`` when erased)."""
        if isinstance(value, Mapping):
            if set(value) == {"statement_id", "commitment"}:
                return self.by_id.get(value["statement_id"])
            return {key: self.in_place(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.in_place(part) for part in value]
        return value


def refuse_erased(session: Session, account_id: str) -> None:
    """Refuse whoever is being erased, or has been: an access token may outlive its account by some minutes."""
    confirmed = select(Erasure.erasure_id).where(Erasure.account_id == account_id, Erasure.confirmed_at.is_not(None))
    if session.scalar(confirmed.limit(1)) is not None:
        raise PersonErased()
