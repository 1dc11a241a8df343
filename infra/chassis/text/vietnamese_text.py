"""Vietnamese text compared by its orthography, not by its bytes: for names, search, imports and references alike.

One syllable has many encodings: composed or not, the tone mark on either vowel (hòa, hoà), a letter that only looks
like another (Ð U+00D0 for Đ U+0110), signs nobody sees. Every form but :func:`readable` and :func:`plain_letters` is
for comparing, never for showing. Pure; standard library only.
"""

from __future__ import annotations

import re
import unicodedata

# Unicode's Default_Ignorable_Code_Point, and the control characters that are no white space.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
APOSTROPHES = (
    "\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02bd\u02be\u02c8\u02ca\u02cb\u00b4\u0060\u2032\u2035\u055a\u05f3\ua78c"
    "\uff07\uff40"
)
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
# Icelandic eth and African d: in many Vietnamese fonts the same picture, on some keyboards the nearest key.
D_WITH_STROKE = {"\u00d0": "Đ", "\u0189": "Đ", "\u018b": "Đ", "\u00f0": "đ", "\u0256": "đ", "\u018c": "đ"}
STROKED_D = re.compile("([Dd])[\u0335\u0336]")  # the stroke as a sign of its own, which no form composes
LETTERS = str.maketrans(D_WITH_STROKE)
D_WITHOUT_STROKE = str.maketrans("đĐ", "dD")
LOOKALIKES = str.maketrans({**dict.fromkeys(APOSTROPHES, "'"), **dict.fromkeys(DASHES, "-"), **D_WITH_STROKE})
# Letters that cannot be told from those of Vietnamese by eye; they count as Latin in a word with Latin letters, or of
# nothing else.
FOREIGN = "АВЕЅІЈКМНОРСТХУԚԜӀаеѕіјорсхуһԁԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυɑɡı"
LATIN = "ABESIJKMHOPCTXYQWIaesijopcxyhdqwlABEZHIKMNOPTYXaikvopuagi"
HOMOGLYPHS = str.maketrans(FOREIGN, LATIN)
HOMOGLYPH = re.compile(f"[{FOREIGN}]")
LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")

TONES = "\u0300\u0301\u0303\u0309\u0323"
QUALITIES = "\u0302\u0306\u031b"
VOWELS = re.compile(f"[aeiouy{QUALITIES}{TONES}]+")
TONE = re.compile(f"[{TONES}]")
WORD = re.compile(r"[^\W_]+")
MARKED_WORD = re.compile("[\\w\u0300-\u036f]+")


def readable(text: str) -> str:
    """The text to store and show: composed letters, Đ as Vietnamese writes it, no invisible signs; spaces as given."""
    return text if text.isascii() else INVISIBLE.sub("", _with_d(unicodedata.normalize("NFC", text)))


def unified(text: str) -> str:
    """The text with all that looks alike made the same: letters, apostrophes, dashes, widths, spaces."""
    if text.isascii() and text.isprintable() and "`" not in text:
        return " ".join(text.split())
    composed = unicodedata.normalize("NFC", text).translate(LOOKALIKES)
    plain = _with_d(unicodedata.normalize("NFKC", INVISIBLE.sub("", composed)).translate(LOOKALIKES))
    return " ".join(_all_latin(plain).split())


def comparison_key(text: str) -> str:
    """Equal for two spellings of one text: case, spacing and the place of tone marks do not count, accents do."""
    letters = unicodedata.normalize("NFD", unified(text).casefold())
    return unicodedata.normalize("NFC", VOWELS.sub(_tones_in_place, letters))


def same_text(text: str, other: str) -> bool:
    """Whether two texts are spellings of one and the same."""
    return comparison_key(text) == comparison_key(other)


def accented_words(text: str) -> str:
    """The words of the comparison key, one space between: punctuation does not count, accents do."""
    return " ".join(WORD.findall(comparison_key(text)))


def without_accents(text: str) -> str:
    """Lower case without diacritics, ``đ`` as ``d``; punctuation stays."""
    return plain_letters(unified(text).casefold()).casefold()


def plain_letters(text: str) -> str:
    """The text without diacritics, ``đ`` as ``d`` and ``Đ`` as ``D``; for systems that know no others."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(D_WITHOUT_STROKE)


def folded_words(text: str) -> str:
    """The words and numbers of a text in lower-case ASCII, one space between; words of other scripts are left out."""
    return " ".join(word for word in WORD.findall(without_accents(text)) if word.isascii())


def identifier_key(text: str) -> str:
    """A reference, code or number that somebody typed: capital ASCII letters and digits only, nothing between them."""
    return re.sub("[^A-Z0-9]", "", without_accents(text).upper())


def _with_d(composed: str) -> str:
    """``đ`` as one letter, however its stroke was put."""
    return STROKED_D.sub(lambda letter: "Đ" if letter[1] == "D" else "đ", composed.translate(LETTERS))


def _all_latin(text: str) -> str:
    """Look-alikes read as Latin, also under an accent ("ӑ", Cyrillic а with a breve)."""
    letters = unicodedata.normalize("NFD", text)
    if not HOMOGLYPH.search(letters):
        return text
    return unicodedata.normalize("NFC", MARKED_WORD.sub(_latin, letters))


def _latin(word: re.Match[str]) -> str:
    latin = word[0].translate(HOMOGLYPHS)
    others = any(sign.isalpha() and not LATIN_LETTER.match(sign) for sign in latin)
    return word[0] if others and not LATIN_LETTER.search(word[0]) else latin


def _tones_in_place(vowels: re.Match[str]) -> str:
    """Tone marks on the last vowel that has another mark, or else on the first vowel, wherever they were put."""
    bare, tones = TONE.sub("", vowels[0]), "".join(TONE.findall(vowels[0]))
    place = max(bare.rfind(mark) for mark in QUALITIES) + 1 or 1
    return bare[:place] + tones + bare[place:]
