"""Ranks: by score, equal ones share a rank and the next is skipped (1-2-2-4); how far a unit moved since last time."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

EQUAL = Fraction(1, 1000)  # scores that differ by no more share a rank


def ranks(scores: Mapping[str, Fraction]) -> dict[str, int]:
    """Unit -> rank, best first. Compared with the first of those who share a rank, so that ties cannot creep."""
    ordered = sorted(scores, key=lambda unit: (-scores[unit], unit))
    ranked: dict[str, int] = {}
    leader, rank = Fraction(), 0
    for place, unit in enumerate(ordered, 1):
        if not ranked or leader - scores[unit] > EQUAL:
            leader, rank = scores[unit], place
        ranked[unit] = rank
    return ranked


def movement(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int | None]:
    """Places won (positive) or lost against the last period; ``None`` for a unit that was not ranked then."""
    return {unit: before[unit] - rank if unit in before else None for unit, rank in now.items()}
