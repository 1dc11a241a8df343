"""Fifty clients at one application through the doors: one wins each version, whatever they want of it."""

from __future__ import annotations

import uuid
from typing import Any

import eventlet

from infra.cli.sample_documents import a_pdf, as_base64
from tests.faults.engine.client import Caller, Refused, Unknown
from tests.faults.engine.runner import Stage
from tests.faults.engine.workload import PROCEDURE, Act

CLIENTS = 50
TRIES = 40
LOST = {"VersionConflict", "TransitionNotAllowed", "NoProposal"}  # another was first
WITHDRAW: tuple[str, str, dict[str, Any]] = ("citizen0", "request_withdrawal", {"reason": "Không cần nữa."})
APPROVE: tuple[str, str, dict[str, Any]] = (
    "approver", "approve",
    {"result": {"number": "1/QĐ", "media_type": "application/pdf", "content_base64": as_base64(a_pdf("Kết quả"))}},
)  # fmt: skip
REJECT: tuple[str, str, dict[str, Any]] = ("approver", "reject", {"reason": "Không đủ điều kiện."})


def contention(stage: Stage) -> None:
    """All at one draft, expecting the same version; then all at one proposal: to withdraw, to approve, to reject."""
    callers = [Caller(stage.world.direct_uri) for _ in range(CLIENTS)]
    started = stage.load.persist(
        callers[0], "citizen0", "applications.start", procedure_code=PROCEDURE, channel="online"
    )
    assert started is not None
    about, version, winners = {"application_id": started["application_id"]}, started["version"], []
    while stage.running:
        wish = ("citizen0", "save_answers", {"answers": {}, "expected_version": version})
        won = _all_at_once(stage, callers, about, [wish])
        winners.append(len(won))
        version = max([version, *won])
    for _ in range(3 if stage.seconds > 60 else 1):
        winners.append(len(_all_at_once(stage, callers, _proposed(stage, callers[0]), [WITHDRAW, APPROVE, REJECT])))
    stage.verdict.facts["winners per round"] = winners
    stage.verdict.unexpected += [f"{won} winners of one version" for won in winners if won != 1]
    for one in callers:
        one.close()


def _proposed(stage: Stage, caller: Caller) -> dict[str, Any]:
    """An application with a proposal to decide on."""
    application_id = stage.load.one_application(caller, "citizen0")
    assert application_id is not None
    officer = stage.world.people.world["officials"]["case_officer"]["account_id"]
    for who, door, given in (
        ("case_officer", "applications.assign", {"officer_id": officer}),
        ("case_officer", "applications.propose", {"outcome": "approve"}),
    ):
        assert stage.load.persist(caller, who, door, application_id=application_id, **given) is not None
    return {"application_id": application_id}


def _all_at_once(
    stage: Stage, callers: list[Caller], about: dict[str, Any], wishes: list[tuple[str, str, dict[str, Any]]]
) -> list[int]:
    """The versions written by those who won."""
    stage.mark("fifty at once")
    for who, _, _ in wishes:
        stage.world.people.token(who)
    racing = [
        eventlet.spawn(_race, stage, caller, *wishes[number % len(wishes)], about)
        for number, caller in enumerate(callers)
    ]
    return [version for one in racing if (version := one.wait())]


def _race(
    stage: Stage, caller: Caller, who: str, method: str, given: dict[str, Any], about: dict[str, Any]
) -> int | None:
    """The version this client wrote, ``None`` if another was first."""
    act = Act(str(uuid.uuid4()), f"applications.{method}", about["application_id"])
    stage.load.ledger.acts.append(act)
    arguments = {**about, **given, "command_id": act.command_id}
    for _ in range(TRIES):
        try:
            act.reply = caller.ask("applications", method, arguments, token=stage.world.people.token(who), timeout=10)
            act.outcome = "acknowledged"
            return int(act.reply["version"])
        except Refused as refusal:
            if refusal.name in LOST:
                act.outcome = "lost the race"
                return None
            act.refusal = str(refusal)
        except Unknown as trouble:
            act.refusal = str(trouble)
        eventlet.sleep(0.3)
    return None
