"""JSON as it goes in and out of doors, into columns and onto the wire."""

from __future__ import annotations

from typing import Any, TypedDict

# An object whose shape a contract says (``contract.json``, JSON Schema), and the door or a test checks.
Json = dict[str, Any]


class Money(TypedDict):
    """An amount in minor units."""

    amount: int
    currency: str
