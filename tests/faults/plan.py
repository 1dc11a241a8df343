"""Which scenarios run, and for how long: the short set of ``make test``, the long one within the minutes given."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.faults import clocks, namespaces, scenarios, soak
from tests.faults.play import Scenario

ALL: tuple[Scenario, ...] = (*scenarios.ALL, clocks.clock_jumps)
LONG: tuple[Scenario, ...] = (*ALL, namespaces.cut_off_by_the_kernel, soak.everything_at_once)
SHORT_SECONDS = {
    "processes_killed": 8,
    "crash_points": 12,
    "broker_killed": 4,
    "broker_disturbed": 8,
    "queues_deleted": 8,
    "database_stopped": 6,
    "ambiguous_commits": 8,
    "partitions": 10,
    "lost_replies": 4,
    "poisoned": 6,
    "stopped_and_scaled": 8,
    "zombies": 5,
    "duplicates": 6,
    "contention": 4,
    "clock_jumps": 6,
}
LEAST = {"everything_at_once": 60, "cut_off_by_the_kernel": 40}  # seconds below which a long run says nothing; else 10
WEIGHTS = {
    "everything_at_once": 8,
    "partitions": 4,
    "processes_killed": 3,
    "broker_killed": 3,
    "database_stopped": 3,
    "crash_points": 3,
    "queues_deleted": 2,
    "ambiguous_commits": 2,
    "poisoned": 2,
    "zombies": 2,
    "clock_jumps": 2,
    "cut_off_by_the_kernel": 2,
}
SETTLING = 30.0  # seconds a scenario takes beyond its faults: draining and judging


@dataclass
class Share:
    """Divides a time among scenarios; what one takes too long is missing for those after it."""

    seconds: float
    left: list[str]
    begun: float = field(default_factory=time.monotonic)

    def of(self, name: str) -> float:
        """Seconds of faults for this one, which is then no longer among those to come."""
        usable = self.seconds - (time.monotonic() - self.begun) - SETTLING * len(self.left)
        whole = sum(WEIGHTS.get(one, 1) for one in self.left)
        self.left.remove(name)
        return max(LEAST.get(name, 10.0), usable * WEIGHTS.get(name, 1) / whole)
