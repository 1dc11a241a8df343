"""Which fees of the pinned quote are collected when, and what of them is owed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOMENTS = ("intake", "supplement", "result")


def by_moment(quote: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The fees to remember: moment -> {"owed": minor units, "settled": None}; moments owing nothing are left out."""
    owed: dict[str, int] = {}
    for item in quote.get("items", ()):
        owed[item["collected_at"]] = owed.get(item["collected_at"], 0) + item["amount"]["amount"]
    return {moment: {"owed": amount, "settled": None} for moment, amount in owed.items() if amount > 0}


def settled(
    fees: Mapping[str, Mapping[str, Any]], moments: list[str], how: Mapping[str, object], still_owed: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """``fees`` after these moments were settled; a moment that is settled already stays as it was.

    ``still_owed``: what remains of moments that were settled in part.
    """
    after = {moment: dict(fee) for moment, fee in fees.items()}
    for moment in moments:
        fee = after.setdefault(moment, {"owed": 0, "settled": None})
        if moment in still_owed:
            fee["owed"] = still_owed[moment]
        else:
            fee["settled"] = fee["settled"] or dict(how)
    return after


def asked_for(fees: Mapping[str, Mapping[str, Any]], moment: str, amount: int) -> dict[str, dict[str, Any]]:
    """``fees`` after an officer asked for a further amount at a moment: owed again, and open."""
    after = {name: dict(fee) for name, fee in fees.items()}
    earlier = after.get(moment)
    open_amount = earlier["owed"] if earlier and earlier["settled"] is None else 0
    after[moment] = {"owed": open_amount + amount, "settled": None}
    return after
