"""What is in ``tests/unit`` needs nothing but Python: it imports no server, and is watched while it runs."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.architecture.test_imports import imported
from tests.support.purity import NotPure, pure

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "tests/unit").rglob("*.py"))
FORBIDDEN = (
    "sqlalchemy",
    "sqlite3",
    "psycopg",
    "socket",
    "subprocess",
    "eventlet",
    "kombu",
    "nameko",
    "tests.component",
    "tests.service",
    "tests.support.servers",
)
ERRORS = {"kombu.exceptions", "nameko.exceptions", "sqlalchemy.exc"}  # their names, for what is made of them


def test_there_are_pure_tests() -> None:
    assert len([file for file in FILES if file.name.startswith("test_")]) > 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT / "tests/unit").as_posix())
def test_a_pure_test_imports_no_server_and_no_test_that_has_one(file: Path) -> None:
    expected = {name for name in imported(file) if name not in ERRORS}
    names = [name for name in expected for module in FORBIDDEN if name == module or name.startswith(f"{module}.")]
    assert not names, f"{file.relative_to(ROOT)} imports {names}: it belongs to tests/component"


@pytest.mark.parametrize(
    "impure",
    [
        lambda folder: sqlite3.connect(folder / "one.sqlite"),
        lambda _: subprocess.run([sys.executable, "-c", ""], check=True),
        lambda _: socket.socket().bind(("127.0.0.1", 0)),
        lambda folder: (folder / "one.txt").write_text("written"),
    ],
    ids=["database", "process", "socket", "file"],
)
def test_a_pure_test_that_touches_the_world_fails(impure: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(NotPure), pure():
        impure(tmp_path)


def test_it_fails_also_when_what_it_tests_swallows_the_refusal() -> None:
    careless = contextlib.suppress(Exception)
    with pytest.raises(NotPure, match="swallowed"), pure(), careless:
        sqlite3.connect(":memory:")


def test_what_hypothesis_keeps_of_a_failure_does_not_hide_the_failure(tmp_path: Path) -> None:
    with pure():
        DirectoryBasedExampleDatabase(tmp_path).save(b"property", b"example")
    assert any(tmp_path.iterdir())


def test_reading_a_recorded_fixture_is_pure() -> None:
    with pure():
        assert Path(__file__).read_text()
