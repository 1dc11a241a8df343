"""Storms of messages: poison that nobody can read, and everything that was published, published again."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import time_machine
from kombu import Connection

from infra.chassis.settings import Settings
from tests.support.signed_events import signed

if TYPE_CHECKING:
    from tests.faults.engine.runner import ScenarioRun

SOURCES = ("applications", "payments")
SERVICES = ("identity", "catalog", "applications", "payments", "notifications")
GOOD_CALL: dict[str, Any] = {"args": [], "kwargs": {}}
PLAIN = {"content_type": "application/json", "content_encoding": "utf-8"}
POISON = "poison"  # a header: the how manieth it is
REPLY = {"reply_to": "nobody", "correlation_id": "1"}
Message = tuple[Any, dict[str, Any]]


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def poisoned_calls(chance: Any) -> list[Message]:
    """RPCs that cannot be answered or read, one of every known way of being wrong."""
    return [
        (_json(GOOD_CALL), {}),
        (_json(GOOD_CALL), {**REPLY, "headers": {"nameko.call_id_stack": chance.choice((7, "x", {"a": 1}, [1, 2]))}}),
        (_json(GOOD_CALL), {**REPLY, "headers": {"nameko.auth_token": chance.choice((7, [], {}))}}),
        (_json(GOOD_CALL), {**REPLY, "headers": {"compression": "application/x-gzip"}}),
        (_json(GOOD_CALL), {**REPLY, "headers": {"nameko.language": "x" * 70_000}}),
        *unreadable(chance, REPLY),
    ]


def answerable_calls() -> list[Message]:
    """RPCs that make no sense but say who waits: these are answered by name, not quarantined."""
    return [
        (_json({"args": 1, "kwargs": {}}), REPLY),
        (_json({"args": [], "kwargs": []}), REPLY),
        (_json([]), REPLY),
        (_json({"args": [], "kwargs": {"deep": _deep(150)}}), REPLY),
    ]


def poisoned_events(chance: Any) -> list[Message]:
    """Events that are none."""
    event = {"id": "x:1", "data": {}}
    return [
        (_json({}), {}),
        (_json({**event, "id": 7}), {}),
        (_json({**event, "data": chance.choice((None, [], "x", 1))}), {}),
        (_json({**event, "data": {"deep": _deep(chance.randint(70, 200))}}), {}),
        (_json(event), {"headers": {"nameko.call_id_stack": 7}}),
        *unreadable(chance, {}),
    ]


def unreadable(chance: Any, options: dict[str, Any]) -> list[Message]:
    noise = bytes(chance.randrange(128, 256) for _ in range(chance.randint(1, 40)))
    return [
        (b"{no json" + noise, options),
        (b'"' + noise, options),
        (b"[" * 50_000, options),
        (pickle.dumps({"a": 1}), {**options, "content_type": "application/x-python-serialize"}),
        (b"x", {**options, "content_type": "text/unheard-of"}),
    ]


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def poison(run: ScenarioRun, until: int) -> int:
    """Send numbered poison into every service's call queue and handlers' queues; how much was sent."""
    sent = 0
    queues = [queue["name"] for queue in run.environment.broker.manage("GET", f"queues/{run.environment.vhost}").json()]
    events = sorted(name for name in queues if name.startswith("evt-"))
    with Connection(run.environment.direct_uri, connect_timeout=5) as connection:
        producer = connection.Producer(connection.channel())
        while sent < until and run.running:
            for _ in range(20):
                is_call = run.random.random() < 0.5
                body, options = run.random.choice((poisoned_calls if is_call else poisoned_events)(run.random))
                where = (
                    {"exchange": "nameko-rpc", "routing_key": f"{run.random.choice(SERVICES)}.health"}
                    if is_call
                    else {"exchange": "", "routing_key": run.random.choice(events)}
                )
                producer.publish(
                    body, **{**PLAIN, **options, "headers": {**options.get("headers", {}), POISON: sent}}, **where
                )
                sent += 1
            run.wait(0.1)
    run.mark(f"{sent} poisoned messages")
    return sent


class Tap:
    """A queue of our own that receives everything published while it is open."""

    def __init__(self, run: ScenarioRun) -> None:
        self.run = run
        self.connection = Connection(run.environment.direct_uri, connect_timeout=5)

    def __enter__(self) -> Tap:
        self.channel = self.connection.channel()
        self.queue = self.channel.queue_declare("", exclusive=True, auto_delete=False).queue
        for source in SOURCES:
            self.channel.queue_bind(self.queue, f"{source}.events", "#")
        return self

    def __exit__(self, *_about: object) -> None:
        self.connection.collect()

    def replay(self, times: int, *, a_day_ago: bool) -> int:
        """Publish everything received again, ``times`` over and shuffled; how many messages went out."""
        received: list[dict[str, Any]] = []
        while (message := self.channel.basic_get(self.queue, no_ack=True)) is not None:
            received.append(json.loads(message.body))
        storm = [copy.deepcopy(message) for message in received for _ in range(times)]
        if a_day_ago:
            settings = Settings(self.run.environment.env)
            for number in range(0, len(storm), times + 1):
                with time_machine.travel(datetime.now(UTC) - timedelta(days=1)):
                    storm[number] = signed(settings, storm[number])  # as its source would have, a day ago
        self.run.random.shuffle(storm)
        producer = self.connection.Producer(self.connection.channel())
        for entry in storm:
            producer.publish(
                entry, exchange=f"{entry['source'].strip('/')}.events", routing_key=entry["type"], serializer="json"
            )
        return len(storm)


STATE = {
    "applications events": ("applications", "SELECT count(*) FROM stored_events"),
    "payments": ("payments", "SELECT count(*), sum(amount) FROM payment"),
    "demands": ("payments", "SELECT standing, count(*), sum(amount) FROM demand GROUP BY standing ORDER BY standing"),
    "books": ("payments", "SELECT account, sum(amount) FROM ledger_row GROUP BY account ORDER BY account"),
    "messages": ("notifications", "SELECT count(*) FROM message"),
    "deliveries": ("notifications", "SELECT count(*) FROM delivery"),
    "read model": ("applications", "SELECT status, count(*) FROM application_view GROUP BY status ORDER BY status"),
}


def state(run: ScenarioRun) -> dict[str, list[Any]]:
    """What must be the same before and after a storm."""
    return {name: [tuple(row) for row in run.environment.rows(*where)] for name, where in STATE.items()}


def poisoned(run: ScenarioRun) -> None:
    """Messages nobody can read, by the thousand, among good traffic."""
    before = _sizes(run)
    run.verdict.poison = poison(run, until=10_000)
    after = _sizes(run)
    run.verdict.facts["resident MiB"] = {name: (before[name][0], size) for name, (size, _) in after.items()}
    run.verdict.unexpected += [
        f"{name} grew from {before[name][0]} to {size} MiB"
        for name, (size, _) in after.items()
        if size > before[name][0] + 100
    ]
    ends = {name: member.exits for name, member in run.environment.members.items() if 70 in member.exits}
    run.verdict.unexpected += [f"{name} died of poison: {codes}" for name, codes in ends.items()]


def duplicates(run: ScenarioRun) -> None:
    """Every event three times, shuffled, some of them signed a day ago: nothing changes."""
    with Tap(run) as tap:
        while run.running:
            run.wait(0.5)
        run.workload.finish()
        run.invariants.drain()
        before = state(run)
        run.verdict.facts["replayed"] = tap.replay(3, a_day_ago=True)
        run.mark("everything three times")
        run.invariants.drain()
        after = state(run)
    run.verdict.unexpected += [
        f"{name} changed from {before[name]} to {after[name]}" for name in before if before[name] != after[name]
    ]


def _sizes(run: ScenarioRun) -> dict[str, tuple[int, int]]:
    """Memory (MiB) and open descriptors of every process."""
    return {
        name: (member.resident() // 1024, member.descriptors())
        for name, member in run.environment.members.items()
        if member.running
    }
