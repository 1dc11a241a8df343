"""Every fault there is: a function that runs while traffic goes on, and leaves a healed platform behind."""

from __future__ import annotations

from tests.faults.engine.runner import Scenario
from tests.faults.scenarios import (
    broker,
    clocks,
    contention,
    crash_points,
    database,
    network,
    processes,
    soak,
    storms,
)

ALL: tuple[Scenario, ...] = (
    processes.processes_killed,
    crash_points.crash_points,
    broker.broker_killed,
    broker.broker_disturbed,
    broker.queues_deleted,
    database.database_stopped,
    database.ambiguous_commits,
    network.partitions,
    broker.lost_replies,
    storms.poisoned,
    processes.stopped_and_scaled,
    processes.zombies,
    storms.duplicates,
    contention.contention,
    clocks.clock_jumps,
)
# Those that need the machine or much time, too.
LONG: tuple[Scenario, ...] = (*ALL, network.cut_off_by_the_kernel, soak.everything_at_once)
