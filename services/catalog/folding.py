"""How the catalogue reads Vietnamese: folded letters, abbreviations people type, words one letter apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST = 60

# What people type for what the law writes. Keys and values are folded; the longest key wins.
SYNONYMS: dict[str, str] = {
    "gplx": "giay phep lai xe",
    "bang lai xe": "giay phep lai xe",
    "bang lai": "giay phep lai xe",
    "cccd": "the can cuoc",
    "cmnd": "the can cuoc",
    "cmt": "the can cuoc",
    "can cuoc cong dan": "can cuoc",
    "chung minh nhan dan": "the can cuoc",
    "bhyt": "bao hiem y te",
    "bhxh": "bao hiem xa hoi",
    "bhtn": "bao hiem that nghiep",
    "tnld": "tai nan lao dong",
    "bnn": "benh nghe nghiep",
    "llttp": "ly lich tu phap",
    "lltp": "ly lich tu phap",
    "gcn": "giay chung nhan",
    "qsdd": "quyen su dung dat",
    "gcnqsdd": "giay chung nhan quyen su dung dat",
    "so do": "giay chung nhan quyen su dung dat",
    "so hong": "giay chung nhan quyen so huu nha",
    "gpxd": "giay phep xay dung",
    "gpkd": "dang ky kinh doanh",
    "dkkd": "dang ky kinh doanh",
    "hkd": "ho kinh doanh",
    "tnhh": "trach nhiem huu han",
    "cp": "co phan",
    "dntn": "doanh nghiep tu nhan",
    "ho khau": "thuong tru",
    "kt3": "tam tru",
    "pccc": "phong chay chua chay",
    "tthn": "tinh trang hon nhan",
    "doc than": "tinh trang hon nhan",
    "ks": "khai sinh",
    "xnc": "xuat nhap canh",
    "atvstp": "an toan thuc pham",
    "attp": "an toan thuc pham",
    "gtvt": "giao thong van tai",
    "tncn": "thu nhap ca nhan",
    "gtgt": "gia tri gia tang",
    "vat": "gia tri gia tang",
    "mst": "ma so thue",
    "hc": "ho chieu",
    "passport": "ho chieu",
}
# What people call a procedure after what they want of it. Of queries only: titles are indexed as the law has them.
COMMON_NAMES: dict[str, str] = {
    "evisa": "cap thi thuc",
    "e visa": "cap thi thuc",
    "visa dien tu": "cap thi thuc",
    "visa": "thi thuc",
    "sao y ban chinh": "chung thuc ban sao",
    "sao y": "chung thuc ban sao",
    "lam lai": "cap lai",
    "lam ho chieu": "cap ho chieu",
    "lam can cuoc": "cap the can cuoc",
    "lam cccd": "cap the can cuoc",
    "giay khai sinh": "dang ky khai sinh",
    "giay ket hon": "dang ky ket hon",
    "giay chung tu": "dang ky khai tu",
    "giay bao tu": "dang ky khai tu",
    "bao tu": "dang ky khai tu",
}


def _any_of(names: dict[str, str]) -> re.Pattern[str]:
    return re.compile(" (" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + ")(?= )")


_SYNONYM, _COMMON_NAME = _any_of(SYNONYMS), _any_of(COMMON_NAMES)
_CODE = re.compile(r"^\s*(\d{1,2}\.\d{0,6}|\d{4,6})\S*\s*$")


def with_legal_terms(folded: str) -> str:
    """The folded text with abbreviations and colloquial names put into the words of the law."""
    return _SYNONYM.sub(lambda match: f" {SYNONYMS[match[1]]}", f" {folded} ").strip()


def with_common_names(folded: str) -> str:
    """A folded query with what people call a procedure put into the words of its title."""
    return _COMMON_NAME.sub(lambda match: f" {COMMON_NAMES[match[1]]}", f" {folded} ").strip()


def plain_title(folded: str) -> str:
    """A folded title without the word "procedure" (thủ tục) in front, which half of all titles carry."""
    return folded.removeprefix("thu tuc ") or folded


def code_prefix(text: str) -> str | None:
    """The beginning of an official code (``1.0011``) or of its running number (``001193``), if that was typed."""
    match = _CODE.match(text)
    return match[1] if match else None


def one_edit_away(word: str) -> Iterator[str]:
    """Every word one slip away: a letter missing, added, replaced, or two exchanged. May repeat itself."""
    parts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    yield from (head + tail[1:] for head, tail in parts if tail)
    yield from (head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1)
    yield from (head + letter + tail[1:] for head, tail in parts if tail for letter in LETTERS)
    yield from (head + letter + tail for head, tail in parts for letter in LETTERS)


def bigrams(words: list[str]) -> list[str]:
    """Neighbouring words; in Vietnamese these are mostly one compound word."""
    return [f"{first} {second}" for first, second in pairwise(words)]
