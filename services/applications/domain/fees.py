"""Which fees of the pinned quote are collected when, and what of them is owed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from services.applications.domain.facts import OwedFee, PinnedQuote, SettlementNote

MOMENTS = ("intake", "supplement", "result")


def by_moment(quote: PinnedQuote) -> dict[str, OwedFee]:
    """The fees to remember: moment -> {"owed": minor units, "settled": None}; moments owing nothing are left out."""
    owed: dict[str, int] = {}
    for item in quote.get("items", ()):
        owed[item["collected_at"]] = owed.get(item["collected_at"], 0) + item["amount"]["amount"]
    return {moment: {"owed": amount, "settled": None} for moment, amount in owed.items() if amount > 0}


def owed_by_currency(quote: PinnedQuote, moment: str, owed: int) -> dict[str, int]:
    """What is owed at a moment per currency, the quote's main one first.

    A moment remembers one sum of minor units; where the quote names several currencies, it is made up of the amounts of
    some of them.
    """
    main = quote["total"]["currency"] if "total" in quote else "VND"
    quoted: dict[str, int] = {}
    for item in quote.get("items", ()):
        if item["collected_at"] == moment and item["amount"]["amount"] > 0:
            quoted[item["amount"]["currency"]] = quoted.get(item["amount"]["currency"], 0) + item["amount"]["amount"]
    ordered = sorted(quoted, key=lambda currency: (currency != main, currency))
    for count in range(1, len(ordered) + 1):
        for chosen in combinations(ordered, count):
            if sum(quoted[currency] for currency in chosen) == owed:
                return {currency: quoted[currency] for currency in chosen}
    return {ordered[0] if len(ordered) == 1 else main: owed}


def settled(
    fees: Mapping[str, OwedFee], moments: list[str], how: SettlementNote, still_owed: Mapping[str, int]
) -> dict[str, OwedFee]:
    """``fees`` after these moments were settled; a moment that is settled already stays as it was.

    ``still_owed``: what remains of moments that were settled in part.
    """
    after = {moment: fee.copy() for moment, fee in fees.items()}
    for moment in moments:
        fee = after.setdefault(moment, {"owed": 0, "settled": None})
        if moment in still_owed:
            fee["owed"] = still_owed[moment]
        else:
            fee["settled"] = fee["settled"] or how.copy()
    return after


def asked_for(fees: Mapping[str, OwedFee], moment: str, amount: int) -> dict[str, OwedFee]:
    """``fees`` after an officer asked for a further amount at a moment: owed again, and open."""
    after = {name: fee.copy() for name, fee in fees.items()}
    earlier = after.get(moment)
    open_amount = earlier["owed"] if earlier and earlier["settled"] is None else 0
    after[moment] = {"owed": open_amount + amount, "settled": None}
    return after
