"""Tasks: what an application file waits for, from whom it waits, and how that is done.

A task is the step a file stands at: ``<file>.<step>``. Completing one is a call of the platform, named by ``action`` in
``data`` beside the call's own arguments; a task that is done already is refused.
"""

from __future__ import annotations

from infra.chassis.json_types import Json
from infra.front_door.errors import PageNotFound
from infra.front_door.gateway import json_object
from infra.front_door.govstack import shapes
from infra.front_door.govstack.asking import Asking, object_in, wrong
from infra.front_door.govstack.files import rows

STEP_OF = {
    "draft": "submission",
    "submitted": "intake",
    "accepted": "assignment",
    "in_processing": "decision",
    "supplement_requested": "supplement",
    "payment_requested": "payment",
    "withdrawal_requested": "withdrawal",
    "approved": "return",
    "rejected": "return",
}
ACTIONS = {
    "submission": ("submit",),
    "intake": ("accept", "refuse_intake", "request_supplement"),
    "assignment": ("assign", "request_supplement", "stop"),
    "decision": ("propose", "approve", "reject", "send_back", "request_supplement", "stop", "extend"),
    "supplement": ("supplement",),
    "payment": (),  # it ends with the payment
    "withdrawal": ("confirm_withdrawal", "decline_withdrawal"),
    "return": ("return_result",),
}
APPLICANTS = {"submission", "supplement", "payment"}


async def tasks(asking: Asking) -> list[Json]:
    """What waits for the applicant, or for the agency that the information mediator's client is."""
    office, file = asking.agency is not None, asking.query().get("fileId") or asking.query().get("mainTaskId")
    assignee = asking.query().get("assigneeId")
    return [
        _listed(item, asking.language)
        for item in await rows(asking)
        if (step := STEP_OF.get(item["status"])) is not None
        and (step in APPLICANTS) != office
        and file in (None, item["application_id"])
        and assignee in (None, item.get("officer_id"))
    ]


def _listed(item: Json, language: str) -> Json:
    return {
        **shapes.listed(item, language),
        "taskId": f"{item['application_id']}.{STEP_OF[item['status']]}",
        "name": STEP_OF[item["status"]],
    }


async def task(asking: Asking) -> Json:
    file, step = _parts(asking)
    application = await asking.call("applications.application", application_id=file)
    if STEP_OF.get(application["status"]) != step:
        raise PageNotFound()
    return {
        "taskId": asking.place("task_id"),
        "taskName": step,
        "fileId": application["application_id"],
        "serviceKey": application["procedure_code"],
        "created": application.get("started_at"),
        "description": application["reference"],
        "eFormId": f"{application['procedure_code']}:{application['procedure_version']}",
        "formVariables": {"actions": list(ACTIONS[step])},
        "status": shapes.status(application, asking.language),
        "data": application.get("answers") or {},
    }


async def complete(asking: Asking) -> Json:
    file, step = _parts(asking)
    data = object_in(await json_object(asking.request), "data")
    action = data.pop("action", None)
    if action not in ACTIONS[step]:
        actions = ", ".join(ACTIONS[step]) or "–"
        raise wrong("/data/action", f"bước này có: {actions}", f"this step has: {actions}")
    before = await asking.call("applications.application", application_id=file)
    # Whether it still waits for that, the door says: the same request again has the first one's answer.
    done = await asking.call(f"applications.{action}", **{**data, "application_id": file})
    return {
        "taskId": asking.place("task_id"),
        "fileId": done["application_id"],
        "serviceKey": before["procedure_code"],
        "status": shapes.status({**before, **done}, asking.language),
        "variables": {"done": {"data": {name: value for name, value in done.items() if name != "application_id"}}},
    }


def _parts(asking: Asking) -> tuple[str, str]:
    file, _, step = asking.place("task_id").rpartition(".")
    if not file or step not in ACTIONS:
        raise PageNotFound()
    return file, step
