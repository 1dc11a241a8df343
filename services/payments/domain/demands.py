"""What a citizen owes, read from the quote that was pinned when the application was submitted.

A quote's items are gathered into one demand per moment of collection and currency: fees for intake are due at
once, those for the result when it is approved (paying early is allowed), those for a supplement when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

DUE_AT_ONCE = frozenset({"intake"})
PAYABLE_EARLY = frozenset({"intake", "result"})
MOMENTS = ("intake", "supplement", "result")


class Standing(StrEnum):
    LATER = "later"
    DUE = "due"
    SETTLED = "settled"
    WAIVED = "waived"
    DROPPED = "dropped"


UNPAID = frozenset({Standing.LATER, Standing.DUE})


@dataclass(frozen=True)
class Owed:
    """One demand to be raised. ``amount`` in minor units of ``currency``."""

    collected_at: str
    amount: int
    currency: str
    items: tuple[Mapping[str, Any], ...]

    @property
    def standing(self) -> Standing:
        return Standing.DUE if self.collected_at in DUE_AT_ONCE else Standing.LATER


def owed_by(quote: Mapping[str, Any]) -> list[Owed]:
    """The demands of a quote ``{"items": [{"amount": {money}, "collected_at", …}]}``; free items make none."""
    gathered: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in quote.get("items", ()):
        if item["amount"]["amount"] > 0:
            gathered.setdefault((item.get("collected_at") or "intake", item["amount"]["currency"]), []).append(item)
    return [
        Owed(moment, sum(int(item["amount"]["amount"]) for item in items), currency, tuple(items))
        for (moment, currency), items in sorted(gathered.items(), key=lambda one: (MOMENTS.index(one[0][0]), one[0][1]))
    ]


def by_kind(items: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How much of these items is duty (lệ phí) and how much charge (phí): they are different revenue."""
    shares: dict[str, int] = {}
    for item in items:
        kind = str(item.get("kind") or "charge")
        shares[kind] = shares.get(kind, 0) + int(item["amount"]["amount"])
    return shares


def payable(standings: Sequence[tuple[str, Standing]]) -> list[int]:
    """Which demands (moment, standing) one payment takes: all that are due, else those that may be paid early."""
    due = [index for index, (_, standing) in enumerate(standings) if standing is Standing.DUE]
    early = [
        index
        for index, (moment, standing) in enumerate(standings)
        if standing is Standing.LATER and moment in PAYABLE_EARLY
    ]
    return due or early
