"""One scenario from a healthy platform to a verdict: load, faults, healing, settling, judging."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import eventlet

from tests.faults.engine.environment import World
from tests.faults.engine.invariants import Truth
from tests.faults.engine.verdicts import RECOVERS_WITHIN, Verdict, keep, per_second
from tests.faults.engine.workload import Load


@dataclass
class Stage:
    """What a scenario works with: the world, the load that runs, a source of chance, and how long it has."""

    world: World
    load: Load
    random: random.Random
    seconds: float
    verdict: Verdict
    truth: Truth
    begun: float = field(default_factory=time.time)  # of this fault; a soak has many
    verdict_begun: float = field(default_factory=time.time)

    @property
    def running(self) -> bool:
        return time.time() - self.begun < self.seconds

    def mark(self, what: str) -> None:
        """A fault, as the chart shows it."""
        self.verdict.faults += 1
        self.verdict.marks.append((round(time.time() - self.verdict_begun, 2), what))

    def wait(self, least: float, most: float | None = None) -> None:
        eventlet.sleep(least if most is None else self.random.uniform(least, most))

    def recovered(self) -> float:
        """The worst recovery so far; call it when a fault has ended."""
        took = self.world.recovery()
        if took > self.verdict.recovered:
            self.verdict.recovered = took
            # A start of Python is seconds of a core's work: what else the machine did is part of the figure.
            self.verdict.facts["slowest recovery, s"] = {**self.world.came_back, "load": round(os.getloadavg()[0], 1)}
        return took


Scenario = Callable[[Stage], None]


def play(world: World, scenario: Scenario, *, seed: int, seconds: float, clients: int = 2) -> Verdict:
    """Run one scenario; the verdict is kept whatever it says."""
    name = scenario.__name__
    verdict = Verdict(name, seed)
    world.recovery(limit=60)
    truth = Truth(world)
    load = Load(world.direct_uri, world.people, seed, clients)
    stage = Stage(world, load, random.Random(f"{name} {seed}"), seconds, verdict, truth)
    try:
        with whatever_happens(world):
            scenario(stage)
        stage.recovered()
        load.finish()
        verdict.drained = truth.drain()
        truth.judge(load.ledger, verdict)
    except (TimeoutError, AssertionError) as failed:
        verdict.unexpected.append(f"{type(failed).__name__}: {failed}")
        verdict.recovered = max(verdict.recovered, RECOVERS_WITHIN + 1)
        load.finish(0)
    truth.keeper.stop()
    verdict.seconds = round(time.time() - stage.verdict_begun, 1)
    verdict.throughput = per_second(load.ledger.acknowledged_at, stage.verdict_begun, verdict.seconds)
    keep(verdict)
    return verdict


@contextmanager
def whatever_happens(world: World) -> Iterator[None]:
    """Every fault ends with the scenario, also when it fails."""
    try:
        yield
    finally:
        for proxy in [*world.to_broker.values(), *world.to_database.values()]:
            proxy.heal()
