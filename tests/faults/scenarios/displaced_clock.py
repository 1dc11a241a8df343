"""The ``portal`` command with a wall clock that can be set while it runs.

``python -m tests.faults.scenarios.displaced_clock FILE run …``; ``FILE`` holds by how many seconds the clock is
wrong. Only the wall clock moves, as when somebody sets a machine's time: the monotonic clock, on which timers and
time-outs depend, goes on. (libfaketime does not do: with both clocks faked Python's timed waits never end when they
are set back, with one alone ``time.sleep`` fails.)
"""

from __future__ import annotations

import _thread
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import time_machine

EVERY = 0.2  # seconds between two readings of the file


def wrong_by(path: Path) -> float:
    """Seconds; 0 while nobody has written any."""
    try:
        return float(path.read_text() or 0)
    except (OSError, ValueError):
        return 0.0


def follow(path: Path, clock: time_machine.Traveller, sleep: object) -> None:
    shifted = 0.0
    while True:
        expected = wrong_by(path)
        if expected != shifted:
            clock.shift(expected - shifted)
            shifted = expected
        sleep(EVERY)  # type: ignore[operator]


def main() -> None:
    path = Path(sys.argv.pop(1))
    clock = time_machine.travel(datetime.now(UTC), tick=True).start()
    # A native thread with the native sleep: what follows may put this process on the event hub.
    _thread.start_new_thread(follow, (path, clock, time.sleep))
    from infra.cli.main import main as portal

    portal()


if __name__ == "__main__":
    main()
