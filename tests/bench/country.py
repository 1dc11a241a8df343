"""A country's figures: generated applications of 63 provinces, compared at random cut-offs with the straight line.

    python -m tests.bench.country [--applications 300000] [--cut-offs 20]

Compares form II.06 and both rule sets of the index of every province, and says how many events a second are folded, how
much memory that takes, and how long one year's ranking takes once everything is folded.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.chassis.storage.database import Database
from infra.chassis.text.provinces import provinces
from services.oversight.country import Country, keep_agency, keep_procedure
from services.oversight.domain.fact import micros
from services.oversight.domain.figures import Tallies, indexes_of
from services.oversight.domain.folding import first_fact, fold, move_of
from services.oversight.domain.forms import NAMES, Form, FormPlaces
from services.oversight.domain.index import rounded
from services.oversight.domain.periods import CutOff, FigurePeriod, FigureWindow
from services.oversight.domain.rules import rule_sets
from services.oversight.domain.units import Agency, Units
from services.oversight.fact_store import FactStore
from services.oversight.models import Table
from tests.support.generated_histories import agencies, histories, procedures
from tests.support.straight_line_figures import new_codes, straight_line

CHUNK = 2_000
CODES = sorted(
    str(unit["code"]) for unit in provinces() if unit["valid_from"] < "2025-06-30" <= str(unit["valid_until"])
)
# What made-up histories say something of; the rest the events leave open.
IN_THE_LINE = frozenset(
    {
        "in_time", "done_in_time", "running_in_time", "satisfied_by_shares", "satisfied_of_handled", "sent_online",
        "full_online", "electronic_result", "digitised", "reused", "from_store", "register_dossiers", "paid_online",
        "electronic_result_finished",
    }
)  # fmt: skip
PERIODS = ("2025-03", "2025-06", "2025-07", "2025-Q3", "2025", "2025-12", "2026-01", "2026-Q1", "2026")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--applications", type=int, default=300_000)
    options.add_argument("--cut-offs", type=int, default=20)
    options.add_argument(
        "--stored", type=int, default=20_000, help="applications that are also stored and folded there"
    )
    chosen = options.parse_args()
    compare(chosen.applications, chosen.cut_offs)
    measure(chosen.stored)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def units_of_the_country() -> Units:
    merged = {old: new for old, new in new_codes().items() if old != new}
    enlarged = set(merged.values())
    rows = agencies(CODES)
    known_agencies = {
        row["code"]: Agency(row["code"], row["name"], row["parent_code"], row["province_code"], date(2024, 12, 1))
        for row in rows
    }
    return Units(known_agencies, merged | {new: new for new in enlarged})


def chunks(count: int) -> Iterator[list[Any]]:
    chunk = []
    for events in histories(count, CODES):
        chunk.append(events)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


class Comparison:
    """One cut-off: what the service counts beside what the straight line counts."""

    def __init__(self, seed: int, units: Units) -> None:
        chance = random.Random(seed)
        period = FigurePeriod.named(chance.choice(PERIODS))
        assert period is not None
        days = (period.last - period.first).days + 1
        at = datetime(period.first.year, period.first.month, 1, tzinfo=UTC)
        at += timedelta(minutes=chance.randrange(60, days * 24 * 60 * 3 // 2))
        self.window, counted = FigureWindow(period, CutOff(micros(at))), chance.choice((34, 63))
        self.places = {code: units.province_of(code, counted) or "" for code in units.agencies}
        self.forms: dict[str, Form] = {
            code: Form(self.window, FormPlaces(lambda agency: units.agency(agency).kind, {}))
            for code in set(self.places.values())
        }
        self.tallies = [Tallies(self.window, rules, lambda code: [self.places[code]]) for rules in rule_sets().values()]
        self.columns: dict[str, Counter[str]] = defaultdict(Counter)
        self.top: dict[str, Counter[str]] = defaultdict(Counter)
        self.bottom: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, chunk: list[Any], folded: list[tuple[Any, list[Any]]]) -> None:
        span = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at) for at in
                (self.window.since, self.window.period.until, self.window.cut_off.at)]  # fmt: skip
        columns, top, bottom, _signs = straight_line(chunk, span[0], span[1], span[2], self.places)
        for mine, theirs in ((self.columns, columns), (self.top, top), (self.bottom, bottom)):
            for province, counts in theirs.items():
                mine[province].update(counts)
        for data, moves in folded:
            known_moves = [move for move in moves if move.at < self.window.until]
            fact = fold(first_fact(data), known_moves)
            self.forms[self.places[fact.agency_code]].add(fact)
            for tallies in self.tallies:
                tallies.add(fact)

    def differences(self) -> list[str]:
        wrong = []
        for province, form in self.forms.items():
            total = form.rows()[-1]
            wrong += [f"{province} {name}" for name in NAMES if total[name] != self.columns[province][name]]
            for tallies in self.tallies:
                for name, counts in tallies.of(province).counted.items():
                    if name not in IN_THE_LINE:
                        continue
                    expected = self.top[province][name], self.bottom[province][name]
                    if (counts.numerator, counts.denominator) != expected:
                        wrong.append(f"{province} {name}")
        return wrong


def compare(count: int, cut_offs: int) -> None:
    units = units_of_the_country()
    comparisons = [Comparison(seed, units) for seed in range(cut_offs)]
    events = 0
    for chunk in chunks(count):
        folded = [(own[0]["data"], [move_of(event, 0) for event in own]) for own in chunk]
        events += sum(len(moves) for _data, moves in folded)
        for comparison in comparisons:
            comparison.add(chunk, folded)
    for number, comparison in enumerate(comparisons):
        assert not (wrong := comparison.differences()), (number, wrong[:5])
    received = sum(form.rows()[-1]["(3)"] for comparison in comparisons for form in comparison.forms.values())
    say(f"{count} applications, {events} events: {cut_offs} cut-offs agree ({received} received counted)")


def measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'oversight.sqlite'}")
        Table.metadata.create_all(database.engine)
        store, country = FactStore(database), Country(database)
        with database.session() as session:
            for row in agencies(CODES):
                keep_agency(session, row)
            for row in procedures():
                published = {"title": {}, "effective_from": "2024-01-01", "effective_until": None, **row}
                keep_procedure(session, published, micros("2024-12-01T00:00:00+00:00"))
        events = store_all(store, count)
        started, begun = time.perf_counter(), time.process_time()
        folded = store.rebuild()
        seconds, computed = time.perf_counter() - started, time.process_time() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say(
            f"folded {folded} of {events} events: {folded / seconds:.0f}/s, {folded / computed:.0f}/s of processor time"
        )
        say(f"peak memory of the process {peak:.0f} MiB")
        ranking(store, country)
        database.engine.dispose()


def store_all(store: FactStore, count: int) -> int:
    events = 0
    for chunk in chunks(count):
        with store.database.session() as session:
            if chunk:
                store.record(session, [event for own in chunk for event in own])
        events += sum(len(own) for own in chunk)
    return events


def ranking(store: FactStore, country: Country) -> None:
    period = FigurePeriod.named("2025")
    assert period is not None
    window = FigureWindow(period, CutOff(period.until + 1))
    units, started = country.units(), time.process_time()
    rules = rule_sets()["766/2022"]
    indexes = indexes_of(
        store.facts(window), window, rules, units, units.ranked("province", 34), 34, country.procedures(window)
    )
    best = max(indexes, key=lambda unit: indexes[unit].total)
    say(
        f"ranking of 2025: {time.process_time() - started:.1f} s of processor time; first {best}"
        f" with {rounded(indexes[best].total, 2)}"
    )


if __name__ == "__main__":
    main()
