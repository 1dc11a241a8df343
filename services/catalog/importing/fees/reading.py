"""A fee as one row states it: what is due on which days, in which currency, and what is doubtful about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from infra.fees.shapes import FeeRule
from services.catalog.importing.words import folded

Rule = FeeRule
# The catalogue refuses to quote such a fee: the record does not say, or contradicts itself.
NO_RULE: Rule = {"type": "not_stated"}


@dataclass(frozen=True)
class Period:
    """One rule and the days it holds, both included; None is open."""

    rule: Rule
    first: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class FeeReading:
    """One fee as a row states it; `kinds` are its findings, `proposal` what its description seems to mean."""

    periods: tuple[Period, ...]
    currency: str = "VND"
    name: str = ""
    exempt: tuple[str, ...] = ()
    law: str = ""
    kinds: tuple[str, ...] = ()
    proposal: Rule | None = None

    @property
    def rule(self) -> Rule:
        return self.periods[-1].rule

    @property
    def understood(self) -> bool:
        return any(period.rule["type"] != "not_stated" for period in self.periods)


def unclear_fee(*kinds: str, proposal: Rule | None = None, currency: str = "VND") -> FeeReading:
    return FeeReading((Period(NO_RULE),), currency=currency, kinds=kinds, proposal=proposal)


def charge_or_duty(name: str) -> str:
    """ "Lệ phí" is a duty, everything else the records name a charge; the law knows no third kind."""
    return "duty" if folded(name).startswith("le phi") else "charge"
