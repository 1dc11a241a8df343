"""Processes killed, stopped, scaled, and stopped for so long that another takes over."""

from __future__ import annotations

import signal
import subprocess
import time

from tests.faults.engine.environment import FOLLOWERS, Member
from tests.faults.engine.runner import ScenarioRun

STOPPED = 0


def processes_killed(run: ScenarioRun) -> None:
    """SIGKILL of a random service or follower every few seconds."""
    while run.running:
        member = run.random.choice(list(run.environment.members.values()))
        if member.running:
            member.send(signal.SIGKILL)
            run.mark(f"kill {member.name}")
        run.wait(1, 3)


def stopped_and_scaled(run: ScenarioRun) -> None:
    """One, two and three TERMs under load, a service at four processes and at one, a rolling restart: exit code 0."""
    environment = run.environment
    while True:
        service = run.random.choice(("applications", "payments", "notifications", "catalog", "identity"))
        more = [environment.add(f"{service}-{number}", [service]) for number in (2, 3, 4)]
        for entry in more:
            entry.start()
        run.mark(f"{service} scaled to 4")
        for name in ("applications", "payments", FOLLOWERS, "notifications", "identity", "catalog"):
            _stop(run, environment.members[name], signals=run.random.choice((1, 2, 3)))
            if not run.running:
                break
        environment.wait_ready(60)
        run.mark(f"{service} scaled to 1")
        for entry in more:
            _stop(run, entry, signals=run.random.choice((1, 2, 3)), again=False)
            del environment.members[entry.name]
        if not run.running:
            break


def _stop(run: ScenarioRun, member: Member, *, signals: int, again: bool = True) -> None:
    if not member.ready():
        run.environment.wait_ready(60)
    member.restarts = False
    run.mark(f"{signals} TERM to {member.name}")
    begun = time.monotonic()
    for _ in range(signals):
        member.send(signal.SIGTERM)
        run.wait(0.15)
    assert member.process is not None
    try:
        code = member.process.wait(20)
    except subprocess.TimeoutExpired:
        code = -1
        member.send(signal.SIGKILL)
    took = time.monotonic() - begun
    run.verdict.facts["slowest stop"] = round(max(run.verdict.facts.get("slowest stop", 0.0), took), 1)
    if code != STOPPED:
        run.verdict.unexpected.append(f"{member.name} ended with {code} after {signals} TERM in {took:.1f} s")
    if again:
        member.start()
        member.restarts = True


def zombies(run: ScenarioRun) -> None:
    """The leading followers and a worker are stopped for longer than their leases and heartbeats, then go on."""
    environment = run.environment
    heir = environment.add("followers-2", [*environment.urls, "--follower"])
    heir.start()
    while not heir.ready():
        run.wait(0.3)
    while True:
        before = _epochs(run)
        leader = environment.members[FOLLOWERS] if run.verdict.faults % 2 == 0 else heir
        leader.send(signal.SIGSTOP)
        run.mark(f"{leader.name} stopped")
        worker = environment.members[run.random.choice(("applications", "payments", "notifications"))]
        worker.send(signal.SIGSTOP)
        run.mark(f"{worker.name} stopped")
        run.wait(max(14.0, min(30.0, run.seconds / 10)))
        after = _epochs(run)
        run.verdict.facts["epochs"] = after
        if not all(after[name] > before[name] for name in before):
            run.verdict.unexpected.append(f"nobody took over: {before} → {after}")
        leader.send(signal.SIGCONT)
        worker.send(signal.SIGCONT)
        run.mark("both go on")
        run.recovered()
        if not run.running:
            break
    heir.restarts = False
    heir.send(signal.SIGTERM)
    assert heir.process is not None
    heir.process.wait(20)
    del environment.members["followers-2"]


def _epochs(run: ScenarioRun) -> dict[str, int]:
    query = "SELECT coalesce(max(position), 0) FROM relay_position WHERE name = 'leader'"
    return {service: int(run.environment.rows(service, query)[0][0]) for service in run.environment.urls}
