"""Official records taken into the catalogue: every record becomes a version, or is reported with the reason why not.

One call carries a batch; who reads a file of any size sends it batch by batch (``portal catalog import``).
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from infra.chassis.actors import Actor
from infra.chassis.commands import Command
from infra.chassis.contracts import Schema, contract_of
from infra.chassis.database import Database
from infra.chassis.refusals import InvalidRequest, Refusal
from infra.chassis.settings import Settings
from services.catalog import definitions, versions
from services.catalog.days import day_of
from services.catalog.importing.parsing import parse

Finding = dict[str, Any]


class Imports:
    """Batches of records in one of the layouts ``structured``, ``portal`` or ``definition`` (our own export)."""

    def __init__(self, database: Database) -> None:
        self.database = database
        contract = contract_of("catalog")
        self.shape = Schema({"$ref": "#/definitions/procedure"}, contract.definitions)

    @classmethod
    def from_settings(cls, settings: Settings) -> Imports:
        return cls(Database.at(settings.database_url("catalog")))

    def take_in(
        self, records: list[Any], layout: str, effective_from: str, *, by: Actor, command: Command
    ) -> dict[str, Any]:
        """``{"records", "counts": {"new", "changed", "unchanged", "refused"}, "findings": [...], "by_kind"}``.

        A finding is ``{"index", "code", "path", "text", "kind"}``: which record of the batch, where in it, what it says.
        """
        day = day_of(effective_from)
        read = [self._read(index, record, layout) for index, record in enumerate(records)]
        return self.database.command(command, lambda session: self._store(session, read, day, layout, by))

    def _read(self, index: int, record: Any, layout: str) -> tuple[dict[str, Any] | None, list[Finding]]:
        """The definition a record amounts to, or none, and what an editor must look at."""
        if not isinstance(record, dict):
            return None, [_finding(index, None, "", str(record)[:300], "record_unreadable")]
        if layout == "definition":
            definition, found = dict(record.get("definition") or record), []
        else:
            definition, findings = parse(record, layout)  # type: ignore[arg-type]
            found = [_finding(index, one.code, one.path, one.text, one.kind) for one in findings]
        try:
            full = definitions.complete(definition)
            if problems := self.shape.problems(full):
                raise InvalidRequest([{"pointer": one["pointer"], "problem": one["vi"]} for one in problems])
            definitions.check(full, root="")
        except (InvalidRequest, KeyError, TypeError) as refused:
            code = definition.get("code") if isinstance(definition, dict) else None
            return None, [*found, *_refused(index, code, refused)]
        return full, found

    def _store(
        self,
        session: Session,
        read: list[tuple[dict[str, Any] | None, list[Finding]]],
        day: date,
        layout: str,
        by: Actor,
    ) -> dict[str, Any]:
        counted: Counter[str] = Counter()
        findings: list[Finding] = []
        seen: set[str] = set()
        for index, (definition, found) in enumerate(read):
            findings += found
            if definition is None:
                counted["refused"] += 1
                continue
            outcome, told = self._one(session, index, definition, found, day, layout, seen, by)
            counted[outcome] += 1
            findings += told
        numbers = {name: counted[name] for name in ("new", "changed", "unchanged", "refused")}
        by_kind = dict(sorted(Counter(finding["kind"] for finding in findings).items()))
        return {"records": len(read), "counts": numbers, "findings": findings, "by_kind": by_kind}

    def _one(
        self,
        session: Session,
        index: int,
        definition: dict[str, Any],
        found: list[Finding],
        day: date,
        layout: str,
        seen: set[str],
        by: Actor,
    ) -> tuple[str, list[Finding]]:
        code = definition["code"]
        twice = [_finding(index, code, "/code", code, "code_twice_in_file")] if code in seen else []
        seen.add(code)
        versions.locked(session, code)
        current = versions.in_force(session, code, day)
        if current is not None and current.fingerprint == definitions.fingerprint(definition):
            return "unchanged", twice
        try:
            with session.begin_nested():  # a refused record leaves nothing behind and does not stop the batch
                row = versions.propose(session, definition, day, by=by, findings=found)
                versions.put_in_force(session, row)
        except Refusal as refused:
            return "refused", [*twice, *_refused(index, code, refused)]
        versions.remember(session, row, "imported", by=by, layout=layout, findings=len(found))
        return ("new" if row.version == 1 else "changed"), twice


def _finding(index: int, code: str | None, path: str, text: str, kind: str) -> Finding:
    return {"index": index, "code": code, "path": path, "text": text, "kind": kind}


def _refused(index: int, code: str | None, refusal: Exception) -> list[Finding]:
    """Why a record was refused: one finding per place where the refusal names places."""
    if isinstance(refusal, InvalidRequest):
        return [
            _finding(index, code, one["pointer"], one["problem"], "publication_refused")
            for one in refusal.facts["problems"]
        ]
    return [_finding(index, code, "", str(refusal)[:300], "publication_refused")]
