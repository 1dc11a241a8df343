"""Every process ends at every named point of its work, and is started again."""

from __future__ import annotations

import signal
import time

import eventlet

from tests.faults.engine.background_load import Chores
from tests.faults.engine.environment import FOLLOWERS, Member
from tests.faults.engine.runner import Stage

CRASHED = 86
DOORS = ("before_tx", "before_commit", "after_tx")  # of a command
HANDLERS = ("after_effect", "after_commit", "after_ack")  # of an event
RELAYS = ("identity", "catalog", "applications", "payments")
POINTS = {
    **dict.fromkeys(("identity", "catalog", "applications", "payments", "notifications"), (*DOORS, *HANDLERS)),
    FOLLOWERS: (
        *(f"after_publish@{service}" for service in RELAYS),
        "before_position", "after_position", "before_marked", "after_marked",
        "in_seal", "after_seal", "after_call@notifications",
    ),
}  # fmt: skip
LANES = (("identity", "catalog", "notifications"), ("applications", "payments"), (FOLLOWERS,))
REACHED_WITHIN = 40.0  # seconds from the start of a process to its crash


def crash_points(stage: Stage) -> None:
    """A named exit at every point of every process, some processes side by side; again until time is up."""
    for role in ("operator", "catalog_editor", "intake_officer", "accountant", "citizen0", "citizen1"):
        stage.world.people.token(role)  # while identity is up
    chores, left = Chores(stage), {name: set(points) for name, points in POINTS.items()}
    passed = 0
    while not passed or stage.running:
        lanes = [eventlet.spawn(_lane, stage, lane, left) for lane in LANES]
        passed += sum(lane.wait() for lane in lanes)
    for name in [name for name in left if left[name]]:  # once more, with everybody else in good health
        passed += _lane(stage, (name,), left, tuple(left[name]))
    stage.verdict.facts["points passed"] = passed
    stage.verdict.unexpected += [f"{name} {point} never reached" for name in left for point in sorted(left[name])]
    chores.finish()
    stage.load.finish()
    stage.truth.drain()
    chores.judge(stage.verdict)


def _lane(
    stage: Stage, names: tuple[str, ...], left: dict[str, set[str]], points: tuple[str, ...] | None = None
) -> int:
    """Walk some processes one after the other; strikes what was reached off the list and says how much it was."""
    passed = 0
    for name in names:
        reached = _walk(stage, name, points or POINTS[name])
        left[name] -= set(reached)
        passed += len(reached)
    return passed


def _walk(stage: Stage, name: str, points: tuple[str, ...]) -> list[str]:
    """Start one process again and again, each time with the next point armed; the points that were reached."""
    member, passed = stage.world.members[name], []
    plain, member.kept = member.env, False
    member.send(signal.SIGKILL)
    for point in stage.random.sample(points, len(points)):
        _ended(stage, member, 10)
        member.env = {**plain, "PORTAL_CRASH_AT": f"{point}:{stage.random.randint(1, 2)}"}
        member.start()
        stage.mark(f"{name} {point}")
        if _ended(stage, member, REACHED_WITHIN) == CRASHED:
            passed.append(point)
        member.send(signal.SIGKILL)
    _ended(stage, member, 10)
    member.env = plain
    member.start()
    member.exits.clear()
    member.kept = True
    return passed


def _ended(stage: Stage, member: Member, within: float) -> int | None:
    """The exit code of a process that ends in time."""
    until = time.monotonic() + within
    assert member.process is not None
    while member.process.poll() is None and time.monotonic() < until:
        stage.wait(0.1)
    return member.process.returncode
