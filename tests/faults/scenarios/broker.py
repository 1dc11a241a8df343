"""A broker that dies, raises an alarm, closes connections, loses queues or a reply."""

from __future__ import annotations

import subprocess
import uuid
from typing import Any

import eventlet
import requests

from tests.faults.engine.client import Caller, Refused, Unknown
from tests.faults.engine.runner import Stage
from tests.faults.engine.workload import PROCEDURE, Act


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
