"""Every process ends at every named point of its work, and is started again."""

from __future__ import annotations

import signal
import time

import eventlet

from tests.faults.engine.background_load import BackgroundLoad
from tests.faults.engine.environment import FOLLOWERS, Member
from tests.faults.engine.runner import ScenarioRun

CRASHED = 86
DOORS = ("before_tx", "before_commit", "after_tx")  # of a command
HANDLERS = ("after_effect", "after_commit", "after_ack")  # of an event
RELAYS = ("identity", "catalog", "applications", "payments")
POINTS = {
    **dict.fromkeys(("identity", "catalog", "applications", "payments", "notifications"), (*DOORS, *HANDLERS)),
    FOLLOWERS: (
        *(f"after_publish@{service}" for service in RELAYS),
        "before_position",
        "after_position",
        "before_marked",
        "after_marked",
        "in_seal",
        "after_seal",
        "after_call@notifications",
    ),
}
LANES = (("identity", "catalog", "notifications"), ("applications", "payments"), (FOLLOWERS,))
REACHED_WITHIN = 40.0  # seconds from the start of a process to its crash


def crash_points(run: ScenarioRun) -> None:
    """A named exit at every point of every process, some processes side by side; again until time is up."""
    for role in ("operator", "catalog_editor", "intake_officer", "accountant", "citizen0", "citizen1"):
        run.environment.people.token(role)  # while identity is up
    background, left = BackgroundLoad(run), {name: set(points) for name, points in POINTS.items()}
    passed = 0
    while not passed or run.running:
        lanes = [eventlet.spawn(_lane, run, lane, left) for lane in LANES]
        passed += sum(lane.wait() for lane in lanes)
    for name in [name for name in left if left[name]]:  # once more, with everybody else in good health
        passed += _lane(run, (name,), left, tuple(left[name]))
    run.verdict.facts["points passed"] = passed
    run.verdict.unexpected += [f"{name} {point} never reached" for name in left for point in sorted(left[name])]
    background.finish()
    run.workload.finish()
    run.invariants.drain()
    background.check(run.verdict)


def _lane(
    run: ScenarioRun, names: tuple[str, ...], left: dict[str, set[str]], points: tuple[str, ...] | None = None
) -> int:
    """Walk some processes one after the other; strikes what was reached off the list and says how much it was."""
    passed = 0
    for name in names:
        reached = _walk(run, name, points or POINTS[name])
        left[name] -= set(reached)
        passed += len(reached)
    return passed


def _walk(run: ScenarioRun, name: str, points: tuple[str, ...]) -> list[str]:
    """Start one process again and again, each time with the next point armed; the points that were reached."""
    member, passed = run.environment.members[name], []
    plain, member.restarts = member.env, False
    member.send(signal.SIGKILL)
    for point in run.random.sample(points, len(points)):
        _wait_for_exit(run, member, 10)
        member.env = {**plain, "PORTAL_CRASH_AT": f"{point}:{run.random.randint(1, 2)}"}
        member.start()
        run.mark(f"{name} {point}")
        if _wait_for_exit(run, member, REACHED_WITHIN) == CRASHED:
            passed.append(point)
        member.send(signal.SIGKILL)
    _wait_for_exit(run, member, 10)
    member.env = plain
    member.start()
    member.exits.clear()
    member.restarts = True
    return passed


def _wait_for_exit(run: ScenarioRun, member: Member, within: float) -> int | None:
    """The exit code of a process that ends in time."""
    until = time.monotonic() + within
    assert member.process is not None
    while member.process.poll() is None and time.monotonic() < until:
        run.wait(0.1)
    return member.process.returncode
