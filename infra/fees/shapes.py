"""What fees are as JSON, in a procedure's definition; amounts in minor units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Required, TypedDict

from infra.working_time.records import ChannelTerms

Text = Mapping[str, str]  # one text per language: {"vi", "en"}; English may be missing


class Tier(TypedDict):
    """What each item costs up to a number of them; None: all that are left."""

    up_to: int | None
    amount: int


class FeeOption(TypedDict):
    """One of the things an applicant may choose, at its price."""

    id: str
    name: Text
    amount: int


class FeeRule(TypedDict, total=False):
    """How a fee is counted: the members depend on ``type``."""

    type: Required[str]
    amount: int
    item: Text | str
    at_most: int | None
    tiers: list[Tier]
    choice: str
    options: list[FeeOption]
    of: str
    percent: int | float


class Fee(TypedDict):
    """One fee of a procedure; days are YYYY-MM-DD."""

    id: str
    kind: str
    name: Text
    currency: str
    rule: FeeRule
    channels: list[str]
    exempt: list[str]
    valid_from: str | None
    valid_until: str | None
    collected_at: str
    legal_basis: object


class Priced(TypedDict):
    """What a quote reads of a procedure."""

    code: str
    channels: dict[str, ChannelTerms]
    fees: list[Fee]


class FeeHeading(TypedDict):
    """A fee as a quote names it."""

    fee_id: str
    kind: str
    name: Text
    collected_at: str
    reason: Text
    legal_basis: object


class Amount(TypedDict):
    """Money in minor units."""

    amount: int
    currency: str


class FeeLine(FeeHeading):
    """A fee at its price."""

    amount: Amount


class FeeQuote(TypedDict):
    """What one application costs: ``apart`` are the sums of other currencies, ``not_stated`` what has no price."""

    items: list[FeeLine]
    total: Amount
    apart: list[Amount]
    not_stated: list[FeeHeading]
