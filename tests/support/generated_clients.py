"""``make clients``: a TypeScript and a Python client generated from the front door's document, and their types checked.

They lie in ``build/clients``, each with the environment it needs, and are made again when the document or what they are
made with has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from infra.front_door import openapi

ROOT = Path(__file__).resolve().parents[2]
MADE_WITH = ROOT / "infra" / "front_door" / "clients"
BUILD = ROOT / "build" / "clients"
TYPESCRIPT, PYTHON = BUILD / "typescript", BUILD / "python"
INTERPRETER = PYTHON / ".venv" / "bin" / "python"


class NotMade(Exception):
    """A tool failed; its own words say why."""


def made() -> Path:
    """The folder of both clients, generated and checked."""
    for folder, make, sources in (
        (TYPESCRIPT, typescript, ("package.json", "package-lock.json", "tsconfig.json", "whole_application.ts")),
        (PYTHON, python, ("requirements.txt", "openapi-python-client.yml", "whole_application.py")),
    ):
        _up_to_date(folder, make, [MADE_WITH / name for name in sources])
    return BUILD


def _up_to_date(folder: Path, make: Callable[[], None], sources: list[Path]) -> None:
    inputs = [openapi.document_bytes()[0], Path(__file__).read_bytes(), *(source.read_bytes() for source in sources)]
    state = hashlib.sha256(b"\0".join(inputs)).hexdigest()
    stamp = folder / "made-of"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return
    folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    for source in sources:
        shutil.copyfile(source, folder / source.name)
    document = json.dumps(openapi.document(), ensure_ascii=False)
    (folder / "openapi.json").write_text(document, encoding="utf-8")
    make()
    stamp.write_text(state, encoding="utf-8")


def typescript() -> None:
    """Its types by openapi-typescript; the native compiler checks them in a second, the one before it in twenty."""
    if shutil.which("npm") is None:
        raise NotMade("Node.js is missing: apt-get install nodejs npm")
    _run(TYPESCRIPT, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
    generator = "node_modules/openapi-typescript/bin/cli.js"
    _run(TYPESCRIPT, "node", generator, "openapi.json", "--output", "portal.d.ts")
    _run(TYPESCRIPT, "node", "node_modules/tsc/bin/tsc", "--strict", "--project", ".")


def python() -> None:
    """Its classes by openapi-python-client, checked by the project's mypy with the environment of the client."""
    _run(PYTHON, sys.executable, "-m", "venv", ".venv")
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt")
    _run(PYTHON, str(INTERPRETER), *install)
    generator = str(INTERPRETER.with_name("openapi-python-client"))
    options = ("--path", "openapi.json", "--config", "openapi-python-client.yml", "--fail-on-warning")
    package = ("--meta", "none", "--output-path", "portal_client", "--overwrite")
    _run(PYTHON, generator, "generate", *options, *package)
    checked = ("whole_application.py", "portal_client")
    _run(
        PYTHON,
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        f"--python-executable={INTERPRETER}",
        *checked,
    )


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=_environment(), check=False)
    if done.returncode:
        raise NotMade(f"{' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}


if __name__ == "__main__":
    sys.stdout.write(f"{made()}\n")
