"""What no file of the project says, and what every decision record says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Written apart, so that this file may be read by its own test.
FORBIDDEN = {
    "the host of a package index": "|".join(re.escape(name) for name in ("pypi" + ".org", "python" + "hosted.org")),
    "a folder of somebody's machine": r"(?<![\w.])/(home|Users|root|work|tmp/w)/[\w.]",
    "work that is left over": r"\b(TO" + "DO|FIX" + r"ME)\b",
    "a private key": "BEGIN (RSA |EC |OPENSSH |ENCRYPTED )?PRIVATE " + "KEY-----\\n[A-Za-z0-9+/]",
}
PARTS = ("Context", "Decision", "Price", "The road not taken")
RECORDS = sorted((ROOT / "infra/decisions").glob("[0-9]*.md"))


def texts() -> list[tuple[str, str]]:
    """Every file of the project that is text: what git knows, and what it would take."""
    arguments = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    rows = []
    for name in filter(None, names):
        file = ROOT / name
        if file.is_file() and file.suffix not in {".gz", ".png", ".svg", ".pdf"}:
            rows.append((name, file.read_text(errors="replace")))
    assert len(rows) > 50
    return rows


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    # .ci/run alone may look outside the repository.
    page = [
        f"{name}: {match[0]}"
        for name, text in texts()
        if name != ".ci/run"
        for match in [pattern.search(text)]
        if match
    ]
    assert not page, f"{what}: {page}"


def test_decision_records_are_numbered_without_gaps() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_the_list_of_decisions_names_every_record() -> None:
    listed = (ROOT / "infra/decisions/README.md").read_text()
    missing = [record.name for record in RECORDS if f"]({record.name})" not in listed]
    assert not missing


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_a_decision_record_says_context_decision_price_and_road_not_taken(record: Path) -> None:
    text = record.read_text()
    assert text.startswith(f"# {record.name[:4]} ")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [heading for heading in headings if heading in PARTS] == list(PARTS)
    assert all(part.strip() for part in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:])
    assert len(text.splitlines()) <= 60, "one screen"


def test_every_pinned_version_is_exact() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][\w.!+]*", line) for line in lines)
