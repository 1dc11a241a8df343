"""The ways of filing a procedure: their times and fees, from rows that either layout provides.

A procedure's service level follows from them alone (`level_of`); that it was inferred is a finding of every record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.chassis.json_types import Json
from infra.fees.shapes import FeeRule
from services.catalog.importing.durations import Duration, beside_text, read_duration
from services.catalog.importing.fees.amounts import amounts_in
from services.catalog.importing.fees.reading import FeeReading, unclear_fee
from services.catalog.importing.fees.rows import FeeRow, fees_of
from services.catalog.importing.findings import Findings
from services.catalog.importing.words import folded, squeezed, vietnamese_only

NAMES = {"truc tuyen": "online", "truc tiep": "counter", "dich vu buu chinh": "post"}
LONGEST_CASE = 300


@dataclass(frozen=True)
class ChannelRow:
    """A row of the table: the channel's name, its time cell, the fees read from it, description, its place."""

    name: str
    time: str
    fees: tuple[FeeReading, ...]
    description: str
    path: str
    text: str
    run_together: bool = False


def read_channels(rows: Iterable[ChannelRow], findings: Findings, path: str) -> Json:
    """`{"channels": {...}, "fees": [...], "proposals": [...]}`; everything doubtful goes to `findings`."""
    timed: dict[str, list[tuple[Duration, str]]] = {}
    fee_rows: list[FeeRow] = []
    proposals: list[Json] = []
    for row in rows:
        channel = NAMES.get(folded(row.name))
        if channel is None:
            findings.add(row.path, row.text, "channel_unknown")
            continue
        timed.setdefault(channel, []).append((_time(row, findings), row.description))
        readings = _fees(row)
        proposals += _report_fees(row, readings, channel, findings)
        fee_rows += [
            FeeRow(channel, which, row.description, reading, row.path, row.text)
            for which, reading in enumerate(readings)
        ]
    if not timed:
        findings.add(path, "", "channels_missing")
    fees, channels = fees_of(fee_rows)
    for where, text, kind in channels:
        findings.add(where, text, kind)
    return {"channels": _channels(timed, findings, path), "fees": fees, "proposals": proposals}


def _time(row: ChannelRow, findings: Findings) -> Duration:
    stated, kinds = read_duration("" if row.run_together else row.time)
    if row.run_together:
        findings.add(row.path, row.text, "time_and_fee_run_together")
        return stated
    duration, kinds = beside_text(stated, kinds, row.description)
    findings.add(row.path, row.text, *kinds)
    return duration


def _fees(row: ChannelRow) -> list[FeeReading]:
    """The row's fees; a description that names others makes them incomplete, and then they are only proposals."""
    if not names_other_fees(row.description, row.fees):
        return [*row.fees]
    return [
        unclear_fee(*reading.kinds, "fee_in_description", proposal=reading.rule, currency=reading.currency)
        if reading.understood
        else reading
        for reading in row.fees
    ]


def _report_fees(row: ChannelRow, fees: list[FeeReading], channel: str, findings: Findings) -> list[Json]:
    """Reports the row's fees; returns the proposals an editor may accept."""
    for reading in fees:
        findings.add(row.path, row.text, *reading.kinds)
    return [
        {"channel": channel, "rule": reading.proposal, "text": squeezed(row.text)[:LONGEST_CASE]}
        for reading in fees
        if reading.proposal is not None
    ]


def names_other_fees(description: str, fees: Iterable[FeeReading]) -> bool:
    """Whether a description states amounts of fees that its own fee cells do not."""
    if "phi" not in folded(description).split() and "đồng/" not in description:
        return False
    amounts = {rule.get("amount") for fee in fees for rule in _rules(fee)} | {
        option["amount"] for fee in fees for rule in _rules(fee) for option in rule.get("options", ())
    }
    return any(amount.minor not in amounts for amount in amounts_in(description))


def _rules(fee: FeeReading) -> list[FeeRule]:
    return [period.rule for period in fee.periods]


def _channels(timed: dict[str, list[tuple[Duration, str]]], findings: Findings, path: str) -> Json:
    channels: Json = {}
    for channel, rows in timed.items():
        times = list(dict.fromkeys(duration for duration, _ in rows))
        channels[channel] = {
            "processing_time": (times[0] if len(times) == 1 else Duration(None, "not_stated")).to_json()
        }
        if len(times) > 1:
            findings.add(
                path, f"{channel}: " + "; ".join(time.as_text() for time in times), "several_times_for_channel"
            )
            channels[channel]["cases"] = [
                {"case": vietnamese_only(squeezed(case)[:LONGEST_CASE]), "processing_time": time.to_json()}
                for time, case in rows
            ]
    return channels


def level_of(channels: Mapping[str, object], forms: bool) -> int:
    """The service level (1–4) a record shows: 3 with an online channel, 2 with forms to download, else 1.

    Level 4 also needs payment and return of the result online or by post. These records never state that; an editor
    raises the level.
    """
    if "online" in channels:
        return 3
    return 2 if forms else 1
