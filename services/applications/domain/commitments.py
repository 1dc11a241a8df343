"""Commitments: what an event keeps of words and papers that may have to be erased.

``commit`` is SHA-256 over ``salt || canonical JSON`` (RFC 8785). Whoever has value and salt can prove
what was recorded; once both are erased, the commitment says nothing about the person.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import rfc8785

SALT_BYTES = 32


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON of ``value``."""
    return bytes(rfc8785.dumps(value))


def commit(value: Any, salt: bytes) -> str:
    """Hex commitment to a JSON value under a salt of ``SALT_BYTES`` random bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hashlib.sha256(salt + canonical(value)).hexdigest()


def opens(commitment: str, value: Any, salt: bytes) -> bool:
    """Whether value and salt are what was committed to."""
    return hmac.compare_digest(commitment, commit(value, salt))


def digest(value: Any) -> str:
    """Unsalted SHA-256 of public facts (a procedure's definition), hex."""
    return hashlib.sha256(canonical(value)).hexdigest()
