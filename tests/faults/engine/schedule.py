"""Which scenarios run, and for how long: the short set of ``make test``, the long one within the minutes given."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

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
# Seconds of faults in which two quiet cores get a scenario through at its full size; given more, it takes no more.
FULL_SECONDS = {
    "processes_killed": 420,  # 200 kills
    "crash_points": 180,
    "broker_killed": 500,  # 20 times
    "broker_disturbed": 240,
    "queues_deleted": 180,
    "database_stopped": 480,  # 20 times
    "ambiguous_commits": 400,  # 500 commits
    "partitions": 1700,  # 48 cells, 5 s to six minutes
    "cut_off_by_the_kernel": 480,
    "lost_replies": 500,  # 1,000 replies
    "poisoned": 240,  # 10,000 messages
    "stopped_and_scaled": 240,
    "zombies": 240,
    "duplicates": 120,
    "contention": 120,
    "clock_jumps": 240,
    "everything_at_once": 900,  # the soak, which also takes what the others leave
}
SOAK = "everything_at_once"
LEAST = {SOAK: 60, "cut_off_by_the_kernel": 40}  # seconds below which a long run says nothing; else 10
SETTLING = 30.0  # seconds a scenario takes beyond its faults: draining and judging


@dataclass
class TimeBudget:
    """Divides a time among scenarios; what one takes too long is missing for those after it."""

    seconds: float
    left: list[str]
    begun: float = field(default_factory=time.monotonic)

    def seconds_for(self, name: str) -> float:
        """Seconds of faults for this one, which is then no longer among those to come."""
        usable = self.seconds - (time.monotonic() - self.begun) - SETTLING * len(self.left)
        complete = sum(FULL_SECONDS[entry] for entry in self.left)
        self.left.remove(name)
        part = usable * FULL_SECONDS[name] / complete
        return max(LEAST.get(name, 10.0), part if name == SOAK else min(part, FULL_SECONDS[name]))
