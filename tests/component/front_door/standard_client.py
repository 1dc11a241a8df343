"""npm's openid-client against our front door: installed into build/, run with Node, told what a browser did."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "build" / "openid-client"
VERSION = "6.9.0"
SCRIPT = Path(__file__).with_name("standard_client.mjs")


def run_openid_client(facts: dict[str, Any], led_back: Callable[[str], str]) -> dict[str, Any]:
    """The script's findings; each address that it wants opened is answered with where the browser ended."""
    process = subprocess.Popen(
        [_program("node"), str(_installed())],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "FACTS": json.dumps(facts)},
    )
    assert process.stdin is not None and process.stdout is not None
    findings: dict[str, Any] = {}
    with process:
        for line in process.stdout:
            message = json.loads(line)
            if "open" in message:
                process.stdin.write(led_back(message["open"]) + "\n")
                process.stdin.flush()
            else:
                findings = message["done"]
    assert process.returncode == 0
    return findings


def _installed() -> Path:
    """The script, in the folder of its library: Node looks for packages from where a file is."""
    if not (FOLDER / "node_modules" / "openid-client").is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        install = [_program("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER)]
        subprocess.run([*install, f"openid-client@{VERSION}"], check=True, capture_output=True, timeout=120)
    shutil.copyfile(SCRIPT, FOLDER / SCRIPT.name)
    return FOLDER / SCRIPT.name


def _program(name: str) -> str:
    """Node's program; from Debian where it is missing and we may install it."""
    if shutil.which(name) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", "update"], env=quiet, check=False, capture_output=True)
        install = ["apt-get", "-qq", "install", "--no-install-recommends", "nodejs", "npm"]
        subprocess.run(install, env=quiet, check=False, capture_output=True)
    program = shutil.which(name)
    assert program, f"{name} is missing: install Debian's nodejs and npm"
    return program
