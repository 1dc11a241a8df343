"""Who may import what: the contracts of pyproject.toml hold, and what they cannot express is tested here."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOMAIN_FILES = sorted(ROOT.glob("services/*/domain/**/*.py"))
# eventsourcing.utils: the register of hand-written topics; rfc8785: canonical JSON, for commitments.
PURE_LIBRARIES = {"eventsourcing.domain", "eventsourcing.utils", "infra.working_time", "rfc8785"}


def lint_imports(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.relative_to(ROOT)}: imports say where from (no leading dots)"
            yield node.module or ""


def test_every_import_contract_holds() -> None:
    answer = lint_imports()
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_an_import_contract_that_matches_no_module_fails(tmp_path: Path) -> None:
    """Each contract once more, watching a room that is not there: the guard itself is guarded."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    lines = ["[importlinter]", "root_packages =", *(f"    {package}" for package in settings["root_packages"])]
    lines += [
        "include_external_packages = true",
        "contract_types =",
        *(f"    {kind}" for kind in settings["contract_types"]),
    ]
    lines += ["[importlinter:contract:1]", "name = nothing", "type = rooms", "rooms =", "    services.*.cellar"]
    lines += ["forbidden =", "    nameko"]
    config = tmp_path / "importlinter.ini"
    config.write_text("\n".join(lines))
    answer = lint_imports("--config", str(config))
    assert answer.returncode != 0
    assert "did not match any modules" in answer.stdout + answer.stderr


def test_there_are_domains_to_watch() -> None:
    assert DOMAIN_FILES


@pytest.mark.parametrize("file", DOMAIN_FILES, ids=lambda file: str(file.relative_to(ROOT / "services")))
def test_a_domain_imports_the_standard_library_itself_and_pure_libraries(file: Path) -> None:
    own = f"services.{file.relative_to(ROOT / 'services').parts[0]}"
    allowed = {f"{own}.domain", f"{own}.errors", *PURE_LIBRARIES}
    foreign = [
        name
        for name in imported(file)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not any(name == module or name.startswith(f"{module}.") for module in allowed)
    ]
    assert not foreign, f"{file.relative_to(ROOT)} imports {foreign}"


def test_the_refusals_a_domain_raises_need_the_standard_library_only() -> None:
    names = {name.partition(".")[0] for name in imported(ROOT / "infra/chassis/refusals.py")}
    assert names <= sys.stdlib_module_names


def test_working_time_needs_the_standard_library_only() -> None:
    files = list((ROOT / "infra/working_time").glob("*.py"))
    assert files
    names = {name for file in files for name in imported(file) if not name.startswith("infra.working_time")}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
