"""What the security document claims has a test: every one it names is there, and every requirement is answered."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "infra" / "SECURITY.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \|(.*)\|(.*)\|$", re.MULTILINE)


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(DOCUMENT)
    assert len(named) >= 20, "the guard sees the document"
    missing = [f"{path}::{name}" for path, name in named if name not in functions_of(ROOT / path)]
    assert not missing


def functions_of(path: Path) -> set[str]:
    if not path.exists():
        return set()
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_requirement_has_a_test_or_an_argued_no() -> None:
    rows = ROW.findall(DOCUMENT)
    assert len(rows) >= 20 and len({number for number, _, _ in rows}) == len(rows)
    unanswered = [number for number, _, answer in rows if not NAMED.search(answer) and not argued_no(answer)]
    assert not unanswered


def argued_no(answer: str) -> bool:
    return answer.strip().startswith("No: ") and len(answer.split()) > 8
