"""Wall clocks that are wrong: set ten minutes ahead, ten behind, and right again while traffic goes on."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.faults.engine.environment import Member
from tests.faults.engine.runner import ScenarioRun

AHEAD, BEHIND = 600, -600  # seconds
PROGRAM = ("tests.faults.scenarios.displaced_clock",)


def clock_jumps(run: ScenarioRun) -> None:
    """The clock of one process after another jumps forth and back; what it writes and promises must not break."""
    names = list(run.environment.members)
    run.random.shuffle(names)
    while True:
        for name in names:
            _jump(run, run.environment.members[name])
            if not run.running:
                return


def _jump(run: ScenarioRun, member: Member) -> None:
    setting = run.environment.folder / f"{member.name}.clock"
    setting.write_text("0")
    member.program = (*PROGRAM, str(setting))
    _started_again(run, member)
    for wrong in run.random.sample((AHEAD, BEHIND), 2):
        _set(run, member, setting, wrong)
        run.wait(2, 6)
    _set(run, member, setting, 0)
    run.recovered()
    member.program = member.PORTAL
    _started_again(run, member)


def _set(run: ScenarioRun, member: Member, setting: Path, seconds: int) -> None:
    setting.write_text(str(seconds))
    run.mark(f"clock of {member.name} {seconds:+} s" if seconds else f"clock of {member.name} right again")


def _started_again(run: ScenarioRun, member: Member) -> None:
    member.restarts = False
    member.send(signal.SIGTERM)
    assert member.process is not None
    member.process.wait(30)
    member.start()
    member.restarts = True
    run.environment.wait_ready(60)
