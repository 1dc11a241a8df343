"""One scenario from a healthy platform to a verdict: load, faults, healing, settling, judging."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import eventlet

from tests.faults.engine.environment import Environment
from tests.faults.engine.invariants import Invariants
from tests.faults.engine.verdicts import RECOVERS_WITHIN, Verdict, per_second, write_verdict
from tests.faults.engine.workload import Workload


@dataclass
class ScenarioRun:
    """What a scenario works with: the environment, the load that runs, a source of chance, and how long it has."""

    environment: Environment
    workload: Workload
    random: random.Random
    seconds: float
    verdict: Verdict
    invariants: Invariants
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
        took = self.environment.recovery()
        if took > self.verdict.recovered:
            self.verdict.recovered = took
            # A start of Python is seconds of a core's work: what else the machine did is part of the figure.
            self.verdict.facts["slowest recovery, s"] = {
                **self.environment.recovery_times,
                "load": round(os.getloadavg()[0], 1),
            }
        return took


Scenario = Callable[[ScenarioRun], None]


def run_scenario(
    environment: Environment, scenario: Scenario, *, seed: int, seconds: float, clients: int = 2
) -> Verdict:
    """Run one scenario; the verdict is stored whatever it says."""
    name = scenario.__name__
    verdict = Verdict(name, seed)
    environment.recovery(limit=60)
    invariants = Invariants(environment)
    workload = Workload(environment.direct_uri, environment.people, seed, clients)
    run = ScenarioRun(environment, workload, random.Random(f"{name} {seed}"), seconds, verdict, invariants)
    try:
        with all_faults_healed(environment):
            scenario(run)
        run.recovered()
        workload.finish()
        verdict.drained = invariants.drain()
        invariants.check(workload.ledger, verdict)
    except (TimeoutError, AssertionError) as failed:
        verdict.unexpected.append(f"{type(failed).__name__}: {failed}")
        verdict.recovered = max(verdict.recovered, RECOVERS_WITHIN + 1)
        workload.finish(0)
    invariants.checkpoints.stop()
    verdict.seconds = round(time.time() - run.verdict_begun, 1)
    verdict.throughput = per_second(workload.ledger.acknowledged_at, run.verdict_begun, verdict.seconds)
    write_verdict(verdict)
    return verdict


@contextmanager
def all_faults_healed(environment: Environment) -> Iterator[None]:
    """Every fault ends with the scenario, also when it fails."""
    try:
        yield
    finally:
        for proxy in [*environment.to_broker.values(), *environment.to_database.values()]:
            proxy.heal()
