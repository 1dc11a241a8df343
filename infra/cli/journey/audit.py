"""The auditor: history, replay, the sealed log."""

from __future__ import annotations

from infra.chassis.json_types import Json
from infra.cli.journey.journey import Journey
from infra.cli.journey.narration import eventually, require


def audit(journey: Journey) -> None:
    auditor, about = journey.who("auditor"), {"application_id": journey.application_id}
    with journey.step(
        "applications", "lịch sử đầy đủ từ chuỗi sự kiện", "the whole history from the event stream"
    ) as facts:
        items = auditor.applications.history(**about)["items"]
        facts.update(events=[f"{item['kind']} → {item['status']}" for item in items])
        require([item["version"] for item in items] == list(range(1, len(items) + 1)), "versions are dense from 1")
    for version, at, status in (journey.marks[0], journey.marks[len(journey.marks) // 2], journey.marks[-1]):
        with journey.step("applications", f"trạng thái tại {at}", "state at that instant") as facts:
            then = auditor.applications.state_at(**about, at=at)
            facts.update(status=then["status"], version=then["version"])
            require(
                (then["status"], then["version"]) == (status, version),
                f"replay to {at} gives {status} at version {version}",
            )
    with journey.step("applications", "phát lại bằng mô hình đọc", "replay agrees with the read model") as facts:
        verdict = eventually(lambda: _verified(journey), "replay equals the read model")
        facts.update({name: verdict[name] for name in ("events", "applications", "first_bad")})
    with journey.step(
        "applications",
        "nhật ký đã niêm phong đến sự kiện cuối, không có gì bị sửa",
        "the log is sealed to its last event, nothing altered",
    ) as facts:
        log = eventually(lambda: _sealed(journey), "every event is sealed")
        facts.update({name: log[name] for name in ("events", "leaves", "checkpoints", "unsealed")})


def _verified(journey: Journey) -> Json | None:
    verdict: Json = journey.who("auditor").applications.verify()
    return verdict if verdict["first_bad"] is None and verdict["events"] > 0 else None


def _sealed(journey: Journey) -> Json | None:
    log: Json = journey.who("auditor").applications.verify()["log"]
    require(log["ok"], f"the log is whole: {log['first_bad']}")
    return log if log["unsealed"] == 0 and log["leaves"] == log["events"] > 0 else None
