"""Our answers in the shapes of GovStack's Registration API."""

from __future__ import annotations

from collections.abc import Mapping

from infra.chassis.json_types import Json

VI = "vi"
# Four statuses for all of ours; an application that ended is judged by its decision.
STATUSES = {
    "draft": "PENDING",
    "submitted": "PENDING",
    "accepted": "PENDING",
    "in_processing": "PENDING",
    "payment_requested": "PENDING",
    "withdrawal_requested": "PENDING",
    "supplement_requested": "SENDBACK",
    "approved": "APPROVED",
    "rejected": "REJECTED",
    "intake_refused": "REJECTED",
    "stopped": "REJECTED",
    "withdrawn": "REJECTED",
}
ENDED = {"result_returned", "intake_refused", "stopped", "withdrawn"}
TITLES = {
    "PENDING": {"vi": "Đang giải quyết", "en": "Pending"},
    "APPROVED": {"vi": "Đã duyệt", "en": "Approved"},
    "SENDBACK": {"vi": "Trả lại để bổ sung", "en": "Sent back"},
    "REJECTED": {"vi": "Không giải quyết", "en": "Rejected"},
}


def status(application: Json, language: str) -> Json:
    """``{code, title}``; what was returned is approved or rejected as it was decided."""
    place = application["status"]
    if place == "result_returned":
        place = (application.get("decision") or {}).get("outcome", "approved")
    code = STATUSES.get(place, "PENDING")
    return {"code": code, "title": TITLES[code][language]}


def either(words: Mapping[str, str] | None, language: str) -> str:
    return (words or {}).get(language) or (words or {}).get(VI, "")


def service(procedure: Json, language: str) -> Json:
    """A procedure; executable where it can be filed online."""
    facts = {"level": procedure["level"], "field": either(procedure.get("field"), language)}
    facts["authority"] = either(procedure["authority"]["name"], language)
    return {
        "id": procedure["code"],
        "serviceKey": procedure["code"],
        "name": either(procedure["title"], language),
        "version": str(procedure["version"]),
        "type": "Public",
        "isExecutable": "online" in procedure["channels"],
        "isClosed": True,
        "description": either(procedure["title"], language),
        "serviceBody": [{"code": code, "value": str(value)} for code, value in facts.items()],
    }


def form_id(procedure: Mapping[str, object]) -> str:
    """``<procedure's code>:<its version>``: a form never changes under its id."""
    return f"{procedure['code']}:{procedure['version']}"


def form(procedure: Json, language: str, *, latest: bool) -> Json:
    return {
        "eFormId": form_id(procedure),
        "name": either(procedure["title"], language),
        "description": either(procedure["title"], language),
        "version": str(procedure["version"]),
        "latest": latest,
    }


def file(application: Json, name: str, language: str, address: str) -> Json:
    """An application as an application file; ``address``: where its papers are below."""
    code, version = application["procedure_code"], application["procedure_version"]
    answers = application.get("answers") or {}
    return {
        "fileId": application["application_id"],
        "registered": application.get("submitted_at"),
        "serviceKey": code,
        "serviceName": name,
        "applicantId": application["applicant_id"],
        "status": status(application, language),
        "ended": application["status"] in ENDED,
        "applicationData": {
            "applicationName": application["reference"],
            "applicantId": application["applicant_id"],
            "created": application.get("started_at"),
            "formData": {"eFormId": f"{code}:{version}", "data": answers},
            "documentUrls": [f"{address}/{paper['attachment_id']}" for paper in application["attachments"]],
        },
    }


def listed(item: Json, language: str) -> Json:
    """A row of one's own applications, or of an office's queue."""
    return {
        "fileId": item["application_id"],
        "mainTaskId": item["application_id"],
        "taskTitle": item["reference"],
        "serviceKey": item["procedure_code"],
        "serviceName": either(item.get("procedure_title"), language) or item["procedure_code"],
        "status": status(item, language),
        "description": item.get("applicant_name") or item["reference"],
    }
