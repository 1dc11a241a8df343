"""Double entry: which accounts a happening touches. Debits are positive, credits negative; an entry sums to zero.

Accounts are ``<class>:<holder>``: ``receivable``, ``revenue-duty``, ``revenue-charge``, ``waived``, ``refunded``
(against revenue), ``cash``, ``bank`` per agency; ``clearing`` per gateway; ``surplus:payers`` and
``refunds-payable:payers`` are what the office owes to citizens; ``suspense`` per gateway is money on its
statements that no claim explains yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SURPLUS = "surplus:payers"
REFUNDS_PAYABLE = "refunds-payable:payers"
OFFLINE = {"cash": "cash", "transfer": "bank"}


class Unbalanced(Exception):
    """An entry that does not sum to zero: a bug, never a refusal."""


@dataclass(frozen=True)
class Posting:
    """One line; ``amount`` in minor units, positive for debit."""

    account: str
    amount: int


def balanced(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """The same lines without empty ones; raises :class:`Unbalanced` unless they sum to zero and say something."""
    lines = tuple(line for line in postings if line.amount)
    if not lines or sum(line.amount for line in lines) != 0:
        raise Unbalanced(lines)
    return lines


def demand_raised(agency: str, shares: Mapping[str, int]) -> tuple[Posting, ...]:
    """``shares``: amount per kind of fee."""
    credits = [Posting(f"revenue-{kind}:{agency}", -amount) for kind, amount in sorted(shares.items())]
    return balanced([Posting(f"receivable:{agency}", sum(shares.values())), *credits])


def demand_dropped(agency: str, shares: Mapping[str, int]) -> tuple[Posting, ...]:
    return balanced(Posting(line.account, -line.amount) for line in demand_raised(agency, shares))


def demand_waived(agency: str, amount: int) -> tuple[Posting, ...]:
    return _move(f"receivable:{agency}", f"waived:{agency}", amount)


def money_received(agency: str, method: str, amount: int) -> tuple[Posting, ...]:
    return _move(f"receivable:{agency}", till(agency, method), amount)


def money_not_owed(agency: str, method: str, amount: int) -> tuple[Posting, ...]:
    return _move(SURPLUS, till(agency, method), amount)


def refund_approved(agency: str, amount: int, *, surplus: bool) -> tuple[Posting, ...]:
    return _move(REFUNDS_PAYABLE, SURPLUS if surplus else f"refunded:{agency}", amount)


def refund_kept(agency: str, amount: int, *, surplus: bool) -> tuple[Posting, ...]:
    """An approved refund that cannot be made after all: :func:`refund_approved`, taken back."""
    return _move(SURPLUS if surplus else f"refunded:{agency}", REFUNDS_PAYABLE, amount)


def refund_paid(agency: str, method: str, amount: int) -> tuple[Posting, ...]:
    return _move(till(agency, method), REFUNDS_PAYABLE, amount)


def money_in_suspense(method: str, amount: int) -> tuple[Posting, ...]:
    """Money that arrived (or left: negative) and that no claim explains."""
    return balanced([Posting(f"clearing:{method}", amount), Posting(f"suspense:{method}", -amount)])


def till(agency: str, method: str) -> str:
    """Where money of this method lies: the agency's own cash or bank account, or on its way from a gateway."""
    return f"{OFFLINE[method]}:{agency}" if method in OFFLINE else f"clearing:{method}"


def _move(source: str, target: str, amount: int) -> tuple[Posting, ...]:
    return balanced([Posting(target, amount), Posting(source, -amount)])
