"""The fee cell of the structured layout: a line for each amount, "Phí : 2.000.000 Đồng (…)"."""

from __future__ import annotations

import re
from dataclasses import replace

from services.catalog.importing.fees.amounts import Amount, amounts_in
from services.catalog.importing.fees.options import choice
from services.catalog.importing.fees.reading import FeeReading, Period, unclear_fee
from services.catalog.importing.fees.stated_fee import read_fee
from services.catalog.importing.words import folded, says_nothing, squeezed

FEE_NAME = re.compile(r"(?:Lệ phí|Phí)\s*:")
FREE_WORDS = ("khong", "khong dong", "0 dong", "mien phi", "khong thu")


def fees_of_cell(cell: str) -> tuple[FeeReading, ...]:
    """A fee cell holds a line for each amount: "Phí : 2.000.000 Đồng (…)"; lines of one kind are a choice of it."""
    lines = [
        line
        for line in re.split(r"\n(?=(?:Lệ phí|Phí|File đính kèm)\s*:)", cell.strip())
        if not line.startswith("File ")
    ]
    if not any(line.strip() for line in lines):
        return (unclear_fee("fee_not_stated"),)
    read = [(line.split(":")[0].strip(), *_line(line)) for line in lines]
    kinds = list(dict.fromkeys(kind for kind, _, _ in read))
    return tuple(_one_kind(kind, [row[1:] for row in read if row[0] == kind]) for kind in kinds)


def _line(line: str) -> tuple[FeeReading, str]:
    match = FEE_NAME.match(line)
    if not match:
        return unclear_fee("fee_text_not_understood"), line
    amount, note = line[match.end() :].strip(), ""
    if "(" in amount and amount.endswith(")"):
        amount, note = amount[:-1].split("(", 1)
        amount = amount.strip()
    if folded(amount) in FREE_WORDS:
        return replace(read_fee(Amount(0, "VND"), note), name=""), note
    named = amounts_in(amount)
    if len(named) == 1 and named[0].start == 0 and named[0].end == len(amount):
        return read_fee(named[0], note), note
    return read_fee(None, f"{amount} {note}" if not says_nothing(amount.replace("Đồng", "")) else note), note


def _one_kind(kind: str, lines: list[tuple[FeeReading, str]]) -> FeeReading:
    reading = lines[0][0]
    if len(lines) > 1:
        prices = [
            (squeezed(note), Amount(line.rule.get("amount", 0), line.currency))
            for line, note in lines
            if line.understood
        ]
        rule = choice(prices) if len(prices) == len(lines) else None
        if rule is None:
            return unclear_fee("fee_differs_between_cases", *(kind for line, _ in lines for kind in line.kinds))
        reading = FeeReading((Period(rule),), prices[0][1].currency)
    return replace(reading, name=reading.name or kind)
