"""An application's representation as its last command left it: one row, written in the same transaction as the events.

It holds what the events hold (ids, decisions, commitments) and no word of anybody's; those are read beside it. A row
counts while it is of the last version in the stream, was written by this code (:func:`edition`) and bears the service's
MAC; where it does not, the application is replayed. Auditors never read it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy import JSON, Integer, String, bindparam, func, select, type_coerce
from sqlalchemy import Uuid as StoredUuid
from sqlalchemy import column as of
from sqlalchemy import table as named
from sqlalchemy.orm import Session

from infra.chassis.json_types import Json
from infra.chassis.storage.database import Database, insert_into
from infra.chassis.storage.reads import Read
from infra.chassis.storage.types import TableRow
from services.applications import domain, representation
from services.applications.domain.application import Application
from services.applications.models import AnswerSet, Paper, Party, Statement, application_document
from services.applications.representation.application import application_as_json
from services.applications.representation.opened_application import Sealed, opened
from services.applications.transparency.history_keys import HistoryKeys

TOPIC = "applications.document/"


@cache
def edition() -> str:
    """What this code makes documents by: another release's are not read, they may lack what this one shows."""
    digest = hashlib.sha256()
    for package in (domain, representation):
        for file in sorted(Path(next(iter(package.__path__))).glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def put(session: Session, application: Application, keys: HistoryKeys) -> None:
    """Write the document of an application whose events are being recorded in this transaction."""
    words = json.dumps(application_as_json(application), ensure_ascii=False, separators=(",", ":"))
    row = {
        "application_id": str(application.id),
        "version": application.version,
        "answers_id": application.answers["answers_id"] if application.answers else None,
        "document": words,
        "mac": _mac(keys, application.id, application.version, words),
    }
    statement = insert_into(session, application_document).values(row)
    changed = {name: statement.excluded[name] for name in row if name != "application_id"}
    session.execute(statement.on_conflict_do_update(index_elements=["application_id"], set_=changed))


def opened_for(database: Database, keys: HistoryKeys, application_id: str, applicant_id: str) -> Json | None:
    """The whole representation for its applicant; None for anybody else, and where no document counts."""
    try:
        key = UUID(application_id)
    except ValueError:
        return None
    sqlite = database.engine.dialect.name == "sqlite"
    rows = database.rows(_document_query(sqlite), application_id=str(key), stream=key.hex if sqlite else key)
    row = rows[0] if rows else None
    if row is None or row.version != row.last_version:
        return None
    if not hmac.compare_digest(_mac(keys, key, row.version, row.document), bytes(row.mac)):
        return None
    document: Json = json.loads(row.document)
    if document["applicant_id"] != applicant_id:
        return None
    return opened(document, _Contents(row), statements='"statement_id"' in row.document)


def _mac(keys: HistoryKeys, key: UUID, version: int, words: str) -> bytes:
    return keys.mac(key, version, TOPIC + edition(), words.encode())


@cache
def _document_query(sqlite: bool) -> Read:
    """The document with the last version of its stream, and everything beside it that opens its seals."""
    documents = application_document.c
    events = named("stored_events", of("originator_id", String if sqlite else StoredUuid), of("originator_version"))
    last = select(func.max(events.c.originator_version)).where(events.c.originator_id == bindparam("stream"))
    collected = func.json_group_object if sqlite else func.json_object_agg
    paired = func.json_object if sqlite else func.json_build_object
    facts = func.json(Paper.facts) if sqlite else Paper.facts
    paper = paired("facts", facts, "sha256", Paper.sha256)
    words = select(collected(Statement.statement_id, Statement.words)).where(
        Statement.application_id == documents.application_id
    )
    papers = select(collected(Paper.paper_id, paper)).where(Paper.application_id == documents.application_id)
    row = select(
        documents.version, documents.document, documents.mac,
        type_coerce(last.scalar_subquery(), Integer).label("last_version"),
        Party.name.label("applicant_name"), AnswerSet.value.label("answers"),
        type_coerce(words.scalar_subquery(), JSON).label("statements"),
        type_coerce(papers.scalar_subquery(), JSON).label("papers"),
    )  # fmt: skip
    row = row.outerjoin(Party, Party.application_id == documents.application_id)
    row = row.outerjoin(AnswerSet, AnswerSet.answers_id == documents.answers_id)
    return Read(row.where(documents.application_id == bindparam("application_id")))


class _Contents:
    """What the one row has beside the document."""

    def __init__(self, row: TableRow) -> None:
        self._row = row

    @property
    def applicant_name(self) -> str | None:
        name: str | None = self._row.applicant_name
        return name

    def statement(self, sealed: Sealed) -> str | None:
        return (self._row.statements or {}).get(sealed["statement_id"])

    def answers(self, sealed: Sealed) -> Mapping[str, object] | None:
        answers: Mapping[str, object] | None = self._row.answers
        return answers

    def paper(self, paper_id: str, commitment: str) -> Json | None:
        return (self._row.papers or {}).get(paper_id)
