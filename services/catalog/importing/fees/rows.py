"""The fees of all rows of a channel table made into the fees of one procedure.

The same fee in several channels is one fee with those channels. Rows of one channel that differ by case become a
choice, named by the cases' own words; where the cases have no words, the fee is an editor's to write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.chassis.json_types import Json
from infra.fees.shapes import FeeOption
from services.catalog.importing.fees.reading import FeeReading, Period, charge_or_duty, unclear_fee
from services.catalog.importing.words import bilingual, folded, slug, squeezed, unique

LONGEST_CASE = 200
LONGEST_EXEMPT, MOST_EXEMPT = 1_000, 100


@dataclass(frozen=True)
class FeeRow:
    """One fee of one row: its channel, `which` of the row's fees it is (from 0), the row's description as `case`."""

    channel: str
    which: int
    case: str
    reading: FeeReading
    path: str
    text: str


def fees_of(rows: Sequence[FeeRow]) -> tuple[list[Json], list[tuple[str, str, str]]]:
    """The definition's `fees`, and (path, text, kind) of every finding that combining rows gives rise to."""
    by_channel: dict[tuple[str, int], list[FeeRow]] = {}
    for row in rows:
        by_channel.setdefault((row.channel, row.which), []).append(row)
    merged: dict[str, tuple[FeeReading, list[str]]] = {}
    findings: list[tuple[str, str, str]] = []
    for (channel, _), own in by_channel.items():
        reading, fees = _one_of(own)
        findings += fees
        merged.setdefault(_sameness(reading), (reading, []))[1].append(channel)
    ids: set[str] = set()
    return [fee for reading, channels in merged.values() for fee in _entries(reading, channels, ids)], findings


def _one_of(rows: list[FeeRow]) -> tuple[FeeReading, list[tuple[str, str, str]]]:
    readings = {_sameness(row.reading): row.reading for row in rows}
    if len(readings) == 1:
        return rows[0].reading, []
    if all(row.reading.understood for row in rows):
        by_case = _by_case(rows)
        if by_case is not None:
            return by_case, []
    first = rows[0]
    kinds = (
        []
        if not all(row.reading.understood for row in rows)
        else [(first.path, first.text, "fee_differs_between_cases")]
    )
    return unclear_fee(currency=first.reading.currency), kinds


def _by_case(rows: list[FeeRow]) -> FeeReading | None:
    """A choice by case, where each case has words of its own and one amount for all time."""
    simple = all(len(row.reading.periods) == 1 and row.reading.rule["type"] in ("fixed", "free") for row in rows)
    prices: dict[str, tuple[str, int]] = {}
    for row in rows:
        name = squeezed(row.case)[:LONGEST_CASE].strip(" .;,-+*")
        amount = row.reading.rule.get("amount", 0)
        if not simple or not name or prices.setdefault(folded(name), (name, amount))[1] != amount:
            return None
    if len({row.reading.currency for row in rows if row.reading.rule["type"] == "fixed"}) != 1:
        return None
    ids: set[str] = set()
    options: list[FeeOption] = [
        {"id": unique(slug(name, 40), ids, "truong-hop"), "name": bilingual(name), "amount": amount}
        for name, amount in prices.values()
    ]
    currency = next(row.reading.currency for row in rows if row.reading.rule["type"] == "fixed")
    return FeeReading((Period({"type": "choice", "choice": "truong-hop", "options": options}),), currency)


def _sameness(reading: FeeReading) -> str:
    return repr((reading.periods, reading.currency, folded(reading.name), reading.exempt))


def _entries(reading: FeeReading, channels: list[str], used_ids: set[str]) -> list[Json]:
    """A fee for each period; "fee" ids stay readable: "le-phi", "phi-2"."""
    kind = charge_or_duty(reading.name)
    name = bilingual(reading.name) if reading.name else bilingual("Phí, lệ phí", "Fees")
    ids = [unique("le-phi" if kind == "duty" else "phi", used_ids, "phi") for _ in reading.periods]
    return [
        {
            "id": fee_id,
            "kind": kind,
            "name": name,
            # One application may have to choose for several fees: each choice has the name of its fee.
            "rule": {**period.rule, "choice": fee_id} if period.rule["type"] == "choice" else period.rule,
            "currency": reading.currency,
            "collected_at": "intake",
            "channels": channels,
            "legal_basis": reading.law or None,
            "exempt": [exempt[:LONGEST_EXEMPT] for exempt in reading.exempt[:MOST_EXEMPT]],
            "valid_from": period.first.isoformat() if period.first else None,
            "valid_until": period.until.isoformat() if period.until else None,
        }
        for fee_id, period in zip(ids, reading.periods, strict=True)
    ]
