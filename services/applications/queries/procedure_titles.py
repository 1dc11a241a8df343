"""What procedures are called, for lists: read once for each version, whose words never change."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, tuple_

from infra.chassis.json_types import Json
from infra.chassis.storage.database import Database
from services.applications.models import ProcedureCopy

MOST = 20_000  # titles of a process, of some hundred bytes each


class ProcedureTitles:
    """Titles by code and version, of the copies that applications are filed under."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._titles: dict[tuple[str, int], Json] = {}

    def add_to(self, items: Iterable[Json]) -> None:
        """Give each row its ``procedure_title``, ``{"vi", "en"?}``; None where there is no copy of its version."""
        rows = list(items)
        self._learn({key for row in rows if (key := _key(row)) is not None and key not in self._titles})
        for row in rows:
            key = _key(row)
            row["procedure_title"] = self._titles.get(key) if key else None

    def _learn(self, keys: set[tuple[str, int]]) -> None:
        if not keys:
            return
        if len(self._titles) + len(keys) > MOST:
            self._titles.clear()
        title = ProcedureCopy.definition["title"]
        query = select(ProcedureCopy.code, ProcedureCopy.version, title)
        query = query.where(tuple_(ProcedureCopy.code, ProcedureCopy.version).in_(sorted(keys)))
        with self.database.session() as session:
            self._titles |= {(code, version): words for code, version, words in session.execute(query) if words}


def _key(row: Json) -> tuple[str, int] | None:
    code, version = row.get("procedure_code"), row.get("procedure_version")
    return (code, version) if code and version else None
