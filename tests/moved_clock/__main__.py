"""Run the demo and tests on other days: ``python -m tests.moved_clock [DAY …] [-- PYTEST ARGUMENTS]``.

Without a day on all of ``days.py``; without arguments for pytest the demo and what needs no server. Ends with one
line for each day and status 1 when something did not hold on one of them.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.moved_clock.days import DAYS, MovedDay
from tests.moved_clock.processes import demo, run_tests

FOLDER = Path("build/moved-clock")
SELECTION = ["tests/unit", "tests/component", "tests/e2e/test_cli.py"]


def main(arguments: list[str]) -> int:
    names, selection = _parted(arguments)
    if unknown := set(names) - DAYS.keys():
        _say(f"no such day: {', '.join(sorted(unknown))}; there are {', '.join(DAYS)}")
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    days = [DAYS[name] for name in names] or list(DAYS.values())
    outcomes = {day.name: _failures_on(day, selection, f"{number}/{len(days)}") for number, day in enumerate(days, 1)}
    _say("")
    for name, wrong in outcomes.items():
        _say(f"{'held  ' if not wrong else 'FAILED'}  {name:17} {'; '.join(wrong)}")
    return int(any(outcomes.values()))


def _parted(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Days before ``--``, what pytest is given after it."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


def _failures_on(day: MovedDay, selection: list[str], number: str) -> list[str]:
    """What did not hold on that day."""
    _say(f"{number} {day.name}: {day.office} in Viet Nam; {day.why}")
    began = time.monotonic()
    wrong = [
        None if selection else demo(day, FOLDER / f"{day.name}.demo.log"),
        run_tests(day, selection or SELECTION, FOLDER / f"{day.name}.tests.log"),
    ]
    _say(f"    {time.monotonic() - began:.0f} s{''.join(f'; {name}' for name in wrong if name)}")
    return [name for name in wrong if name]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
