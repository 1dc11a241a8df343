"""The faults, one function each: they run on a stage with traffic going on, and leave a healed platform behind."""

from __future__ import annotations

import signal
import subprocess
import time
import uuid
from typing import Any

import eventlet
import requests

from tests.faults.engine.background_load import Chores
from tests.faults.engine.client import Caller, Refused, Unknown
from tests.faults.engine.environment import FOLLOWERS, Member
from tests.faults.engine.runner import Stage
from tests.faults.engine.workload import PROCEDURE, Act
from tests.faults.scenarios import contention, storms

CRASHED = 86
STOPPED = 0
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
LONGER = (30, 90, 30, 360, 30, 90)  # seconds a network stays silent, when not five
REACHED_WITHIN = 40.0  # seconds from the start of a process to its crash


def processes_killed(stage: Stage) -> None:
    """SIGKILL of a random service or follower every few seconds."""
    while stage.running:
        member = stage.random.choice(list(stage.world.members.values()))
        if member.running:
            member.send(signal.SIGKILL)
            stage.mark(f"kill {member.name}")
        stage.wait(1, 3)


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


def broker_killed(stage: Stage) -> None:
    """``kill -9`` of the broker, up to twenty times."""
    server = stage.world.broker.server
    for _ in range(20):
        server.kill()
        stage.mark("broker killed")
        stage.wait(1, 1 + min(19, stage.seconds / 60))
        server.start()
        stage.recovered()
        if not stage.running:
            return
        stage.wait(1, 3)


def broker_disturbed(stage: Stage) -> None:
    """Memory alarm, closed connections."""
    while True:
        for disturbance in (_alarm, _close_connections):
            disturbance(stage)
            stage.recovered()
        if not stage.running:
            return


def queues_deleted(stage: Stage) -> None:
    """Queues deleted with whatever is in them, and with them consumers cancelled."""
    while stage.running:
        _delete_queues(stage)
        stage.wait(0.5, 2)
        stage.recovered()


def _alarm(stage: Stage) -> None:
    stage.mark("memory alarm")
    rabbitmqctl(stage, "set_vm_memory_high_watermark", "0.00001")
    stage.wait(min(60.0, stage.seconds / 4))
    rabbitmqctl(stage, "set_vm_memory_high_watermark", "0.4")


def rabbitmqctl(stage: Stage, *arguments: str) -> None:
    server = stage.world.broker.server
    command = ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-q", *arguments]
    subprocess.run(command, env=server._env, check=True, capture_output=True, timeout=60)


def _close_connections(stage: Stage) -> None:
    stage.mark("connections closed")
    for one in stage.world.broker.manage("GET", f"vhosts/{stage.world.vhost}/connections").json():
        _try_to(stage, "DELETE", f"connections/{requests.utils.quote(one['name'], safe='')}")


def _delete_queues(stage: Stage) -> None:
    stage.mark("queues deleted")
    names = [one["name"] for one in stage.world.broker.manage("GET", f"queues/{stage.world.vhost}").json()]
    calls = [name for name in names if name.startswith("rpc-")]
    handlers = [name for name in names if name.startswith("evt-")]
    for name in [stage.random.choice(calls), *stage.random.sample(handlers, len(handlers) // 2)]:
        _try_to(stage, "DELETE", f"queues/{stage.world.vhost}/{name}")


def _try_to(stage: Stage, method: str, path: str) -> None:
    try:
        stage.world.broker.manage(method, path)
    except requests.HTTPError:
        stage.verdict.facts["refused by the broker"] = stage.verdict.facts.get("refused by the broker", 0) + 1


def database_stopped(stage: Stage) -> None:
    """An immediate stop of PostgreSQL, up to twenty times; and backends ended five times a second."""
    server: Any = stage.world.databases.server
    for _ in range(20):
        stage.mark("database stopped")
        server.process.send(signal.SIGQUIT)
        stage.wait(0.5, 3)
        server.start()
        stage.recovered()
        _end_backends(stage, max(1.5, min(10.0, stage.seconds / 80)))
        stage.recovered()
        if not stage.running:
            return


def _end_backends(stage: Stage, seconds: float) -> None:
    until = time.monotonic() + seconds
    query = (
        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity "
        "WHERE datname LIKE 'test_%' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2) AS few"
    )
    while time.monotonic() < until:
        stage.mark("backends ended")
        stage.world.rows("catalog", query)
        stage.wait(0.2)


def ambiguous_commits(stage: Stage) -> None:
    """The connection is cut after COMMIT has reached the server and before the client hears of it, 500 times."""
    proxies = [stage.world.to_database[name] for name in ("applications", "payments", "notifications", FOLLOWERS)]
    share = 0.06
    for proxy in proxies:
        proxy.cut(share)
    before = sum(proxy.cuts for proxy in proxies)
    while stage.running and sum(proxy.cuts for proxy in proxies) - before < 500:
        stage.wait(0.5)
    for proxy in proxies:
        proxy.cut(0.0)
    cuts = sum(proxy.cuts for proxy in proxies) - before
    stage.verdict.faults += cuts
    stage.verdict.marks.append((0.0, f"{cuts} commits cut"))
    if not cuts:
        stage.verdict.unexpected.append("no commit was cut")


def partitions(stage: Stage) -> None:
    """Service ↔ broker and ↔ database, both ways, one way, and by reset; 5 s up to six minutes."""
    cells = [
        (name, side, how)
        for name in stage.world.members
        for side in ("to_broker", "to_database")
        for how in (("up", "down"), ("up",), ("down",), ("reset",))
    ]
    stage.random.shuffle(cells)
    # Every fourth one is longer than five seconds, as long as the time allows for it.
    longer = [seconds for seconds in LONGER if seconds * 4 <= stage.seconds] or [5]
    for number, (name, side, how) in enumerate(cells):
        seconds = longer[number // 4 % len(longer)] if number % 4 == 3 else min(5, stage.seconds / 2)
        proxy = getattr(stage.world, side)[name]
        stage.mark(f"{name} {side} {'/'.join(how)} {seconds:.0f} s")
        if how == ("reset",):
            proxy.refuse()
            proxy.reset()
        else:
            proxy.silence(*how)
        stage.wait(seconds)
        proxy.heal()
        stage.recovered()
        stage.verdict.facts["cells"] = stage.verdict.facts.get("cells", 0) + 1
        if not stage.running:
            return


def lost_replies(stage: Stage) -> None:
    """The callee has committed and its reply is lost; the same id again, with the same and with other arguments."""
    caller, ledger = Caller(stage.world.direct_uri), stage.load.ledger
    for _ in range(1000):
        token, command = stage.world.people.token("citizen0"), str(uuid.uuid4())
        arguments = {"procedure_code": PROCEDURE, "channel": "online", "command_id": command}
        act = Act(command, "applications.start", None)
        ledger.acts.append(act)
        _send_only(stage, caller, arguments, token)
        stage.mark("reply lost")
        answers = [_ask(caller, arguments, token) for _ in range(2)]
        act.outcome, act.reply = "acknowledged", answers[0]
        if answers[0] != answers[1]:
            stage.verdict.unexpected.append(f"two answers to {command}: {answers}")
        try:
            reply = _ask(caller, {**arguments, "channel": "counter"}, token)
            stage.verdict.unexpected.append(f"other arguments accepted: {reply}")
        except Refused as refusal:
            if refusal.name != "CommandIdReused":
                stage.verdict.unexpected.append(f"other arguments: {refusal}")
        if not stage.running:
            return


def _send_only(stage: Stage, caller: Caller, arguments: dict[str, Any], token: str) -> None:
    caller._ready()
    caller._producer.publish(
        {"args": [], "kwargs": arguments}, exchange="nameko-rpc", routing_key="applications.start",
        reply_to="gone", correlation_id="gone", headers={"nameko.auth_token": token}, serializer="json",
    )  # fmt: skip


def _ask(caller: Caller, arguments: dict[str, Any], token: str) -> Any:
    for _ in range(30):
        try:
            return caller.ask("applications", "start", arguments, token=token)
        except Unknown:
            continue
        except Refused as refusal:
            if refusal.name not in {"ServiceUnavailable", "DeadlineExceeded", "InternalFailure"}:
                raise
            eventlet.sleep(0.2)
    raise AssertionError("no answer")


def poisoned(stage: Stage) -> None:
    """Messages nobody can read, by the thousand, among good traffic."""
    before = _sizes(stage)
    stage.verdict.poison = storms.poison(stage, until=10_000)
    after = _sizes(stage)
    stage.verdict.facts["resident MiB"] = {name: (before[name][0], size) for name, (size, _) in after.items()}
    stage.verdict.unexpected += [
        f"{name} grew from {before[name][0]} to {size} MiB"
        for name, (size, _) in after.items()
        if size > before[name][0] + 100
    ]
    ends = {name: member.exits for name, member in stage.world.members.items() if 70 in member.exits}
    stage.verdict.unexpected += [f"{name} died of poison: {codes}" for name, codes in ends.items()]


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


def duplicates(stage: Stage) -> None:
    """Every event three times, shuffled, with those of a day ago among them: nothing changes."""
    with storms.Tap(stage) as tap:
        while stage.running:
            stage.wait(0.5)
        stage.load.finish()
        stage.truth.drain()
        before = storms.state(stage)
        stage.verdict.facts["replayed"] = tap.replay(3, a_day_ago=True)
        stage.mark("everything three times")
        stage.truth.drain()
        after = storms.state(stage)
    stage.verdict.unexpected += [
        f"{name} changed from {before[name]} to {after[name]}" for name in before if before[name] != after[name]
    ]


def _sizes(stage: Stage) -> dict[str, tuple[int, int]]:
    """Memory (MiB) and open descriptors of every process."""
    return {
        name: (member.resident() // 1024, member.descriptors())
        for name, member in stage.world.members.items()
        if member.running
    }


ALL = (
    processes_killed,
    crash_points,
    broker_killed,
    broker_disturbed,
    queues_deleted,
    database_stopped,
    ambiguous_commits,
    partitions,
    lost_replies,
    poisoned,
    stopped_and_scaled,
    zombies,
    duplicates,
    contention.contention,
)
