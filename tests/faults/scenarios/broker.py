"""A broker that dies, raises an alarm, closes connections, loses queues or a reply."""

from __future__ import annotations

import subprocess
import urllib.parse
import uuid
from typing import Any

import eventlet
import requests

from tests.faults.engine.client import OutcomeUnknown, Refused, RpcClient
from tests.faults.engine.runner import ScenarioRun
from tests.faults.engine.workload import PROCEDURE, Attempt
from tests.support.local_servers import LocalBroker


def broker_killed(run: ScenarioRun) -> None:
    """``kill -9`` of the broker, up to twenty times."""
    server = run.environment.broker.server
    assert isinstance(server, LocalBroker), "its own programs are at hand"
    for _ in range(20):
        server.kill()
        run.mark("broker killed")
        run.wait(1, 1 + min(19, run.seconds / 60))
        server.start()
        run.recovered()
        if not run.running:
            return
        run.wait(1, 3)


def broker_disturbed(run: ScenarioRun) -> None:
    """Memory alarm, closed connections."""
    while True:
        for disturbance in (_alarm, _close_connections):
            disturbance(run)
            run.recovered()
        if not run.running:
            return


def queues_deleted(run: ScenarioRun) -> None:
    """Queues deleted with whatever is in them, and with them consumers cancelled."""
    while run.running:
        _delete_queues(run)
        run.wait(0.5, 2)
        run.recovered()


def _alarm(run: ScenarioRun) -> None:
    run.mark("memory alarm")
    rabbitmqctl(run, "set_vm_memory_high_watermark", "0.00001")
    run.wait(min(60.0, run.seconds / 4))
    rabbitmqctl(run, "set_vm_memory_high_watermark", "0.4")


def rabbitmqctl(run: ScenarioRun, *arguments: str) -> None:
    server = run.environment.broker.server
    assert isinstance(server, LocalBroker), "its own programs are at hand"
    command = ["/usr/lib/rabbitmq/bin/rabbitmqctl", "-q", *arguments]
    subprocess.run(command, env=server.environment, check=True, capture_output=True, timeout=60)


def _close_connections(run: ScenarioRun) -> None:
    run.mark("connections closed")
    for queue in run.environment.broker.manage("GET", f"vhosts/{run.environment.vhost}/connections").json():
        _try_to(run, "DELETE", f"connections/{urllib.parse.quote(queue['name'], safe='')}")


def _delete_queues(run: ScenarioRun) -> None:
    run.mark("queues deleted")
    names = [queue["name"] for queue in run.environment.broker.manage("GET", f"queues/{run.environment.vhost}").json()]
    calls = [name for name in names if name.startswith("rpc-")]
    handlers = [name for name in names if name.startswith("evt-")]
    for name in [run.random.choice(calls), *run.random.sample(handlers, len(handlers) // 2)]:
        _try_to(run, "DELETE", f"queues/{run.environment.vhost}/{name}")


def _try_to(run: ScenarioRun, method: str, path: str) -> None:
    try:
        run.environment.broker.manage(method, path)
    except requests.HTTPError:
        run.verdict.facts["refused by the broker"] = run.verdict.facts.get("refused by the broker", 0) + 1


def lost_replies(run: ScenarioRun) -> None:
    """The callee has committed and its reply is lost; the same id again, with the same and with other arguments."""
    client, ledger = RpcClient(run.environment.direct_uri), run.workload.ledger
    for _ in range(1000):
        token, command = run.environment.people.token("citizen0"), str(uuid.uuid4())
        arguments = {"procedure_code": PROCEDURE, "channel": "online", "command_id": command}
        attempt = Attempt(command, "applications.start", None)
        ledger.attempts.append(attempt)
        _send_only(run, client, arguments, token)
        run.mark("reply lost")
        answers = [_ask(client, arguments, token) for _ in range(2)]
        attempt.outcome, attempt.reply = "acknowledged", answers[0]
        if answers[0] != answers[1]:
            run.verdict.unexpected.append(f"two answers to {command}: {answers}")
        try:
            reply = _ask(client, {**arguments, "channel": "counter"}, token)
            run.verdict.unexpected.append(f"other arguments accepted: {reply}")
        except Refused as refusal:
            if refusal.name != "CommandIdReused":
                run.verdict.unexpected.append(f"other arguments: {refusal}")
        if not run.running:
            return


def _send_only(run: ScenarioRun, client: RpcClient, arguments: dict[str, Any], token: str) -> None:
    client._ready()
    client._producer.publish(
        {"args": [], "kwargs": arguments},
        exchange="nameko-rpc",
        routing_key="applications.start",
        reply_to="gone",
        correlation_id="gone",
        headers={"nameko.auth_token": token},
        serializer="json",
    )


def _ask(client: RpcClient, arguments: dict[str, Any], token: str) -> Any:
    for _ in range(30):
        try:
            return client.call("applications", "start", arguments, token=token)
        except OutcomeUnknown:
            continue
        except Refused as refusal:
            if refusal.name not in {"ServiceUnavailable", "DeadlineExceeded", "InternalFailure"}:
                raise
            eventlet.sleep(0.2)
    raise AssertionError("no answer")
