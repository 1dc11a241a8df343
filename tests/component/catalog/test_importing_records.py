"""Files of official records: lines, layouts, fingerprints, and records of any shape."""

import gzip
from pathlib import Path

import pytest

from services.catalog.importing.records import BadLine, records
from tests.unit.catalog.test_importing_records import lines


def test_gzipped_files_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_bytes(gzip.compress(b'{"a": 1}\n{"b": 2}\n'))
    assert list(records(path)) == [(1, {"a": 1}), (2, {"b": 2})]


def test_an_endless_line_costs_a_bad_line_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.catalog.importing.records.LONGEST_LINE", 64)
    (first, bad), following = lines(b'{"a": "' + b"x" * 500 + b'"}', b'{"b": 2}')
    assert (first, isinstance(bad, BadLine), following) == (1, True, (2, {"b": 2}))
