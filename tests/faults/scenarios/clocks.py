"""Wall clocks that are wrong: set ten minutes ahead, ten behind, and right again while traffic goes on."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.faults.engine.environment import Member
from tests.faults.engine.runner import Stage

AHEAD, BEHIND = 600, -600  # seconds
PROGRAM = ("tests.faults.scenarios.displaced_clock",)


def clock_jumps(stage: Stage) -> None:
    """The clock of one process after another jumps forth and back; what it writes and promises must not break."""
    names = list(stage.world.members)
    stage.random.shuffle(names)
    while True:
        for name in names:
            _jump(stage, stage.world.members[name])
            if not stage.running:
                return


def _jump(stage: Stage, member: Member) -> None:
    setting = stage.world.folder / f"{member.name}.clock"
    setting.write_text("0")
    member.program = (*PROGRAM, str(setting))
    _started_again(stage, member)
    for wrong in stage.random.sample((AHEAD, BEHIND), 2):
        _set(stage, member, setting, wrong)
        stage.wait(2, 6)
    _set(stage, member, setting, 0)
    stage.recovered()
    member.program = member.PORTAL
    _started_again(stage, member)


def _set(stage: Stage, member: Member, setting: Path, seconds: int) -> None:
    setting.write_text(str(seconds))
    stage.mark(f"clock of {member.name} {seconds:+} s" if seconds else f"clock of {member.name} right again")


def _started_again(stage: Stage, member: Member) -> None:
    member.kept = False
    member.send(signal.SIGTERM)
    assert member.process is not None
    member.process.wait(30)
    member.start()
    member.kept = True
    stage.world.wait_ready(60)
