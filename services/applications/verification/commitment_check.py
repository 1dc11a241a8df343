"""Private data, held against the commitments in the events: answers, words and papers altered later.

Everything an event holds a commitment to must still be there and open it, unless the person it is about was erased.
Whose application it is, and who began it, must be whom its first event names; the name itself is no part of any event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from services.applications.domain.commitments import IDS, SALT_BYTES, opens, sealed_parts
from services.applications.domain.events.base import ApplicationEvent
from services.applications.domain.events.filing import Started
from services.applications.event_store.store import Store
from services.applications.models import AnswerSet, Paper, Party, Statement
from services.applications.private_data import vault

PARTY = "party of "
ERASED = ["applications.SubjectErased", "applications.ImportedHistoryErased"]
BATCH = 1000  # events at a time
REASONS = {
    "beside_changed": (
        "nội dung lưu bên cạnh không khớp cam kết trong sự kiện",
        "what lies beside the stream does not open its event's commitment",
    ),
    "beside_missing": (
        "nội dung lưu bên cạnh bị xóa mà không có sự kiện xóa dữ liệu",
        "what lies beside the stream is gone and no erasure was recorded",
    ),
}


def first_broken_commitment(store: Store, progress: Callable[[int, int], None] | None = None) -> Json | None:
    """{"kind", "reason", "application_id", "version", "position", "id"} of the first that does not hold; else None.

    `progress`: (position reached, last position of the log).
    """
    erased, after = _erased(store), 0
    while rows := store.rows(after=after, limit=BATCH):
        commitments = [
            {
                "application_id": str(row.originator_id),
                "version": row.originator_version,
                "position": row.id,
                **commitment,
            }
            for row in rows
            for commitment in _commitments_of(store.event_of(row))
        ]
        with store.database.session() as session:
            contents = _openings(session, [commitment["id"] for commitment in commitments]) | _parties(
                session, commitments
            )
        for commitment in commitments:
            if kind := _fault(commitment, contents, erased):
                commitment.pop("people", None)
                return {"kind": kind, **commitment, "reason": dict(zip(("vi", "en"), REASONS[kind], strict=True))}
        after = rows[-1].id
        if progress:
            progress(after, max(after, store.last_position()))
    return None


def _commitments_of(event: ApplicationEvent) -> Iterator[Json]:
    """What must be stored for this event: ids with commitments; for a first event the people it names."""
    for _, sealed in sealed_parts(vars(event)):
        yield {"id": next(sealed[name] for name in IDS if name in sealed), "commitment": sealed["commitment"]}
    if isinstance(event, Started):
        yield {"id": f"{PARTY}{event.originator_id}", "people": (event.applicant_id, event.by["account_id"])}


def _fault(commitment: Json, contents: Mapping[str, tuple[object, object]], erased: set[str]) -> str | None:
    if commitment["id"] not in contents:
        return None if commitment["application_id"] in erased else "beside_missing"
    if "people" in commitment:
        return None if contents[commitment["id"]] == commitment["people"] else "beside_changed"
    value, salt = contents[commitment["id"]]
    return (
        None
        if isinstance(salt, bytes) and len(salt) == SALT_BYTES and opens(commitment["commitment"], value, salt)
        else "beside_changed"
    )


def _erased(store: Store) -> set[str]:
    keys: set[str] = set()
    after = 0
    while rows := store.rows(after=after, limit=BATCH, topics=ERASED):
        keys |= {str(row.originator_id) for row in rows}
        after = rows[-1].id
    return keys


def _openings(session: Session, ids: Sequence[str]) -> dict[str, tuple[object, object]]:
    """What opens commitments, by id: (value, salt)."""
    openings: dict[str, tuple[object, object]] = {}
    for words in session.scalars(select(Statement).where(Statement.statement_id.in_(ids))):
        openings[words.statement_id] = (words.words, words.salt)
    for revision in session.scalars(select(AnswerSet).where(AnswerSet.answers_id.in_(ids))):
        openings[revision.answers_id] = (revision.value, revision.salt)
    for paper in session.scalars(select(Paper).where(Paper.paper_id.in_(ids))):
        openings[paper.paper_id] = (vault.opened_paper(paper), paper.salt)
    return openings


def _parties(session: Session, commitments: Sequence[Mapping[str, object]]) -> dict[str, tuple[object, object]]:
    """Whose application it is and who began it, by the id that `_held` gives."""
    application_ids = [commitment["application_id"] for commitment in commitments if "people" in commitment]
    query = select(Party.application_id, Party.applicant_id, Party.started_by).where(
        Party.application_id.in_(application_ids)
    )
    return {f"{PARTY}{row.application_id}": (row.applicant_id, row.started_by) for row in session.execute(query)}
