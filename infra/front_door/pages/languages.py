"""The words of the pages: one file for each area in ``texts``, every text in Vietnamese and English."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("texts")
LANGUAGES = ("vi", "en")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every text by its key, ``area.name``."""
    texts: dict[str, dict[str, str]] = {}
    for file in sorted(FOLDER.glob("*.json")):
        area: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
        texts |= {f"{file.stem}.{name}": words for name, words in area.items()}
    return texts


def words(key: str, language: str, **facts: object) -> str:
    """A text; one that does not exist is a failure, which no page hides."""
    template = catalogue()[key][language]
    return template.format_map(facts) if facts else template


def exists(key: str) -> bool:
    return key in catalogue()


def other(language: str) -> str:
    return "en" if language == "vi" else "vi"
