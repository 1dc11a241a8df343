"""``make chaos SEED=… MINUTES=…``: the long runs, one after the other, within the minutes given; then one page.

Every part gets a share of what is left when it begins, and sizes itself by it:

* faults on one platform, the soak among them (``tests/faults/engine/schedule.py`` divides this share among scenarios);
* a log with eight writers and a follower: 1,000,000 events if the share allows (``EVENTS``);
* whole lives against the model (``LIVES``);
* tampering in many places and a large sealed log (``TAMPERING_PLACES``, ``AUDIT_EVENTS``).

Fewer than 15 minutes leave some parts below what they are for; each still runs at its least size. A size set in the
environment is taken as it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.engine.report import write_page

Sizes = Callable[[float], dict[str, int]]
# What two cores that do other things as well get done in a second.
EVENTS_WRITTEN, LIVES_LIVED, EVENTS_SEALED = 900, 2, 2000
PLACES_A_MINUTE = 5
NOTHING_CHOSEN = 5  # pytest's exit code when ARGS leave no test of a part


@dataclass(frozen=True)
class Part:
    """``weight``: its share of the time, against the other parts'."""

    name: str
    weight: float
    paths: tuple[str, ...]
    sizes: Sizes


def within(least: int, expected: float, most: int) -> int:
    return int(min(max(least, expected), most))


PARTS = (
    Part("faults", 14, ("tests/faults",), lambda seconds: {"CHAOS_SECONDS": int(seconds)}),
    Part(
        "the log",
        3,
        ("tests/service/applications/test_tailing.py",),
        lambda seconds: {"EVENTS": within(40_000, (seconds - 30) * EVENTS_WRITTEN, 1_000_000)},
    ),
    Part(
        "lives",
        1,
        ("tests/component/applications/test_state_machine.py",),
        lambda seconds: {"LIVES": within(60, seconds * LIVES_LIVED, 20_000)},
    ),
    Part(
        "the seals",
        2,
        ("tests/service/transparency",),
        lambda seconds: {
            "TAMPERING_PLACES": within(1, seconds / 60 * PLACES_A_MINUTE, 50),
            "AUDIT_EVENTS": within(50_000, seconds / 3 * EVENTS_SEALED, 1_000_000),
        },
    ),
)


def shares(minutes: float, parts: tuple[Part, ...] = PARTS) -> list[float]:
    """Seconds of each part as planned; a part that takes longer leaves less to those after it."""
    complete = sum(part.weight for part in parts)
    return [minutes * 60 * part.weight / complete for part in parts]


def main() -> int:
    minutes, begun, failed = float(os.environ.get("MINUTES", "60")), time.monotonic(), 0
    left = list(PARTS)
    while left:
        seconds = shares(minutes - (time.monotonic() - begun) / 60, tuple(left))[0]
        part = left.pop(0)
        failed |= run(part, max(0.0, seconds))
    sys.stdout.write(f"{(time.monotonic() - begun) / 60:.1f} minutes; {write_page()}\n")
    return failed


def run(part: Part, seconds: float) -> int:
    sizes = {name: os.environ.get(name, str(size)) for name, size in part.sizes(seconds).items()}
    text = ", ".join(f"{name} {size}" for name, size in sizes.items())
    sys.stdout.write(f"── {part.name}: {seconds:.0f} s, {text}\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", "-m", "chaos", "--timeout=0", *part.paths, *sys.argv[1:]]
    code = subprocess.run(command, env={**os.environ, **sizes}, check=False).returncode
    return 0 if code == NOTHING_CHOSEN else code


if __name__ == "__main__":
    sys.exit(main())
