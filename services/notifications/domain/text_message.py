"""What a text message can carry: letters of the GSM alphabet, in few parts, to a number that can receive it.

A Vietnamese text with its diacritics is UCS-2: 70 characters, 67 in each part of several. Without them it is GSM 7-bit:
160, and 153. Agencies' texts are written without, so texts come here in plain letters and are cut after three parts.
"""

from __future__ import annotations

LONGEST_PARTS = 3
ONE_PART, EACH_PART = 160, 153  # septets of a text alone, and of each part of several: the header takes seven
LONGEST = LONGEST_PARTS * EACH_PART
CUT = "..."

# ASCII as far as the GSM alphabet has it; what is in its extension counts twice.
BASIC = frozenset(" @$_!\"#%&'()*+,-./:;<=>?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
EXTENDED = frozenset("^{}\\[~]|")
SUBSTITUTES = str.maketrans(
    {
        "₫": "VND", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "`": "'",
        "–": "-", "—": "-", "−": "-", "•": "-", "…": "...", "×": "x", "€": "EUR", "⁄": "/", "ß": "ss",
    }
)  # fmt: skip


def gsm_text(text: str) -> str:
    """A text without diacritics in letters that cost one place each, in one line; for any other letter ``?``."""
    bare = " ".join(text.translate(SUBSTITUTES).split())
    return "".join(letter if letter in BASIC or letter in EXTENDED else "?" for letter in bare)


def septets(text: str) -> int:
    """How many places a plain text takes."""
    return len(text) + sum(letter in EXTENDED for letter in text)


def parts(text: str) -> int:
    """How many messages a plain text is paid as."""
    needed = septets(text)
    return 1 if needed <= ONE_PART else -(-needed // EACH_PART)


def fitted(text: str) -> str:
    """A plain text, cut between two words when it is longer than three parts."""
    if septets(text) <= LONGEST:
        return text
    cut = text[: LONGEST - len(CUT)]
    while septets(cut) > LONGEST - len(CUT):
        cut = cut[:-1]
    words, space, _ = cut.rpartition(" ")
    return (words if space else cut) + CUT
