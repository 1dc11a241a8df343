"""Texts that are not what their author wrote: read in the wrong encoding, typed for an old font, or copied with markup.

Nothing is repaired here: what the letters were is a guess, and a guess is an editor's to make. Each fault is a finding.
Source of the old encodings: TCVN 5712:1993 (TCVN3) and the VNI-Windows table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

TAG = r"</?[a-z][a-z0-9]{0,9}(?:\s[^<>]{0,200})?/?>"
ENTITY = r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});"
MARKUP = re.compile(f"{TAG}|{ENTITY}", re.IGNORECASE)
LOST = re.compile(r"\ufffd|[^\W\d_]\?[^\W\d_]")
# Beyond Latin-1 and in use in Vietnamese: a text with one of these was not typed for an old font.
UNICODE_LETTER = re.compile("[\u0102\u0103\u0110\u0111\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]")
# TCVN3 puts Vietnamese letters where Latin-1 has signs and letters that Vietnamese does not know.
TCVN3_SIGNS = "§¡¢¤¥¦¨©ª¬\xad®µ¸¶·¹¾¼½ÆÇËÎÏÑÖ×ØÜÞßäåæçëîïñö÷øûüþ"
# Nor has it a syllable that c, ch, p or t ends and that bears no tone ("tôc").
CLOSED = r"[âêôÂÊÔ](?:ch|[cpt])\b"
TCVN3_WORD = re.compile(f"[A-Za-z][{TCVN3_SIGNS}]|[§®¨©][A-Za-z\u00a0-\u00ff]|[a-z][\u00c0-\u00de]|{CLOSED}")
# A sign within a word ("l¹i") is no footnote: one such word is enough.
TCVN3_CERTAIN = re.compile("[A-Za-z][¡¢¤¥¦§¨©ª¬®µ¶·¸¹¾¼½][a-z]")
# VNI writes a vowel and its accent as two letters, in pairs that no Vietnamese syllable has.
VNI_WORD = re.compile("a[ùøûõïâáàåãäêéèúüë]|o[ùøûõïâåä]|e[ùøûõïâáàåãä]|[uy][ùøûõï]|[ñöæ]", re.IGNORECASE)
WORD = re.compile(r"\S+")
ENOUGH_WORDS = 2

UNASSIGNED = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
CP1252 = {bytes([code]).decode("cp1252"): code for code in range(0x80, 0xA0) if code not in UNASSIGNED}
# UTF-8 read as Latin-1: Ä, Æ and á with º or » behind them begin a letter; à must do so twice, for “MÃ” is a word.
CERTAIN = re.compile(rb"\xc4[\x82\x83\x90\x91\xa8\xa9]|\xc6[\xa0\xa1\xaf\xb0]|\xe1[\xba\xbb][\x80-\xbf]")
LIKELY = re.compile(rb"\xc3[\x80-\xbf]")


def text_fault(text: str) -> str | None:
    """The kind of finding a text gives rise to; None when nothing is wrong with its letters."""
    if MARKUP.search(text):
        return "text_holds_markup"
    if text.isascii():
        return "text_lost_letters" if LOST.search(text) else None
    if _is_double_encoded(text):
        return "text_double_encoded"
    if LOST.search(text):
        return "text_lost_letters"
    return "text_in_old_encoding" if _is_in_old_encoding(text) else None


def text_faults(value: object, path: str = "") -> Iterator[tuple[str, str, str]]:
    """``(JSON pointer, text, kind)`` of every faulty text in a record, however deep."""
    if isinstance(value, str):
        kind = text_fault(value)
        if kind:
            yield path, value, kind
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from text_faults(member, f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from text_faults(member, f"{path}/{place}")


def _is_double_encoded(text: str) -> bool:
    octets = bytes(code if (code := CP1252.get(letter, ord(letter))) < 0x100 else 0x20 for letter in text)
    return bool(CERTAIN.search(octets)) or len(LIKELY.findall(octets)) >= ENOUGH_WORDS


def _is_in_old_encoding(text: str) -> bool:
    if UNICODE_LETTER.search(text):
        return False
    if TCVN3_CERTAIN.search(text):
        return True
    words = WORD.findall(text)
    faulty = max(sum(bool(pattern.search(word)) for word in words) for pattern in (TCVN3_WORD, VNI_WORD))
    return faulty >= min(ENOUGH_WORDS, len(words))
