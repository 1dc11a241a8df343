"""Vietnamese text as official records hold it: made comparable, without changing what it says."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from infra.chassis.text.vietnamese_text import without_accents

# Vietnamese letters for character classes; a range such as à-ỹ would mix capitals with small letters.
LOWER = "a-zàáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
UPPER = "A-Z" + LOWER[3:].upper()

LONGEST_NOTHING = 60
NOTHING = frozenset(
    ("", "khong", "khong co", "khong co thong tin", "khong quy dinh", "chua quy dinh", "khong co quy dinh", "chua co")
)


def squeezed(text: str) -> str:
    """One space where there was any run of white space; composed letters."""
    return _squeezed(text) if len(text) <= CACHED_LENGTH else " ".join(unicodedata.normalize("NFC", text).split())


def tidy(text: str) -> str:
    """Squeezed line by line: line breaks part what is on them."""
    return "\n".join(line for line in map(squeezed, text.splitlines()) if line)


def folded(text: str) -> str:
    """Lower case without diacritics, `đ` as `d`: for comparing, never for showing."""
    return _folded(text) if len(text) <= CACHED_LENGTH else without_accents(text)


# Nine of ten short texts in a record have been in an earlier one: names of channels, papers, units, "không có".
CACHED_LENGTH, CACHE_SIZE = 200, 8192
_folded = lru_cache(CACHE_SIZE)(without_accents)
_squeezed = lru_cache(CACHE_SIZE)(lambda text: " ".join(unicodedata.normalize("NFC", text).split()))


def says_nothing(text: str) -> bool:
    """Whether a cell only says that there is nothing to say: "Không có thông tin", "Không quy định", "-"."""
    return len(text) <= LONGEST_NOTHING and folded(text).strip(" .;:-–/()+*") in NOTHING


def vietnamese_only(text: str) -> dict[str, str | None]:
    """A name as official records have it: in Vietnamese only."""
    return {"vi": text, "en": None}


def bilingual(text: str, english: str | None = None) -> dict[str, str]:
    """A name that a quote must be able to say in either language; Vietnamese stands in for missing English."""
    return {"vi": text, "en": english or text}


def slug(text: str, longest: int = 60) -> str:
    """A code made of a name: "Hộ tịch" becomes "ho-tich"."""
    return re.sub(r"[^a-z0-9]+", "-", folded(text[: 4 * longest])).strip("-")[:longest].strip("-")


def unique(preferred: str, ids: set[str], otherwise: str) -> str:
    """`wanted`, or it with a number when something else already has that name."""
    base = name = preferred or otherwise
    number = len(ids)
    while name in ids:
        number += 1
        name = f"{base}-{number}"
    ids.add(name)
    return name
