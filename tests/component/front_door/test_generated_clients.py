"""Clients that others' generators make of the document: they compile, and each takes an application to its result."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.support import generated_clients
from tests.support.front_door import FrontDoor

COMES_FROM_AFAR = 900  # seconds; packages are fetched, classes made and checked, while other suites run
OUTCOME = re.compile(r"\S+ \d{4}-\d\d-\d\dT\S+ result_returned\n")


@pytest.mark.timeout(COMES_FROM_AFAR)
def test_the_generated_typescript_client_compiles_and_takes_an_application_to_its_result(
    door: FrontDoor, tmp_path: Path
) -> None:
    program = generated_clients.made() / "typescript" / "out" / "whole_application.js"
    assert_it_ends_with_a_result(door, tmp_path, "node", str(program))


@pytest.mark.timeout(COMES_FROM_AFAR)
def test_the_generated_python_client_is_well_typed_and_takes_an_application_to_its_result(
    door: FrontDoor, tmp_path: Path
) -> None:
    program = generated_clients.made() / "python" / "whole_application.py"
    assert_it_ends_with_a_result(door, tmp_path, str(generated_clients.INTERPRETER), str(program))


def test_what_the_readme_shows_of_them_is_in_the_programs_that_run() -> None:
    readme = (generated_clients.ROOT / "README.md").read_text(encoding="utf-8")
    for ending in ("ts", "py"):
        (example,) = re.findall(rf"```{ending}\n(.*?)```", readme, re.DOTALL)
        assert example in (generated_clients.MADE_WITH / f"whole_application.{ending}").read_text(encoding="utf-8")


def assert_it_ends_with_a_result(door: FrontDoor, folder: Path, *command: str) -> None:
    (folder / "portal.json").write_text(json.dumps({"url": door.url, "people": door.people}), encoding="utf-8")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert OUTCOME.fullmatch(done.stdout), done.stdout
