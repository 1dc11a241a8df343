"""The words of the pages: complete in both languages, all of them used, none missing."""

from __future__ import annotations

import re
import string
from pathlib import Path

from infra.front_door.pages import languages

HERE = Path(languages.__file__).parent
SOURCES = [*HERE.glob("*.py"), *(HERE / "templates").rglob("*.html")]
KEY = re.compile(r"""["']([a-z_]+\.[A-Za-z0-9_]+)["']""")
# Completed by what is known when the page is made.
BEGUN = re.compile(r"""["']([a-z_]+\.[A-Za-z0-9_]*_|[a-z_]+\.)(?:["']\s*~|%[ds]|\{)""")
AREAS = {file.stem for file in languages.FOLDER.glob("*.json")}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_is_there_in_both_languages_with_the_same_facts() -> None:
    texts = languages.catalogue()
    assert len(texts) > 100
    for key, words in texts.items():
        assert set(words) == set(languages.LANGUAGES) and all(text.strip() for text in words.values()), key
        assert fields(words["vi"]) == fields(words["en"]), key


def test_every_text_that_is_asked_for_exists_and_every_other_one_is_gone() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES)
    used = {
        key for key in KEY.findall(sources) if key.partition(".")[0] in AREAS and not key.endswith((".html", ".css"))
    }
    begun = tuple(key for key in BEGUN.findall(sources) if key.partition(".")[0] in AREAS)
    texts = set(languages.catalogue())
    missing = {key for key in used - texts if not any(text.startswith(key) for text in texts)}
    assert not missing
    unused = {key for key in texts - used if not key.startswith(begun)}
    assert not unused
