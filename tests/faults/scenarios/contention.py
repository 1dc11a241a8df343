"""Fifty clients at one application through the doors: one wins each version, whatever they want of it."""

from __future__ import annotations

import uuid
from typing import Any

import eventlet

from infra.cli.sample_documents import a_pdf, as_base64
from tests.faults.engine.client import OutcomeUnknown, Refused, RpcClient
from tests.faults.engine.runner import ScenarioRun
from tests.faults.engine.workload import PROCEDURE, Attempt

CLIENTS = 50
TRIES = 40
LOST = {"VersionConflict", "TransitionNotAllowed", "NoProposal"}  # another was first
WITHDRAW: tuple[str, str, dict[str, Any]] = ("citizen0", "request_withdrawal", {"reason": "Không cần nữa."})
APPROVE: tuple[str, str, dict[str, Any]] = (
    "approver",
    "approve",
    {"result": {"number": "1/QĐ", "media_type": "application/pdf", "content_base64": as_base64(a_pdf("Kết quả"))}},
)
REJECT: tuple[str, str, dict[str, Any]] = ("approver", "reject", {"reason": "Không đủ điều kiện."})


def contention(run: ScenarioRun) -> None:
    """All at one draft, expecting the same version; then all at one proposal: to withdraw, to approve, to reject."""
    rpc_clients = [RpcClient(run.environment.direct_uri) for _ in range(CLIENTS)]
    started = run.workload.send_until_answered(
        rpc_clients[0], "citizen0", "applications.start", procedure_code=PROCEDURE, channel="online"
    )
    assert started is not None
    about, version, winners = {"application_id": started["application_id"]}, started["version"], []
    while run.running:
        wish = ("citizen0", "save_answers", {"answers": {}, "expected_version": version})
        won = _all_at_once(run, rpc_clients, about, [wish])
        winners.append(len(won))
        version = max([version, *won])
    winners += [
        len(_all_at_once(run, rpc_clients, _proposed(run, rpc_clients[0]), [WITHDRAW, APPROVE, REJECT]))
        for _ in range(3 if run.seconds > 60 else 1)
    ]
    run.verdict.facts["winners per round"] = winners
    run.verdict.unexpected += [f"{won} winners of one version" for won in winners if won != 1]
    for client in rpc_clients:
        client.close()


def _proposed(run: ScenarioRun, client: RpcClient) -> dict[str, Any]:
    """An application with a proposal to decide on."""
    application_id = run.workload.one_application(client, "citizen0")
    assert application_id is not None
    officer = run.environment.people.seeded["officials"]["case_officer"]["account_id"]
    for who, door, arguments in (
        ("case_officer", "applications.assign", {"officer_id": officer}),
        ("case_officer", "applications.propose", {"outcome": "approve"}),
    ):
        assert (
            run.workload.send_until_answered(client, who, door, application_id=application_id, **arguments) is not None
        )
    return {"application_id": application_id}


def _all_at_once(
    run: ScenarioRun, rpc_clients: list[RpcClient], about: dict[str, Any], wishes: list[tuple[str, str, dict[str, Any]]]
) -> list[int]:
    """The versions written by those who won."""
    run.mark("fifty at once")
    for who, _, _ in wishes:
        run.environment.people.token(who)
    racing = [
        eventlet.spawn(_race, run, client, *wishes[number % len(wishes)], about)
        for number, client in enumerate(rpc_clients)
    ]
    return [version for worker in racing if (version := worker.wait())]


def _race(
    run: ScenarioRun, client: RpcClient, who: str, method: str, options: dict[str, Any], about: dict[str, Any]
) -> int | None:
    """The version this client wrote, ``None`` if another was first."""
    attempt = Attempt(str(uuid.uuid4()), f"applications.{method}", about["application_id"])
    run.workload.ledger.attempts.append(attempt)
    arguments = {**about, **options, "command_id": attempt.command_id}
    for _ in range(TRIES):
        try:
            attempt.reply = client.call(
                "applications", method, arguments, token=run.environment.people.token(who), timeout=10
            )
            attempt.outcome = "acknowledged"
            return int(attempt.reply["version"])
        except Refused as refusal:
            if refusal.name in LOST:
                attempt.outcome = "lost the race"
                return None
            attempt.refusal = str(refusal)
        except OutcomeUnknown as trouble:
            attempt.refusal = str(trouble)
        eventlet.sleep(0.3)
    return None
