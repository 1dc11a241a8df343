"""What an import could not take over as it is: findings per record and field, and the report editors work from.

A finding never stands for lost text: the text stays in the definition's `source`, word for word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from infra.chassis.json_types import Json
from services.catalog.importing.kinds import KINDS

LONGEST_TEXT = 300
EXAMPLES_PER_KIND = 5


@dataclass(frozen=True)
class Finding:
    """`code` of the procedure, `path` as JSON pointer into the record, the `text` it is about, a `kind` of KINDS."""

    code: str
    path: str
    text: str
    kind: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)


class Findings:
    """Collects what one record gives rise to; says the same thing about the same place once."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._findings: dict[Finding, None] = {}

    def add(self, path: str, text: str, *kinds: str) -> None:
        for kind in kinds:
            assert kind in KINDS, kind
            self._findings.setdefault(Finding(self._code, path, abbreviated(text), kind))

    def list(self) -> list[Finding]:
        return [*self._findings]


def abbreviated(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


class FindingReport:
    """Groups findings as they stream by, holding counts and a few examples only, so that memory stays flat."""

    def __init__(self) -> None:
        self._groups: dict[str, Json] = {}
        self._last: dict[str, str] = {}

    def add(self, finding: Finding) -> None:
        group = self._groups.setdefault(finding.kind, {"findings": 0, "records": 0, "examples": []})
        group["findings"] += 1
        # A record's findings arrive together, so a change of code is a new record.
        group["records"] += self._last.get(finding.kind) != finding.code
        self._last[finding.kind] = finding.code
        if len(group["examples"]) < EXAMPLES_PER_KIND:
            group["examples"].append(finding.to_json())

    def groups(self) -> list[Json]:
        """What an editor must decide first, then the rest; within each the most frequent kind first."""
        rows = [
            {"kind": kind, "must_decide": KINDS[kind][0], "name": {"vi": KINDS[kind][1], "en": KINDS[kind][2]}, **group}
            for kind, group in self._groups.items()
        ]
        return sorted(rows, key=lambda row: (not row["must_decide"], -row["findings"], row["kind"]))


def grouped_report(findings: Iterable[Finding]) -> list[Json]:
    """`[{"kind", "must_decide", "name": {"vi", "en"}, "findings", "records", "examples": [...]}]` of any findings."""
    grouped = FindingReport()
    for finding in findings:
        grouped.add(finding)
    return grouped.groups()
