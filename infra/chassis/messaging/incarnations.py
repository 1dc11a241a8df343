"""Which life of its store a source publishes from: found to have begun anew when the database was put back.

A stream's positions up to a point belong to one incarnation, later ones to the next. The store is known again by what
no backup of it can bring along: on PostgreSQL the server, its timeline and the number the table was given, on SQLite a
file next to the database that says how far was published. Where neither can show it (a copy of a whole PostgreSQL data
folder put back), whoever restores says so: ``portal sources renew``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from infra.chassis import clock, logs, metrics
from infra.chassis.event_ids import new_incarnation
from infra.chassis.files import replace_text
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import source_incarnation
from infra.chassis.storage.types import TableRow

STORE = text(
    "SELECT (SELECT system_identifier FROM pg_control_system()) || '/'"
    " || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/'"
    " || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/'"
    " || CAST('source_incarnation'::regclass AS oid)"
)

PUT_BACK = "put back"


class Incarnations:
    """The incarnations of one stream of a source; ``published`` says how far it is published by its own database."""

    def __init__(self, database: Database, service: str, stream: str, published: Callable[[Session], int]) -> None:
        self.database, self.service, self.stream, self.published = database, service, stream, published
        self._incarnations: list[tuple[int, str]] = []

    def refresh(self, session: Session) -> None:
        """Look again, before anything is published: one query."""
        rows = known_rows(session, self.stream)
        store = store_of(session)
        if not rows or rows[-1].store != store or self._is_behind(session, {row.incarnation for row in rows}):
            rows = [*rows, self._begin(session, store, rows)]
        self._incarnations = latest_first(rows)

    def name(self, position: int) -> str:
        """The position as it is in an event's id."""
        return named(position, self._incarnations)

    def note_published(self, position: int) -> None:
        """Say next to the database how far was published; after the database knows it itself."""
        if (mark := self._mark) is not None and self._incarnations:
            content = json.dumps({"incarnation": self._incarnations[0][1], "position": position})
            replace_text(mark, content, flush=False)  # one that a power cut spoils begins a new incarnation

    def _begin(self, session: Session, store: str, rows: list[TableRow]) -> TableRow:
        begun = begin_incarnation(session, self.stream, store, after=self.published(session), number=len(rows) + 1)
        if rows:
            metrics.source_renewals.labels(self.service, self.stream).inc()
            logs.get(service=self.service).error(
                "source_went_back", stream=self.stream, after=begun.after, incarnation=begun.incarnation
            )
        return begun

    def _is_behind(self, session: Session, incarnations: set[str]) -> bool:
        if (mark := self._mark) is None or not mark.exists():
            return False
        try:
            content = json.loads(mark.read_text(encoding="utf-8"))
            ahead = int(content["position"]) > self.published(session)
            return ahead or content["incarnation"] not in incarnations
        except (ValueError, KeyError, TypeError):
            return True  # nobody can say how far it was

    @property
    def _mark(self) -> Path | None:
        url = make_url(self.database.url)
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            return None
        return Path(f"{url.database}.{self.stream}.published")


def begin_incarnation(session: Session, stream: str, store: str, *, after: int, number: int) -> TableRow:
    """A new incarnation of a stream, of the positions after one."""
    row = {"stream": stream, "incarnation": new_incarnation(), "number": number, "after": after}
    session.execute(source_incarnation.insert().values(**row, store=store, since=clock.now()))
    return known_rows(session, stream)[-1]


def renew(session: Session) -> dict[str, str]:
    """Whoever puts a database back says so: every stream begins anew when its source next looks."""
    session.execute(source_incarnation.update().values(store=PUT_BACK))
    return {row.stream: row.incarnation for row in known_rows(session)}


def latest_first(rows: list[TableRow]) -> list[tuple[int, str]]:
    return [(row.after, row.incarnation) for row in reversed(rows)]


def named(position: int, incarnations: list[tuple[int, str]]) -> str:
    """A position with the incarnation it belongs to; ``known``: (after which position, incarnation), latest first."""
    incarnation = next((name for after, name in incarnations if position > after), "")
    return f"{position}@{incarnation}" if incarnation else str(position)


def known_rows(session: Session, stream: str | None = None) -> list[TableRow]:
    """The incarnations of a stream, or of all, oldest first."""
    query = select(source_incarnation).order_by(source_incarnation.c.stream, source_incarnation.c.number)
    return list(session.execute(query if stream is None else query.where(source_incarnation.c.stream == stream)))


def store_of(session: Session) -> str:
    """What a copy of this database put back elsewhere, or later, does not have."""
    return "file" if session.get_bind().dialect.name == "sqlite" else str(session.execute(STORE).scalar_one())
