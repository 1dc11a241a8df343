"""Official records taken into a catalogue in memory: every line ends in one count, and nothing is read twice."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.catalog.importing.findings import Finding
from services.catalog.importing.load import ReadRecord, Summary, load
from services.catalog.importing.records import BadLine


class Shelf:
    """A catalogue in memory; refuses the codes it is set to."""

    def __init__(self, refuses: Sequence[str] = ()) -> None:
        self.fingerprints: dict[str, str] = {}
        self.batches: list[int] = []
        self.refuses = refuses

    def fingerprints_of(self, codes: Sequence[str]) -> Mapping[str, str]:
        return {code: self.fingerprints[code] for code in codes if code in self.fingerprints}

    def publish(self, batch: Sequence[ReadRecord]) -> Mapping[str, str]:
        self.batches.append(len(batch))
        for entry in batch:
            if entry.definition["code"] not in self.refuses:
                self.fingerprints[entry.definition["code"]] = entry.definition["source"]["fingerprint"]
        return {entry.definition["code"]: "không nhận" for entry in batch if entry.definition["code"] in self.refuses}


def record(code: str, title: str = "Thủ tục") -> dict[str, Any]:
    return {"ma_thu_tuc": code, "ten_thu_tuc": title, "linh_vuc": "Thuế"}


def numbered(*stored: dict[str, Any] | BadLine) -> list[tuple[int, dict[str, Any] | BadLine]]:
    return list(enumerate(stored, start=1))


def loaded(shelf: Shelf, *stored: dict[str, Any] | BadLine, **more: Any) -> Summary:
    return load(numbered(*stored), fingerprint_of=shelf.fingerprints_of, publish=shelf.publish, **more)


def test_new_records_become_versions() -> None:
    summary = loaded(Shelf(), record("1.1"), record("1.2"))
    assert (summary.lines, summary.new) == (2, 2)


def test_the_same_record_again_makes_no_version() -> None:
    shelf = Shelf()
    loaded(shelf, record("1.1"))
    summary = loaded(shelf, record("1.1"))
    assert (summary.unchanged, summary.new, shelf.batches) == (1, 0, [1])


def test_a_changed_record_makes_a_new_version() -> None:
    shelf = Shelf()
    loaded(shelf, record("1.1"))
    assert loaded(shelf, record("1.1", "Tên mới")).changed == 1


def test_of_two_records_with_one_code_the_first_is_taken_and_the_second_reported() -> None:
    findings: list[Finding] = []
    summary = loaded(Shelf(), record("1.1"), record("1.1", "Tên khác"), record("1.1"), report=findings.append)
    assert (summary.new, summary.repeated) == (1, 2)
    twice = [finding for finding in findings if finding.kind == "code_twice_in_file"]
    assert [(finding.path, finding.text) for finding in twice] == [("/lines/2", "Tên khác")]


def test_lines_that_hold_no_record_are_counted_and_reported() -> None:
    findings: list[Finding] = []
    summary = loaded(
        Shelf(), BadLine("no JSON", "{"), {"name": "x"}, {"ten_thu_tuc": "Không mã"}, report=findings.append
    )
    assert (summary.bad, [finding.kind for finding in findings]) == (
        3,
        ["record_unreadable", "record_unreadable", "code_missing"],
    )


def test_a_record_of_another_layout_than_the_one_named_is_reported() -> None:
    findings: list[Finding] = []
    summary = loaded(Shelf(), record("1.1"), layout="structured", report=findings.append)
    assert (summary.bad, [finding.kind for finding in findings]) == (1, ["layout_differs"])


def test_a_refused_record_is_reported_and_the_others_stay() -> None:
    findings: list[Finding] = []
    summary = loaded(Shelf(refuses=["1.1"]), record("1.1"), record("1.2"), report=findings.append)
    assert (summary.refused, summary.new) == (1, 1)
    assert ("1.1", "publication_refused", "không nhận") in [
        (finding.code, finding.kind, finding.text) for finding in findings
    ]


def test_progress_is_told_after_each_batch() -> None:
    collected: list[int] = []
    shelf = Shelf()
    loaded(
        shelf,
        *(record(f"1.{number}") for number in range(7)),
        batch=3,
        progress=lambda summary: collected.append(summary.lines),
    )
    assert (collected, shelf.batches) == ([3, 6, 7], [3, 3, 1])


def test_a_summary_holds_counts_and_grouped_findings() -> None:
    summary = loaded(Shelf(), record("1.1")).to_json()
    assert (summary["lines"], summary["new"]) == (1, 1)
    assert sum(group["findings"] for group in summary["groups"]) == summary["findings"]


lines = st.one_of(
    st.builds(record, st.sampled_from(["1.1", "1.2", "1.3"]), st.sampled_from(["a", "b"])),
    st.just(BadLine("no JSON", "{")),
    st.just({"x": 1}),
)


@given(st.lists(lines, max_size=12), st.integers(1, 4))
def test_every_line_ends_in_exactly_one_count(rows: list[dict[str, Any] | BadLine], batch: int) -> None:
    shelf = Shelf(refuses=["1.3"])
    for _ in range(2):
        summary = loaded(shelf, *rows, batch=batch)
        parts = summary.new + summary.changed + summary.unchanged + summary.repeated + summary.refused + summary.bad
        assert parts == summary.lines == len(rows)
    assert summary.new == summary.changed == 0
