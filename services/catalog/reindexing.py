"""Bringing the search index up to how titles are folded today: entries written by an older release are found again."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from services.catalog.indexing import count_words, texts
from services.catalog.models import ProcedureVersion, SearchEntry, SearchWord

BATCH = 100


class Reindexing:
    """Goes through the index once in the life of a leader; only entries that differ are written."""

    name = "search reindexing"
    rest = 3.0  # seconds: it goes by the clock

    def __init__(self, database: Database) -> None:
        self.database, self._after, self._done = database, 0, False

    @classmethod
    def of(cls, settings: Settings) -> Reindexing:
        return cls(Database.at(settings.database_url("catalog")))

    def step(self) -> int:
        """Look at the next entries; how many were looked at."""
        if self._done:
            return 0
        version = (ProcedureVersion.code == SearchEntry.code) & (ProcedureVersion.version == SearchEntry.version)
        query = select(SearchEntry, ProcedureVersion.definition).join(ProcedureVersion, version)
        with self.database.session() as session:
            rows = session.execute(
                query.where(SearchEntry.id > self._after).order_by(SearchEntry.id).limit(BATCH)
            ).all()
            for entry, definition in rows:
                _bring_up(session, entry, texts(definition))
        self._done, self._after = len(rows) < BATCH, rows[-1].SearchEntry.id if rows else self._after
        return len(rows)


def _bring_up(session: Session, entry: SearchEntry, fresh: dict[str, str | int]) -> None:
    if all(getattr(entry, name) == value for name, value in fresh.items()):
        return
    before, after = set(entry.words.split()), set(str(fresh["words"]).split())
    if session.get_bind().dialect.name == "sqlite":  # PostgreSQL derives its column from ``words`` by itself
        old = {"id": entry.id, "words": entry.words.strip()}
        session.execute(text("INSERT INTO search_text(search_text, rowid, words) VALUES ('delete', :id, :words)"), old)
        new = {"id": entry.id, "words": str(fresh["words"]).strip()}
        session.execute(text("INSERT INTO search_text(rowid, words) VALUES (:id, :words)"), new)
    for name, value in fresh.items():
        setattr(entry, name, value)
    session.flush()
    for word in sorted(before - after):
        session.execute(update(SearchWord).where(SearchWord.word == word).values(entries=SearchWord.entries - 1))
    if after - before:
        count_words(session, Counter(sorted(after - before)))
