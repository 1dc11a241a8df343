"""The soak: faults drawn by chance on processes that live on; memory, descriptors and connections must stay flat."""

from __future__ import annotations

import time
from collections import defaultdict
from statistics import linear_regression

import eventlet

from tests.faults.engine.runner import Scenario, ScenarioRun
from tests.faults.scenarios import broker, database, network

EVERY = 3.0  # seconds between two samples
WARMING_UP = 1 / 3  # of the run, which the slope leaves out
FLAT = {"MiB": 30.0, "descriptors": 15.0}  # growth a fitted line may show over the rest of the run
# Than before the first fault, when all is quiet again. Pools fill up to their size (14 for each process and database)
# as they are used; what leaks does so with every fault, and there are hundreds.
MORE_CONNECTIONS = 30
GONE_WITHIN = 45.0  # seconds in which servers notice connections that were cut off
FEWEST = 8  # samples a line is fitted through
MOST_SAMPLES = 15  # samples of each process's memory that the verdict names
# Not those that kill or restart processes: a new one says nothing about growth.
MENU: tuple[Scenario, ...] = (
    database.database_stopped,
    database.ambiguous_commits,
    network.partitions,
    broker.broker_disturbed,
    broker.broker_killed,
)

Series = dict[tuple[str, str], list[tuple[float, float]]]  # (what, of whom) -> [(seconds, value)]


class Sampler:
    """Looks at every process while the soak runs."""

    def __init__(self, run: ScenarioRun) -> None:
        self.run, self.series = run, defaultdict[tuple[str, str], list[tuple[float, float]]](list)
        self._looking = eventlet.spawn(self._sample)

    def _sample(self) -> None:
        while True:
            self.sample()
            eventlet.sleep(EVERY)

    def sample(self) -> None:
        at = time.time() - self.run.verdict_begun
        for name, member in self.run.environment.members.items():
            if member.running:
                who = f"{name} {member.process.pid if member.process else 0}"
                self.series["MiB", who].append((at, member.resident() / 1024))
                self.series["descriptors", who].append((at, float(member.descriptors())))

    def stop(self) -> Series:
        self._looking.kill()
        return dict(self.series)


def grown(samples: list[tuple[float, float]]) -> float | None:
    """What a line fitted through the samples gains from the end of warming up to the last; None for too few."""
    last = samples[-1][0] if samples else 0.0
    steady = [(at, value) for at, value in samples if at >= last * WARMING_UP]
    if len(steady) < FEWEST:
        return None
    slope, _ = linear_regression([at for at, _ in steady], [value for _, value in steady])
    return slope * (steady[-1][0] - steady[0][0])


def judge(series: Series) -> tuple[dict[str, float], list[str]]:
    """Growth by what and whom, and what of it is too much."""
    entries = {(what, who): gain for (what, who), samples in series.items() if (gain := grown(samples)) is not None}
    leaks = [f"{who} grew by {gain:.0f} {what}" for (what, who), gain in entries.items() if gain > FLAT[what]]
    return {f"{who} {what}": round(gain, 1) for (what, who), gain in entries.items()}, leaks


def over_time(series: Series) -> dict[str, list[int]]:
    """The memory of each process in MiB, at equal steps: whether it levels off shows here and not in a slope."""
    stored = {}
    for (what, who), samples in series.items():
        step = max(1, len(samples) // MOST_SAMPLES)
        if what == "MiB" and len(samples) >= FEWEST:
            stored[who] = [round(value) for _at, value in samples[::step]]
    return stored


def everything_at_once(run: ScenarioRun) -> None:
    """Faults drawn by chance, one after the other, for the whole time."""
    run.wait(5)
    before, sampler = run.environment.connections(), Sampler(run)
    complete, begun = run.seconds, run.begun
    while time.time() - begun < complete:
        run.begun, run.seconds = time.time(), 15
        run.random.choice(MENU)(run)
        run.recovered()
        run.wait(2, 5)
    run.begun, run.seconds = begun, complete
    series = sampler.stop()
    growth, leaks = judge(series)
    after, more = connections_left(run, before)
    run.verdict.facts |= {"growth": growth, "MiB over time": over_time(series)}
    run.verdict.facts |= {"connections before": before, "connections after": after}
    run.verdict.unexpected += leaks + more


def connections_left(run: ScenarioRun, before: dict[str, int]) -> tuple[dict[str, int], list[str]]:
    """How many there are when the servers have had time to notice the dead ones, and what is too many."""
    until = time.time() + GONE_WITHIN
    while True:
        after = run.environment.connections()
        more = [
            f"{who}: {before[who]} connections, then {after[who]}" for who in after if _too_many(before, after, who)
        ]
        if (not more and len(after) == len(before)) or time.time() > until:
            return after, more
        run.wait(2)


def _too_many(before: dict[str, int], after: dict[str, int], who: str) -> bool:
    return after[who] > before.get(who, 0) + MORE_CONNECTIONS
