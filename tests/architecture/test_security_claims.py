"""What the security documents claim has a test: each one named is there, and every ASVS requirement is answered."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "infra" / "security" / "asvs.md"
DOCUMENTS = (ROOT / "infra" / "SECURITY.md", REQUIREMENTS)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FILE = re.compile(r"`((?:infra|services|tests)/[\w./-]+\.\w+|[\w-]+\.(?:toml|txt|md)|\.dockerignore)`")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| (holds|(?:partly|no): [^|]+) \|$", re.MULTILINE)
SUMMARY = re.compile(r"^\| V(\d+) [^|]+" + r"\| (\d+|–) " * 4 + r"\|$", re.MULTILINE)
RANGE = re.compile(r"(\d+\.\d+)\.(\d+)(?:–\d+\.\d+\.(\d+))?")
BEYOND = {"1.2.10", "2.3.5", "5.2.4", "5.2.6", "6.3.8", "6.5.8", "8.3.2"}  # of level 3

# How many requirements of levels 1 and 2 each chapter's sections have in ASVS 5.0.0; in each they are the first ones.
CHAPTERS = {
    1: (2, 9, 11, 3, 2),
    2: (3, 3, 4, 1),
    3: (0, 2, 4, 6, 5, 0, 2),
    4: (3, 1, 2, 4),
    5: (1, 3, 2, 3),
    6: (3, 12, 4, 4, 5, 3, 0, 4),
    7: (3, 4, 2, 5, 2, 2),
    8: (2, 3, 1, 1),
    9: (3, 4),
    10: (2, 2, 4, 11, 5, 2, 3),
    11: (2, 3, 3, 4, 1, 1),
    12: (3, 2, 4),
    13: (1, 5, 2, 5),
    14: (2, 4, 3),
    15: (3, 3, 7),
    16: (1, 5, 4, 3, 3),
    17: (1, 4, 2),
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_and_file_that_is_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    tests, files = NAMED.findall(text), FILE.findall(text)
    assert len(tests) + len(files) >= 10, "the guard sees the document"
    missing = [f"{path}::{name}" for path, name in tests if name not in functions_of(ROOT / path)]
    missing += [name for name in files if not (ROOT / name).is_file()]
    assert not missing


def functions_of(path: Path) -> set[str]:
    if not path.exists():
        return set()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)}


def test_every_requirement_of_levels_1_and_2_is_answered_once() -> None:
    required = [
        f"{chapter}.{section}.{number}"
        for chapter, sections in CHAPTERS.items()
        for section, most in enumerate(sections, 1)
        for number in range(1, most + 1)
    ]
    assert len(required) == 253, "70 of level 1, 183 of level 2"
    answered = [*(row[0] for row in rows()), *not_applying()]
    assert sorted(answered) == sorted([*required, *BEYOND])


def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall(REQUIREMENTS.read_text(encoding="utf-8"))


def not_applying() -> list[str]:
    numbers = []
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("Does not apply: "):
            for section, first, last in RANGE.findall(line):
                numbers += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return numbers


def test_nothing_holds_without_evidence_and_a_gap_is_argued() -> None:
    for number, _, how, state in rows():
        if state == "holds":
            assert NAMED.search(how) or FILE.search(how), number
        else:
            assert len(state.split()) > 3, number


def test_the_summary_counts_what_the_table_says() -> None:
    counted = Counter(
        (number.split(".")[0], state.split(":")[0]) for number, *_, state in rows() if number not in BEYOND
    )
    counted.update((number.split(".")[0], "does not apply") for number in not_applying())
    summary = {
        (chapter, state): int(count.replace("–", "0"))
        for chapter, *counts in SUMMARY.findall(DOCUMENTS[0].read_text(encoding="utf-8"))
        for state, count in zip(("holds", "partly", "no", "does not apply"), counts, strict=True)
    }
    assert len(summary) == 4 * len(CHAPTERS)
    assert {key: count for key, count in summary.items() if count} == counted
