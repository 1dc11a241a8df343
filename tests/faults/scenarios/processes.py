"""Processes killed, stopped, scaled, and stopped for so long that another takes over."""

from __future__ import annotations

import signal
import subprocess
import time

from tests.faults.engine.environment import FOLLOWERS, Member
from tests.faults.engine.runner import Stage

STOPPED = 0


def processes_killed(stage: Stage) -> None:
    """SIGKILL of a random service or follower every few seconds."""
    while stage.running:
        member = stage.random.choice(list(stage.world.members.values()))
        if member.running:
            member.send(signal.SIGKILL)
            stage.mark(f"kill {member.name}")
        stage.wait(1, 3)


def stopped_and_scaled(stage: Stage) -> None:
    """One, two and three TERMs under load, a service at four processes and at one, a rolling restart: exit code 0."""
    world = stage.world
    while True:
        service = stage.random.choice(("applications", "payments", "notifications", "catalog", "identity"))
        more = [world.add(f"{service}-{number}", [service]) for number in (2, 3, 4)]
        for one in more:
            one.start()
        stage.mark(f"{service} scaled to 4")
        for name in ("applications", "payments", FOLLOWERS, "notifications", "identity", "catalog"):
            _stop(stage, world.members[name], signals=stage.random.choice((1, 2, 3)))
            if not stage.running:
                break
        world.wait_ready(60)
        stage.mark(f"{service} scaled to 1")
        for one in more:
            _stop(stage, one, signals=stage.random.choice((1, 2, 3)), again=False)
            del world.members[one.name]
        if not stage.running:
            break


def _stop(stage: Stage, member: Member, *, signals: int, again: bool = True) -> None:
    if not member.ready():
        stage.world.wait_ready(60)
    member.kept = False
    stage.mark(f"{signals} TERM to {member.name}")
    begun = time.monotonic()
    for _ in range(signals):
        member.send(signal.SIGTERM)
        stage.wait(0.15)
    assert member.process is not None
    try:
        code = member.process.wait(20)
    except subprocess.TimeoutExpired:
        code = -1
        member.send(signal.SIGKILL)
    took = time.monotonic() - begun
    stage.verdict.facts["slowest stop"] = round(max(stage.verdict.facts.get("slowest stop", 0.0), took), 1)
    if code != STOPPED:
        stage.verdict.unexpected.append(f"{member.name} ended with {code} after {signals} TERM in {took:.1f} s")
    if again:
        member.start()
        member.kept = True


def zombies(stage: Stage) -> None:
    """The leading followers and a worker are stopped for longer than their leases and heartbeats, then go on."""
    world = stage.world
    heir = world.add("followers-2", [*world.urls, "--follower"])
    heir.start()
    while not heir.ready():
        stage.wait(0.3)
    while True:
        before = _epochs(stage)
        leader = world.members[FOLLOWERS] if stage.verdict.faults % 2 == 0 else heir
        leader.send(signal.SIGSTOP)
        stage.mark(f"{leader.name} stopped")
        worker = world.members[stage.random.choice(("applications", "payments", "notifications"))]
        worker.send(signal.SIGSTOP)
        stage.mark(f"{worker.name} stopped")
        stage.wait(max(14.0, min(30.0, stage.seconds / 10)))
        after = _epochs(stage)
        stage.verdict.facts["epochs"] = after
        if not all(after[name] > before[name] for name in before):
            stage.verdict.unexpected.append(f"nobody took over: {before} → {after}")
        leader.send(signal.SIGCONT)
        worker.send(signal.SIGCONT)
        stage.mark("both go on")
        stage.recovered()
        if not stage.running:
            break
    heir.kept = False
    heir.send(signal.SIGTERM)
    assert heir.process is not None
    heir.process.wait(20)
    del world.members["followers-2"]


def _epochs(stage: Stage) -> dict[str, int]:
    query = "SELECT coalesce(max(position), 0) FROM relay_position WHERE name = 'leader'"
    return {service: int(stage.world.rows(service, query)[0][0]) for service in stage.world.urls}
