"""Official records taken into the catalogue: every record becomes a version, or is reported with the reason why not.

One call carries a batch; who reads a file of any size sends it batch by batch (``portal catalog import``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.actors import Actor
from infra.chassis.commands import Command
from infra.chassis.contracts import Schema, contract_of
from infra.chassis.database import Database
from infra.chassis.refusals import InvalidRequest, Refusal
from infra.chassis.settings import Settings
from services.catalog import definitions, versions
from services.catalog.days import day_of
from services.catalog.errors import VersionsOverlap
from services.catalog.importing.findings import Finding
from services.catalog.importing.load import Taken, load
from services.catalog.importing.records import BadLine
from services.catalog.models import Procedure, ProcedureVersion

COUNTS = ("new", "changed", "unchanged", "repeated", "refused", "bad")


class Imports:
    """Batches of records in one of the layouts ``structured``, ``portal`` or ``definition`` (our own export)."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.shape = Schema({"$ref": "#/definitions/procedure"}, contract_of("catalog").definitions)

    @classmethod
    def from_settings(cls, settings: Settings) -> Imports:
        return cls(Database.at(settings.database_url("catalog")))

    def take_in(
        self, records: list[Any], layout: str, effective_from: str, *, by: Actor, command: Command
    ) -> dict[str, Any]:
        """``{"records", "counts", "findings", "by_kind"}``; ``counts`` by what became of the records (``COUNTS``).

        A finding is ``{"code", "path", "text", "kind"}``; the path of a whole record is ``/lines/<number from 1>``.
        """
        day = day_of(effective_from)

        def work(session: Session) -> dict[str, Any]:
            batch = _Batch(session, self.shape, day, layout, by)
            return batch.own(records) if layout == "definition" else batch.official(records)

        return self.database.command(command, work)


class _Batch:
    """One call's records on their way into one transaction."""

    def __init__(self, session: Session, shape: Schema, day: date, layout: str, by: Actor) -> None:
        self.session, self.shape, self.day, self.layout, self.by = session, shape, day, layout, by
        self.findings: list[Finding] = []

    def official(self, records: list[Any]) -> dict[str, Any]:
        lines = ((number, _line(record)) for number, record in enumerate(records, 1))
        layout: Any = self.layout
        summary = load(lines, known=self._known, publish=self._publish, layout=layout, found=self.findings.append)
        return self._reply(len(records), {name: getattr(summary, name) for name in COUNTS})

    def own(self, records: list[Any]) -> dict[str, Any]:
        """Our own export: definitions that are stored as they are."""
        read = [record.get("definition", record) if isinstance(record, dict) else {} for record in records]
        outcomes = self._put([(definition, []) for definition in read])
        for number, (definition, outcome) in enumerate(zip(read, outcomes, strict=True), 1):
            if outcome not in COUNTS:
                code = str(definition.get("code", "")) if isinstance(definition, dict) else ""
                self.findings.append(Finding(code, f"/lines/{number}", outcome, "publication_refused"))
        counted = Counter(outcome if outcome in COUNTS else "refused" for outcome in outcomes)
        return self._reply(len(records), {name: counted[name] for name in COUNTS})

    def _reply(self, number: int, counts: dict[str, int]) -> dict[str, Any]:
        told = [{"code": one.code, "path": one.path, "text": one.text, "kind": one.kind} for one in self.findings]
        by_kind = dict(sorted(Counter(one.kind for one in self.findings).items()))
        return {"records": number, "counts": counts, "findings": told, "by_kind": by_kind}

    def _known(self, codes: Sequence[str]) -> Mapping[str, str]:
        """Which record the version in force of each code was made from."""
        rows = self.session.scalars(
            select(ProcedureVersion).where(
                ProcedureVersion.code.in_(codes),
                ProcedureVersion.state == versions.PUBLISHED,
                ProcedureVersion.effective_from <= self.day,
                (ProcedureVersion.effective_until.is_(None)) | (ProcedureVersion.effective_until >= self.day),
            )
        )
        return {row.code: str((row.definition.get("source") or {}).get("fingerprint", "")) for row in rows}

    def _publish(self, batch: Sequence[Taken]) -> Mapping[str, str]:
        outcomes = self._put([(one.definition, one.findings) for one in batch])
        told = zip(batch, outcomes, strict=True)
        return {one.definition["code"]: outcome for one, outcome in told if outcome not in COUNTS}

    def _put(self, batch: Sequence[tuple[Mapping[str, Any], list[Finding]]]) -> list[str]:
        """Put definitions in force; per definition ``new``, ``changed`` or ``unchanged``, or why it was refused."""
        read = [self._sound(definition) for definition, _ in batch]
        held = versions.locked(self.session, [one["code"] for one in read if isinstance(one, dict)])
        outcomes: list[str] = []
        placed: list[ProcedureVersion] = []
        for one, (_, findings) in zip(read, batch, strict=True):
            outcomes.append(one if isinstance(one, str) else self._place(one, findings, held[one["code"]], placed))
        versions.announce(self.session, placed)
        return outcomes

    def _sound(self, definition: Mapping[str, Any]) -> dict[str, Any] | str:
        """The definition in its full shape, or why it cannot be taken."""
        try:
            full = definitions.complete(definition)
            if problems := self.shape.problems(full):
                raise InvalidRequest([{"pointer": one["pointer"], "problem": one["vi"]} for one in problems])
            definitions.check(full, root="")
        except (Refusal, KeyError, TypeError, ValueError) as refused:
            return _reason(refused)
        return full

    def _place(
        self, full: dict[str, Any], findings: list[Finding], procedure: Procedure, placed: list[ProcedureVersion]
    ) -> str:
        """One version in its days; what refuses it does so before anything is written."""
        current = versions.in_force(self.session, procedure.code, self.day) if procedure.versions else None
        if current is not None and current.fingerprint == definitions.fingerprint(full):
            return "unchanged"
        if current is not None and current.effective_from == self.day:
            return _reason(VersionsOverlap(code=procedure.code, version=current.version, effective_from=str(self.day)))
        kept = [{"path": one.path, "text": one.text, "kind": one.kind} for one in findings]
        row = versions.propose(self.session, procedure, full, self.day, by=self.by, findings=kept)
        versions.put_in_force(self.session, row)
        versions.remember(self.session, row, "imported", by=self.by, layout=self.layout, findings=len(findings))
        placed.append(row)
        return "new" if row.version == 1 else "changed"


def _line(record: Any) -> dict[str, Any] | BadLine:
    return record if isinstance(record, dict) else BadLine("not a JSON object", str(record)[:200])


def _reason(refused: Exception) -> str:
    return str(refused)[:1000] or type(refused).__name__
