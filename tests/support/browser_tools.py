"""What browser tests drive and judge pages with: Debian's Chromium, and axe-core from npm in ``build/``.

``prepare`` installs what is missing, as root on Debian; ``make test`` calls it before the suite
(:mod:`tests.support.servers`). A test without them fails and says what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "browser"
AXE = "axe-core@4.14.1"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
MISSING = "Browser tests need {what}: run `make servers` as root on Debian, or install it yourself."


def chromium() -> str | None:
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def axe_file() -> Path:
    return FOLDER / "node_modules" / "axe-core" / "axe.min.js"


def lacking() -> list[str]:
    """The Debian packages that are missing for them."""
    npm = axe_file().exists() or shutil.which("npm")
    needed = (("chromium", chromium()), ("fonts-noto-core", _vietnamese_letters()), ("npm", npm))
    return [name for name, there in needed if not there]


def _vietnamese_letters() -> bool:
    listed = shutil.which("fc-list")
    if listed is None:
        return True  # no way to ask: the browser brings what it has
    fonts = subprocess.run([listed, ":lang=vi", "family"], capture_output=True, text=True, check=False)
    return bool(fonts.stdout.strip())


def fetch_axe() -> None:
    """axe-core by npm's own client; it runs nothing of what it unpacks."""
    if not axe_file().exists() and shutil.which("npm"):
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(FOLDER), "--ignore-scripts", "--no-audit", "--no-fund", AXE]
        subprocess.run(command, cwd=FOLDER, capture_output=True, check=True, env={**os.environ, "CI": "1"})


@cache
def axe_source() -> str:
    fetch_axe()
    assert axe_file().exists(), MISSING.format(what="npm, for axe-core")
    return axe_file().read_text(encoding="utf-8")


@cache
def chromium_program() -> str:
    path = chromium()
    assert path, MISSING.format(what="chromium")
    return path
