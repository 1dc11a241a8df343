"""Official records taken into the catalogue: every record becomes a version, or is reported with the reason why not.

One call carries a batch; who reads a file of any size sends it batch by batch (``portal catalog import``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.chassis.access.actors import Actor
from infra.chassis.contracts import Schema, contract_of
from infra.chassis.instants import day_of
from infra.chassis.json_types import Json
from infra.chassis.refusals import InvalidRequest, Refusal
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.database import Database
from services.catalog import definitions, versions
from services.catalog.errors import VersionsOverlap
from services.catalog.importing.findings import Finding, abbreviated, grouped_report
from services.catalog.importing.load import AWAITING, ReadRecord, load
from services.catalog.importing.records import BadLine
from services.catalog.importing.text_faults import text_faults
from services.catalog.models import Procedure, ProcedureVersion
from services.catalog.shapes import Definition

COUNTS = ("new", "changed", "unchanged", "awaiting", "repeated", "refused", "bad")
PLACED = ("new", "changed", "unchanged")


class Imports:
    """Batches of records in one of the layouts ``structured``, ``portal`` or ``definition`` (our own export).

    ``four_eyes``: a record that changes a procedure's fees waits for a second person, as it does when it is published.
    """

    def __init__(self, database: Database, *, four_eyes: bool = True) -> None:
        self.database, self.four_eyes = database, four_eyes
        self.shape = Schema({"$ref": "#/definitions/procedure"}, contract_of("catalog").definitions)

    @classmethod
    def from_settings(cls, settings: Settings) -> Imports:
        four_eyes = settings.flag("CATALOG_FOUR_EYES", not settings.development)
        return cls(Database.at(settings.database_url("catalog")), four_eyes=four_eyes)

    def import_records(
        self,
        records: Sequence[object],
        layout: str,
        effective_from: str,
        reason: str | None = None,
        *,
        by: Actor,
        command: Command,
    ) -> Json:
        """``{"records", "counts", "findings", "by_kind", "groups"}``; ``counts`` by what became of the records.

        A finding is ``{"code", "path", "text", "kind"}``; the path of a whole record is ``/lines/<number from 1>``.
        ``groups`` is the report an editor works from: what must be decided first, with examples. What was exported
        keeps its own days and version numbers; everything else begins on ``effective_from``.
        """

        def work(session: Session) -> Json:
            batch = _Batch(session, self.shape, day_of(effective_from), layout, by, reason, self.four_eyes)
            return batch.own(records) if layout == "definition" else batch.official(records)

        return self.database.command(command, work)


@dataclass(frozen=True)
class _Candidate:
    """A definition on its way in: from which day to which, under which number, and what was found in its record."""

    definition: object
    day: date
    until: date | None = None
    version: int = 0
    findings: Sequence[Finding] = ()

    @classmethod
    def of(cls, record: object, day: date) -> _Candidate:
        """Our own export wraps a definition in its days; a bare definition begins on the day of the call."""
        if not isinstance(record, dict) or "definition" not in record:
            return cls(record, day)
        first, last, version = (record.get(name) for name in ("effective_from", "effective_until", "version"))
        until = date.fromisoformat(last) if last else None
        begins = date.fromisoformat(first) if first else day
        if (until and until < begins) or not isinstance(version or 0, int) or not 0 <= (version or 0) <= 10**6:
            raise ValueError("effective_until, version")
        return cls(record["definition"], begins, until, version or 0)


class _Batch:
    """One call's records on their way into one transaction."""

    def __init__(
        self, session: Session, shape: Schema, day: date, layout: str, by: Actor, reason: str | None, four_eyes: bool
    ) -> None:
        self.session, self.shape, self.day, self.layout, self.by = session, shape, day, layout, by
        self.reason, self.four_eyes = reason, four_eyes
        self.findings: list[Finding] = []

    def official(self, records: Sequence[object]) -> Json:
        lines = ((number, _checked_line(record)) for number, record in enumerate(records, 1))
        layout: Literal["structured", "portal"] = "structured" if self.layout == "structured" else "portal"
        summary = load(
            lines, fingerprint_of=self._fingerprints, publish=self._publish, layout=layout, report=self.findings.append
        )
        return self._reply(len(records), {name: getattr(summary, name) for name in COUNTS})

    def own(self, records: Sequence[object]) -> Json:
        """Our own export: definitions that are stored as they are."""
        read = [_candidate(record, self.day) for record in records]
        placed = iter(self._put([candidate for candidate in read if isinstance(candidate, _Candidate)]))
        outcomes = [next(placed) if isinstance(candidate, _Candidate) else candidate for candidate in read]
        for candidate in read:
            if isinstance(candidate, _Candidate):
                self.findings += _text_findings(candidate.definition)
        for number, (record, outcome) in enumerate(zip(records, outcomes, strict=True), 1):
            if outcome not in COUNTS:
                self.findings.append(Finding(_code(record), f"/lines/{number}", outcome, "publication_refused"))
        counted = Counter(outcome if outcome in COUNTS else "refused" for outcome in outcomes)
        return self._reply(len(records), {name: counted[name] for name in COUNTS})

    def _reply(self, number: int, counts: dict[str, int]) -> Json:
        findings = [finding.to_json() for finding in self.findings]
        by_kind = dict(sorted(Counter(finding.kind for finding in self.findings).items()))
        groups = grouped_report(self.findings)
        return {"records": number, "counts": counts, "findings": findings, "by_kind": by_kind, "groups": groups}

    def _fingerprints(self, codes: Sequence[str]) -> Mapping[str, str]:
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

    def _publish(self, batch: Sequence[ReadRecord]) -> Mapping[str, str]:
        outcomes = self._put([_Candidate(record.definition, self.day, findings=record.findings) for record in batch])
        pairs = zip(batch, outcomes, strict=True)
        return {record.definition["code"]: outcome for record, outcome in pairs if outcome not in PLACED}

    def _put(self, batch: Sequence[_Candidate]) -> list[str]:
        """Put definitions in force; per definition one of ``COUNTS``, or why it was refused."""
        read = [self._sound(candidate.definition) for candidate in batch]
        procedures = versions.lock_procedures(
            self.session, [definition["code"] for definition in read if isinstance(definition, dict)]
        )
        outcomes: list[str] = []
        placed: list[ProcedureVersion] = []
        for full, candidate in zip(read, batch, strict=True):
            outcomes.append(
                full if isinstance(full, str) else self._place(full, candidate, procedures[full["code"]], placed)
            )
        versions.index_and_publish(self.session, placed)
        return outcomes

    def _sound(self, definition: object) -> Definition | str:
        """The definition in its full shape, or why it cannot be taken."""
        try:
            if not isinstance(definition, Mapping):
                raise TypeError(f"'{type(definition).__name__}' object is not a mapping")
            full = definitions.complete(definition)
            if problems := self.shape.problems(full):
                raise InvalidRequest(
                    [{"pointer": problem["pointer"], "vi": problem["vi"], "en": problem["en"]} for problem in problems]
                )
            definitions.check_definition(full, root="")
        except (Refusal, KeyError, TypeError, ValueError) as refused:
            return _reason(refused)
        return full

    def _place(
        self, full: Definition, candidate: _Candidate, procedure: Procedure, placed: list[ProcedureVersion]
    ) -> str:
        """One version in its days; what refuses it does so before anything is written."""
        day = candidate.day
        current = versions.in_force(self.session, procedure.code, day) if procedure.versions else None
        if current is not None and current.fingerprint == definitions.fingerprint(full):
            return "unchanged"
        if current is not None and current.effective_from == day:
            return _reason(VersionsOverlap(code=procedure.code, version=current.version, effective_from=str(day)))
        waits = self.four_eyes and procedure.versions > 0 and versions.fees_change(self.session, full, day)
        if waits and versions.equal_proposal(self.session, full, day):
            return AWAITING
        existing = procedure.versions
        procedure.versions = max(existing, candidate.version - 1)
        findings = [
            {"path": finding.path, "text": finding.text, "kind": finding.kind} for finding in candidate.findings
        ]
        state = versions.AWAITING if waits else versions.DRAFT
        row = versions.propose(self.session, procedure, full, day, by=self.by, state=state, findings=findings)
        facts = {"layout": self.layout, "findings": len(findings)}
        if waits:
            versions.record_change(
                self.session, row, "proposed", by=self.by, reason=self.reason, why="fees changed", **facts
            )
            return AWAITING
        versions.put_in_force(self.session, row, candidate.until)
        versions.record_change(self.session, row, "imported", by=self.by, reason=self.reason, **facts)
        placed.append(row)
        return "changed" if existing else "new"


def _candidate(record: object, day: date) -> _Candidate | str:
    try:
        return _Candidate.of(record, day)
    except (TypeError, ValueError) as error:
        return _reason(error)


def _text_findings(definition: object) -> list[Finding]:
    """Texts that lost their letters on the way; a form's patterns and the record it came from are not texts."""
    if not isinstance(definition, dict):
        return []
    texts = {name: value for name, value in definition.items() if name not in ("form", "source")}
    return [Finding(_code(definition), path, abbreviated(text), kind) for path, text, kind in text_faults(texts)]


def _code(record: object) -> str:
    inner = record.get("definition", record) if isinstance(record, dict) else {}
    return str(inner.get("code", ""))[:40] if isinstance(inner, dict) else ""


def _checked_line(record: object) -> Json | BadLine:
    return record if isinstance(record, dict) else BadLine("not a JSON object", str(record)[:200])


def _reason(refused: Exception) -> str:
    return str(refused)[:1000] or type(refused).__name__
