"""Records are read line by line: what is none is reported by its number, everything else is sent."""

import gzip
import io
import json
import resource
from pathlib import Path
from typing import Any, cast

import pytest
from nameko.exceptions import RemoteError

from infra.chassis.wire_types import Cluster
from infra.cli.catalogue import import_all
from infra.cli.catalogue_files import BATCH, chunks


class Catalog:
    """Stands in for the service: refuses records that say so, and remembers what it was sent."""

    def __init__(self):
        self.catalog, self.calls = self, []

    def import_procedures(self, *, records, layout, effective_from, reason, command_id):
        assert reason.startswith("portal catalog import ")
        self.calls.append((layout, len(records), command_id))
        if any(record.get("too_long") for record in records):
            raise RemoteError("InvalidRequest", "quá dài")
        finding = {"code": "", "path": "/lines/1", "text": "", "kind": "kept_as_text"}
        group = {"kind": "kept_as_text", "must_decide": False, "name": {"vi": "v", "en": "e"}, "examples": [finding]}
        groups = [{**group, "findings": 1, "records": 1}]
        return {"counts": {"new": len(records), "bad": 0}, "findings": [finding], "by_kind": {}, "groups": groups}


def write_lines(path, lines):
    content = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def take_in(*files, layout="auto", findings=None):
    catalog = Catalog()
    progress: list[Any] = []
    return (
        import_all(cast(Cluster, catalog), list(files), layout, "2025-07-01", progress.append, findings),
        catalog.calls,
        sum(progress),
    )


@pytest.mark.parametrize("name", ["records.jsonl", "records.jsonl.gz"])
def test_every_record_of_a_file_is_sent_in_calls_of_bounded_size(tmp_path, name):
    file = write_lines(tmp_path / name, [{"ma_thu_tuc": str(number)} for number in range(2 * BATCH + 7)])
    summary, calls, report = take_in(file)
    assert summary["records"] == report == 2 * BATCH + 7
    assert [size for _, size, _ in calls] == [BATCH, BATCH, 7]
    assert summary["counts"] == {"new": 2 * BATCH + 7, "bad": 0} and summary["findings"] == {"kept_as_text": 3}


def test_lines_that_are_no_records_are_reported_by_file_and_line(tmp_path):
    lines = [{"ma_thu_tuc": "1"}, b"\n", b"{broken\n", b"\xff\xfe\n", b"[1]\n", b"7\n", {"ma_thu_tuc": "2"}]
    summary, _, _ = take_in(write_lines(tmp_path / "mixed.jsonl", lines))
    assert summary["records"] == 2
    assert [(bad["file"], bad["line"]) for bad in summary["bad_lines"]] == [("mixed.jsonl", n) for n in (3, 4, 5, 6)]


def test_a_file_that_breaks_off_is_read_as_far_as_it_goes(tmp_path):
    complete = write_lines(tmp_path / "whole.jsonl.gz", [{"ma_thu_tuc": str(number) * 50} for number in range(500)])
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(complete.read_bytes()[:-60])
    summary, _, _ = take_in(broken)
    assert 0 < summary["records"] < 500
    assert summary["bad_lines"][-1]["error"].startswith("the file breaks off")


def test_a_file_that_is_no_gzip_is_reported(tmp_path):
    file = tmp_path / "plain.jsonl.gz"
    file.write_bytes(b"{}\n")
    assert take_in(file)[0]["bad_lines"][0]["line"] == 1


def test_one_record_that_is_refused_does_not_keep_the_others_out(tmp_path):
    records = [{"ma_thu_tuc": "1"}, {"ma_thu_tuc": "2", "too_long": True}, {"ma_thu_tuc": "3"}]
    summary, _, _ = take_in(write_lines(tmp_path / "records.jsonl", records))
    assert summary["records"] == 2
    assert summary["bad_lines"] == [{"file": "records.jsonl", "line": 2, "error": "quá dài"}]


def test_a_refusal_for_another_reason_ends_the_import(tmp_path):
    class Closed(Catalog):
        def import_procedures(self, **_):
            raise RemoteError("Forbidden", "không có quyền")

    file = write_lines(tmp_path / "records.jsonl", [{"ma_thu_tuc": "1"}])
    with pytest.raises(RemoteError):
        import_all(cast(Cluster, Closed()), [file], "auto", "2025-07-01", lambda done: None)


def test_records_of_different_layouts_in_one_file_go_in_calls_of_their_own(tmp_path):
    records = [{"ma_thu_tuc": "1"}, {"metadata": {}}, {"metadata": {}}]
    _, calls, _ = take_in(write_lines(tmp_path / "records.jsonl", records))
    assert [(layout, size) for layout, size, _ in calls] == [("portal", 1), ("structured", 2)]
    _, calls, _ = take_in(tmp_path / "records.jsonl", layout="portal")
    assert [(layout, size) for layout, size, _ in calls] == [("portal", 3)]


def test_each_run_is_a_command_of_its_own(tmp_path):
    file = write_lines(tmp_path / "records.jsonl", [{"ma_thu_tuc": "1"}])
    assert take_in(file)[1][0][2] != take_in(file)[1][0][2]


def test_findings_are_written_one_to_a_line(tmp_path):
    file, findings_file = write_lines(tmp_path / "records.jsonl", [{"ma_thu_tuc": "1"}]), io.StringIO()
    take_in(file, findings=findings_file)
    assert json.loads(findings_file.getvalue())["file"] == "records.jsonl"


def test_a_finding_about_a_record_names_its_line_in_the_file(tmp_path):
    file, findings_file = (
        write_lines(tmp_path / "records.jsonl", [{"ma_thu_tuc": str(n)} for n in range(2 * BATCH)]),
        io.StringIO(),
    )
    summary, _, _ = take_in(file, findings=findings_file)
    report = [json.loads(line)["path"] for line in findings_file.getvalue().splitlines()]
    assert report == ["/lines/1", f"/lines/{BATCH + 1}"]
    assert [example["path"] for example in summary["groups"][0]["examples"]] == report


def test_findings_of_all_calls_are_grouped_by_what_an_editor_must_decide(tmp_path):
    class Finding(Catalog):
        def import_procedures(self, **sent):
            reply = super().import_procedures(**sent)
            urgent = {**reply["groups"][0], "kind": "fee_amount_implausible", "must_decide": True}
            return {**reply, "groups": [*reply["groups"], urgent]}

    file = write_lines(tmp_path / "records.jsonl", [{"ma_thu_tuc": str(number)} for number in range(2 * BATCH)])
    groups = import_all(cast(Cluster, Finding()), [file], "auto", "2025-07-01", lambda done: None)["groups"]
    assert [(group["kind"], group["findings"], group["records"]) for group in groups] == [
        ("fee_amount_implausible", 2, 2),
        ("kept_as_text", 2, 2),
    ]


def test_a_file_of_a_hundred_megabytes_is_streamed_in_flat_memory(tmp_path):
    line = json.dumps({"ma_thu_tuc": "1", "mo_ta": "x" * 10_000}).encode() + b"\n"
    file = tmp_path / "large.jsonl.gz"
    with gzip.open(file, "wb", compresslevel=1) as lines:
        for _ in range(101):
            lines.write(line * 100)
    weights = []

    class Weighing(Catalog):
        def import_procedures(self, **sent):
            weights.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize())
            return super().import_procedures(**sent)

    progress: list[Any] = []
    summary = import_all(cast(Cluster, Weighing()), [file], "auto", "2025-07-01", progress.append)
    assert (summary["records"], sum(progress)) == (10_100, 10_100) and len(progress) > 100
    assert max(weights) - weights[2] < 20_000_000


def test_a_long_record_makes_a_call_of_its_own(tmp_path):
    file = write_lines(tmp_path / "records.jsonl", [{"ma_thu_tuc": "x" * 2_100_000}, {"ma_thu_tuc": "2"}])
    assert [len(lines) for lines, _ in chunks(file)] == [1, 1]
