"""Passwords: argon2id digests, what is too weak, and never holding up the other callers of this process.

Parameters are OWASP's minimum (m=19456 KiB, t=2, p=1; about 25 ms). Under eventlet the work leaves the hub's thread,
two at a time (`infra/chassis/running/native_threads.py`), so that a flood of sign-ins cannot take all memory and both
cores.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import secrets
import unicodedata
from collections.abc import Iterable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from infra.chassis.running.native_threads import in_native_thread
from infra.chassis.text.vietnamese_text import plain_letters
from services.identity.errors import WeakPassword

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
NONE = "none"  # stored of whoever signs in with an e-ID alone: the digest of no password
SHORTEST = 8
LONGEST = 128


def hash_password(password: str) -> str:
    """The argon2id digest of ``password`` in its encoded form (parameters and salt inside)."""
    return in_native_thread(HASHER.hash, _composed(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one of ``stored``. With ``None`` (no such account) it works as long and says no."""
    against = stored or _decoy_digest()
    try:
        return bool(in_native_thread(HASHER.verify, against, _composed(password))) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether ``stored`` was made with other parameters than today's."""
    return HASHER.check_needs_rehash(stored)


def check_strength(password: str, *, about: Iterable[str] = ()) -> None:
    """Refuse a weak password (``WeakPassword``); ``about`` are facts about the person it must not be made of.

    Length, lists of common passwords and words of the place, no composition rules (OWASP ASVS 5.0, 6.2).
    """
    plain = _composed(password).casefold()
    if len(plain) < SHORTEST:
        raise WeakPassword(why_vi=f"cần ít nhất {SHORTEST} ký tự", why_en=f"at least {SHORTEST} characters are needed")
    if len(password) > LONGEST:
        raise WeakPassword(why_vi=f"dài quá {LONGEST} ký tự", why_en=f"longer than {LONGEST} characters")
    if len(set(plain)) < 4 or is_common(plain) or _only_place_words(plain):
        raise WeakPassword(why_vi="quá phổ biến hoặc quá dễ đoán", why_en="too common or too easy to guess")
    if any(len(fact) >= 6 and fact.casefold() in plain for fact in about):
        raise WeakPassword(why_vi="chứa thông tin cá nhân của bạn", why_en="it contains your personal particulars")


def _composed(password: str) -> str:
    # Vietnamese keyboards write the same letter composed or decomposed; both must sign in.
    return unicodedata.normalize("NFC", password)


@functools.cache
def _decoy_digest() -> str:
    return HASHER.hash(secrets.token_urlsafe(16))


def is_common(password: str) -> bool:
    """Whether a password in lower case is on a list; Vietnamese ones with diacritics and blanks or without."""
    bare = re.sub(r"\s", "", plain_letters(password))
    return password in _common_passwords() or bare in _common_passwords()


def _only_place_words(password: str) -> bool:
    """Whether nothing is left of it but a word of the place, digits and signs: ``DichVuCong@2026``."""
    return re.sub(r"[\W\d_]", "", plain_letters(password)) in _lines("place_words.txt")


@functools.cache
def _common_passwords() -> frozenset[str]:
    return _lines("common_passwords.txt") | _frequent_passwords()


@functools.cache
def _lines(name: str) -> frozenset[str]:
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line and not line.startswith("#"))


def _frequent_passwords() -> frozenset[str]:
    """Passwords by frequency in breaches, as zxcvbn ships them; its own lists of words stay out of memory."""
    package = importlib.util.find_spec("zxcvbn")
    assert package is not None and package.origin is not None, "a dependency of this service"
    lists = SourceFileLoader("frequency_lists", str(Path(package.origin).with_name("frequency_lists.py")))
    module = ModuleType(lists.name)
    lists.exec_module(module)
    return frozenset(password for password in module.FREQUENCY_LISTS["passwords"] if len(password) >= SHORTEST)
