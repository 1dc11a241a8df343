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


class Phase(StrEnum):
    """What an application's course means for its fees."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    ENDED = "ended"


def phase_of(application: Mapping[str, Any]) -> Phase:
    """The phase of an application as its service answers it."""
    if application.get("status") in {"intake_refused", "withdrawn", "stopped"}:
        return Phase.ENDED
    outcome = (application.get("decision") or {}).get("outcome")
    return Phase(outcome) if outcome in {Phase.APPROVED, Phase.REJECTED} else Phase.OPEN


def standing_in(phase: Phase, collected_at: str, standing: Standing, *, asked_for: bool) -> Standing:
    """The state of a demand once its application is in ``phase``.

    What was paid or waived stays. What handling's end or a rejection made void is owed again when an appeal reopens the
    application: at once where it was due at once or the office had asked for it (``asked_for``), else in its own time.
    """
    if standing in {Standing.SETTLED, Standing.WAIVED}:
        return standing
    if phase is Phase.ENDED or (phase is Phase.REJECTED and collected_at == "result"):
        return Standing.DROPPED
    if phase is Phase.APPROVED and collected_at == "result":
        return Standing.DUE
    if standing is Standing.DROPPED:
        return Standing.DUE if asked_for or collected_at in DUE_AT_ONCE else Standing.LATER
    return standing


@dataclass(frozen=True)
class Owed:
    """One demand to be raised. ``amount`` in minor units of ``currency``."""

    collected_at: str
    amount: int
    currency: str
    items: tuple[Mapping[str, object], ...]

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
        for (moment, currency), items in sorted(
            gathered.items(), key=lambda demand: (MOMENTS.index(demand[0][0]), demand[0][1])
        )
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
