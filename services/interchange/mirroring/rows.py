"""Dossiers, contents and digests as rows: read and written many at a time.

The row of a dossier is the fold of its statements, written in the transaction that records them; contents lie in
``mirrored_statement`` with the people in them, under digests that are salted for each dossier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from infra.chassis.storage.database import insert_into
from services.interchange.domain import classic
from services.interchange.domain.dossiers import Dossier, DossierStatement, Received, dossier_of, impossible
from services.interchange.mirroring.tables import MirroredDossier, MirroredStatement

AT_ONCE = 500
DOSSIERS, STATEMENTS = MirroredDossier.__table__, MirroredStatement.__table__


@dataclass
class KnownDossier:
    """One dossier in hand; ``added``: what this batch brings, ``earlier``: what was there, once it is needed."""

    key: str
    number: str
    salt: bytes
    version: int = 0
    is_known: bool = False
    erased: bool = False
    digests: set[str] = field(default_factory=set)
    added: list[Received] = field(default_factory=list)
    earlier: list[Received] = field(default_factory=list)
    findings: Iterable[str] = ()

    @property
    def people(self) -> set[str]:
        """The identity numbers in what this batch brings."""
        return {number for received in self.added for number in received.statement.people}

    def digest(self, statement: DossierStatement) -> str:
        words = f"{statement.kind}\n{statement.text}".encode()
        return hashlib.sha256(self.salt + words).hexdigest()[:40]


def look_up_by_key(session: Session) -> None:
    """Have the rest of the transaction find its rows by their keys, at every size of the store.

    For some hundred keys PostgreSQL reads a table of some ten thousand rows from end to end, and takes longer with
    every row there is.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_seqscan = off"))


def known_dossiers(session: Session, ids: Mapping[str, str]) -> dict[str, KnownDossier]:
    """Those of the ids that there are."""
    table = MirroredDossier
    dossiers: dict[str, KnownDossier] = {}
    columns = (table.dossier_id, table.number, table.salt, table.version, table.has_content, table.erased)
    for part in _parts(sorted(ids)):
        for row in session.execute(select(*columns).where(table.dossier_id.in_(part))):
            dossiers[row.dossier_id] = KnownDossier(
                row.dossier_id, row.number, bytes(row.salt), row.version, row.has_content, row.erased
            )
    return dossiers


def load_digests(session: Session, dossiers: Mapping[str, KnownDossier], digests: Iterable[str]) -> None:
    """Which of the digests have been received before."""
    query = select(MirroredStatement.dossier_id, MirroredStatement.digest)
    for part in _parts(sorted(digests)):
        for row in session.execute(query.where(MirroredStatement.digest.in_(part))):
            dossiers[row.dossier_id].digests.add(row.digest)


def write_statements(session: Session, dossiers: Iterable[KnownDossier]) -> None:
    values = [
        {
            "digest": item.digest,
            "dossier_id": dossier.key,
            "version": item.version,
            "kind": item.statement.kind,
            "received_at": item.received_at,
            "content": item.statement.text,
        }
        for dossier in dossiers
        for item in dossier.added
    ]
    session.execute(STATEMENTS.insert(), values)  # type: ignore[attr-defined]


def load_earlier(session: Session, dossiers: Iterable[KnownDossier]) -> None:
    """The statements of dossiers that had some; a new dossier needs no query."""
    waiting = {dossier.key: dossier for dossier in dossiers if dossier.version > len(dossier.added)}
    table = MirroredStatement
    columns = (table.dossier_id, table.digest, table.version, table.kind, table.received_at, table.content)
    for part in _parts(sorted(waiting)):
        for row in session.execute(select(*columns).where(table.dossier_id.in_(part))):
            dossier = waiting[row.dossier_id]
            if row.version <= dossier.version - len(dossier.added):
                dossier.earlier.append(received_of(row))


def received_of(row: MirroredStatement | Row[str, str, int, str, datetime, str]) -> Received:
    """A stored content as a statement again."""
    return Received(classic.statement_as_stored(row.kind, row.content), row.digest, row.version, row.received_at)


def write_dossiers(
    session: Session, source: str, dossiers: Iterable[KnownDossier], positions: Mapping[str, int], now: datetime
) -> None:
    """Every changed dossier's row, as its statements make it now."""
    values = []
    for dossier in dossiers:
        folded = dossier_of([*dossier.earlier, *dossier.added])
        row = row_of(folded)
        dossier.is_known, dossier.findings = folded.has_content, findings_with_times(folded)
        own = {"dossier_id": dossier.key, "source": source, "number": dossier.number, "salt": dossier.salt}
        values.append({**own, **row, "version": dossier.version, "position": positions[dossier.key], "updated_at": now})
    statement = insert_into(session, DOSSIERS)
    own_columns = {"dossier_id", "source", "number", "salt", "erased"}
    changed = {
        column.name: statement.excluded[column.name] for column in DOSSIERS.columns if column.name not in own_columns
    }
    session.execute(statement.on_conflict_do_update(index_elements=["dossier_id"], set_=changed), values)


def findings_with_times(dossier: Dossier) -> list[str]:
    """What is odd about it, with what its times make impossible."""
    times, _ = classic.read_times(dossier.facts)
    return sorted(dossier.findings | impossible(times))


def row_of(dossier: Dossier) -> dict[str, object]:
    """A fold as columns; a function of the statements alone."""
    facts = dossier.facts
    times, _ = classic.read_times(facts)
    return {
        "has_content": dossier.has_content,
        "erased": False,
        "official_status": dossier.official,
        "status": dossier.status[:200],
        "status_at": dossier.status_at,
        "procedure_code": _text(facts, "MaTTHC", 120),
        "agency": _text(facts, "DonViXuLy", 400),
        "alias": _text(facts, "MaHoSoKhac", 120),
        "accepted_at": times.get("NgayTiepNhan"),
        "due_at": times.get("NgayHenTra"),
        "finished_at": times.get("NgayKetThucXuLy"),
        "returned_at": times.get("NgayTra"),
        "facts": facts,
        "findings": findings_with_times(dossier),
    }


def _text(facts: Mapping[str, object], name: str, most: int) -> str | None:
    return str(facts[name])[:most] if name in facts else None


def _parts(keys: list[str]) -> Iterable[list[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
