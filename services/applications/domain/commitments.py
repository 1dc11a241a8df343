"""Commitments: what an event keeps of words and papers that may have to be erased.

``commit`` is SHA-256 over ``salt || canonical JSON`` (RFC 8785). Whoever has value and salt can prove
what was recorded; once both are erased, the commitment says nothing about the person.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

import rfc8785

IDS = ("statement_id", "answers_id", "attachment_id", "result_id", "line_id")

SALT_BYTES = 32


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON of ``value``."""
    return bytes(rfc8785.dumps(value))


def commit(value: object, salt: bytes) -> str:
    """Hex commitment to a JSON value under a salt of ``SALT_BYTES`` random bytes."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hashlib.sha256(salt + canonical(value)).hexdigest()


def opens(commitment: str, value: object, salt: bytes) -> bool:
    """Whether value and salt are what was committed to."""
    return hmac.compare_digest(commitment, commit(value, salt))


def digest(value: object) -> str:
    """Unsalted SHA-256 of public facts (a procedure's definition), hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def sealed_parts(value: object, place: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Places within an event that hold an id and its commitment."""
    if isinstance(value, Mapping):
        if "commitment" in value and any(name in value for name in IDS):
            yield place or "value", value
        for key, part in value.items():
            yield from sealed_parts(part, f"{place}/{key}")
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from sealed_parts(part, f"{place}/{number}")


def tracking_digest(reference: str, code: str) -> str:
    """What the stream keeps of a tracking code."""
    return hashlib.sha256(f"{reference}:{code.strip().upper()}".encode()).hexdigest()
