"""Takes official records into a catalogue, batch by batch: what is new, changed, the same again, or bad.

The catalogue is two callables, so that this runs against any store and in memory. A caller streams a file like this:

    load(records(path), known=versions_by_code, publish=publish_batch, progress=show)

Every line ends in exactly one count of the summary; what did not become a version is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from infra.chassis.json_types import Json
from services.catalog.importing.findings import Finding, FindingReport
from services.catalog.importing.parsing import parse_record, readable_record
from services.catalog.importing.records import BadLine, Layout, layout_of, record_fingerprint
from services.catalog.importing.words import squeezed

BATCH = 200
AWAITING = "awaiting"  # in place of a reason: a second person must agree first


@dataclass(frozen=True)
class ReadRecord:
    """A record that was read: its line, what became of it ("new" or "changed"), its definition and findings."""

    line: int
    outcome: str
    definition: Json
    findings: list[Finding]


@dataclass
class Summary:
    """Counts of lines by what became of them; `lines` is always their sum."""

    lines: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    awaiting: int = 0
    repeated: int = 0
    refused: int = 0
    bad: int = 0
    findings: int = 0
    report: FindingReport = field(default_factory=FindingReport)

    def to_json(self) -> Json:
        """The counts by their names, and the grouped findings as `groups`."""
        counts = {name: value for name, value in vars(self).items() if isinstance(value, int)}
        return {**counts, "groups": self.report.groups()}


# codes -> the fingerprint of the record that each code's version in force was made from (`source.fingerprint`)
FingerprintLookup = Callable[[Sequence[str]], Mapping[str, str]]
# puts a batch in force, at best in one transaction -> code and reason of each definition that is not in force now
Publish = Callable[[Sequence[ReadRecord]], Mapping[str, str]]


def load(
    lines: Iterable[tuple[int, Json | BadLine]],
    *,
    fingerprint_of: FingerprintLookup,
    publish: Publish,
    layout: Layout | None = None,
    report: Callable[[Finding], None] = lambda finding: None,
    progress: Callable[[Summary], None] = lambda summary: None,
    batch: int = BATCH,
) -> Summary:
    """Load every line; `found` sees each finding as it arises, `progress` the summary after each batch.

    A record whose fingerprint is the known one is not read again and makes no version. Of several different records
    with one code in a file the first is taken, the others are reported. `layout` None: told from each record's shape.
    """
    loading = _Loading(fingerprint_of, publish, layout, report)
    stream = iter(lines)
    while chunk := list(islice(stream, batch)):
        loading.take(chunk)
        progress(loading.summary)
    return loading.summary


class _Loading:
    def __init__(
        self,
        fingerprint_of: FingerprintLookup,
        publish: Publish,
        layout: Layout | None,
        report: Callable[[Finding], None],
    ) -> None:
        self.summary = Summary()
        self._fingerprints_of, self._publish, self._layout, self._report = fingerprint_of, publish, layout, report
        self._marks: dict[str, str] = {}

    def take(self, chunk: list[tuple[int, Json | BadLine]]) -> None:
        fresh = list(self._fresh(chunk))
        before = self._fingerprints_of([code for _, code, _, _ in fresh]) if fresh else {}
        records = [
            self._read(line, record, layout, before.get(code))
            for line, code, record, layout in fresh
            if not self._same_again(before.get(code), self._marks[code])
        ]
        refused = self._publish(records) if records else {}
        for read_record in records:
            self._settle(read_record, refused.get(read_record.definition["code"]))

    def _fresh(self, chunk: list[tuple[int, Json | BadLine]]) -> Iterator[tuple[int, str, Json, Layout]]:
        """The chunk's records that have a code and are the first with it; the others are counted and reported here."""
        for line, record in chunk:
            self.summary.lines += 1
            legible = {} if isinstance(record, BadLine) else readable_record(record)
            shape = layout_of(legible)
            layout = self._layout or shape
            if isinstance(record, BadLine) or layout is None:
                self._bad(line, record)
                continue
            if shape not in (None, layout):
                self._bad(line, record, "layout_differs")
                continue
            code, mark = code_of(legible), record_fingerprint(record)
            if not code:
                self._bad(line, record, "code_missing")
            elif code in self._marks:
                self.summary.repeated += 1
                if self._marks[code] != mark:
                    self._report_finding(Finding(code, f"/lines/{line}", _title(record), "code_twice_in_file"))
            else:
                self._marks[code] = mark
                yield line, code, record, layout

    def _same_again(self, before: str | None, mark: str) -> bool:
        same = before == mark
        self.summary.unchanged += same
        return same

    def _read(self, line: int, record: Mapping[str, object], layout: Layout, before: str | None) -> ReadRecord:
        definition, findings = parse_record(record, layout)
        return ReadRecord(line, "new" if before is None else "changed", definition, findings)

    def _settle(self, record: ReadRecord, refusal: str | None) -> None:
        if refusal is None:
            setattr(self.summary, record.outcome, getattr(self.summary, record.outcome) + 1)
        elif refusal == AWAITING:
            self.summary.awaiting += 1
        else:
            self.summary.refused += 1
            self._report_finding(
                Finding(record.definition["code"], f"/lines/{record.line}", refusal, "publication_refused")
            )
        for finding in record.findings:
            self._report_finding(finding)

    def _bad(self, line: int, record: Mapping[str, object] | BadLine, kind: str = "record_unreadable") -> None:
        self.summary.bad += 1
        text = f"{record.reason}: {record.text}" if isinstance(record, BadLine) else str(record)
        self._report_finding(Finding("", f"/lines/{line}", text[:300], kind))

    def _report_finding(self, finding: Finding) -> None:
        self.summary.findings += 1
        self.summary.report.add(finding)
        self._report(finding)


def code_of(record: Mapping[str, object]) -> str:
    """The procedure code of a record of either layout; "" when it has none."""
    metadata = record.get("metadata")
    inner = metadata.get("mã_thủ_tục") if isinstance(metadata, Mapping) else None
    return squeezed(str(inner or record.get("ma_thu_tuc") or record.get("thu_tuc_id") or ""))


def _title(record: Mapping[str, object]) -> str:
    metadata = record.get("metadata")
    inner = metadata.get("tên_thủ_tục") if isinstance(metadata, Mapping) else None
    return str(inner or record.get("ten_thu_tuc") or "")
