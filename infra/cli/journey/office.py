"""The office: intake, supplement, decision, result."""

from __future__ import annotations

from collections.abc import Mapping

from infra.chassis.json_types import Json
from infra.cli.journey.filing import attach
from infra.cli.journey.journey import Journey
from infra.cli.journey.narration import command, eventually, require
from infra.cli.sample_documents import a_pdf, as_base64


def office(journey: Journey) -> None:
    about = {"application_id": journey.application_id}
    with journey.step("applications", "hồ sơ trong hàng đợi của cơ quan", "in the agency's queue"):
        eventually(lambda: _queued(journey), "the application shows in the office's queue")
    with journey.step("applications", "tiếp nhận, hẹn ngày trả", "accepted, with a promised date") as facts:
        accepted = eventually(lambda: _accepted(journey), "the fee reaches the office")
        journey.remember(accepted)
        facts.update(due_at=accepted["due_at"], receipt_number=accepted["receipt_number"])
    with journey.step("applications", "giải thích ngày hẹn trả", "the due date explained") as facts:
        days = journey.who("auditor").applications.explain_due_date(**about)["days"]
        facts.update(days=[f"{day['date']} {day['kind']}" for day in days])
        require(any(day["kind"] == "counted" for day in days), "the proof names the days that count")
    _supplement(journey, about)
    _decision(journey, about)


def _queued(journey: Journey) -> bool:
    items = journey.who("intake_officer").applications.queue(agency_code=journey.agency, status="submitted")["items"]
    return any(item["application_id"] == journey.application_id for item in items)


def _accepted(journey: Journey) -> Json | None:
    from nameko.exceptions import RemoteError

    try:
        reply: Json = journey.who("intake_officer").applications.accept(
            application_id=journey.application_id, command_id=command()
        )
    except RemoteError as refused:
        require(refused.exc_type == "FeeNotPaid", f"accept was refused: {refused}")
        return None
    return reply


def _supplement(journey: Journey, about: Mapping[str, object]) -> None:
    paper = next(requirement for requirement in journey.procedure["requirements"] if requirement["required"])
    with journey.step(
        "applications", "yêu cầu bổ sung: đồng hồ tạm dừng", "supplement requested: the clock pauses"
    ) as facts:
        request = journey.who("case_officer").applications.request_supplement(
            **about,
            marks=[{"pointer": f"/requirements/{paper['id']}", "reason": "Bản chụp mờ, đề nghị gửi lại"}],
            reason="Giấy tờ chưa rõ",
            command_id=command(),
        )
        journey.remember(request)
        paused = journey.who("citizen").applications.application(**about)
        facts.update(status=paused["status"], official_status=paused["official_status"])
        require(
            paused["status"] == "supplement_requested" and paused["official_status"] == 5,
            "the application waits for its supplement",
        )
    attach(journey, paper)
    with journey.step(
        "applications", "công dân bổ sung: đồng hồ chạy tiếp", "supplement given: the clock runs on"
    ) as facts:
        journey.who("citizen").applications.supplement(**about, command_id=command())
        facts.update(due_at=journey.who("citizen").applications.application(**about)["due_at"])


def _decision(journey: Journey, about: Json) -> None:
    officer = journey.world["officials"]["case_officer"]["account_id"]
    with journey.step("applications", "phân công xử lý", "assigned to a case officer"):
        journey.remember(journey.who("approver").applications.assign(**about, officer_id=officer, command_id=command()))
    with journey.step("applications", "chuyên viên đề xuất", "outcome proposed"):
        journey.who("case_officer").applications.propose(
            **about, outcome="approve", reason="Đủ điều kiện", command_id=command()
        )
    with journey.step(
        "applications",
        "lãnh đạo khác phê duyệt, có văn bản kết quả",
        "approved by another official, with the result",
    ) as facts:
        result = {
            "file_name": "ket-qua.pdf",
            "media_type": "application/pdf",
            "content_base64": as_base64(a_pdf("Result")),
        }
        journey.remember(journey.who("approver").applications.approve(**about, result=result, command_id=command()))
        facts.update(status=journey.marks[-1][2])
    with journey.step("applications", "trả kết quả qua bưu chính", "result returned by post") as facts:
        journey.who("citizen").applications.choose_delivery(
            **about, method="post", address="Số 1, phố Mẫu, phường Mẫu, Hà Nội", command_id=command()
        )
        journey.remember(
            journey.who("intake_officer").applications.return_result(
                **about, method="post", tracking_number="VN000000001VN", command_id=command()
            )
        )
        done = journey.who("citizen").applications.application(**about)
        facts.update(status=done["status"], official_status=done["official_status"])
        require((done["status"], done["official_status"]) == ("result_returned", 10), "the result is returned")
