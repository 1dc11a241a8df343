"""Filing: search, quote, form, papers, submission."""

from __future__ import annotations

from infra.chassis.json_types import Json
from infra.cli.journey.journey import Journey
from infra.cli.journey.narration import command, require
from infra.cli.sample_documents import a_pdf, answers_for, as_base64

SEARCH = "doi giay phep lai xe"


def filing(journey: Journey) -> None:
    citizen = journey.who("citizen")
    with journey.step("catalog", f"tìm kiếm không dấu: {SEARCH!r}", "search without accents") as facts:
        items = citizen.catalog.search(text=SEARCH, limit=5)["items"]
        require(
            items and "giấy phép lái xe" in items[0]["title"]["vi"].lower(),
            "the best match is a driving licence procedure",
        )
        journey.procedure = citizen.catalog.procedure(code=items[0]["code"])
        facts.update(
            code=journey.procedure["code"], title=journey.procedure["title"]["vi"], level=journey.procedure["level"]
        )
    with journey.step("catalog", "báo giá lệ phí", "fee quote") as facts:
        journey.quote = citizen.catalog.quote(
            code=journey.procedure["code"], channel="online", choices=_choices(journey)
        )
        facts.update(total=journey.quote["total"]["amount"], currency=journey.quote["total"]["currency"])
    with journey.step("applications", "bắt đầu hồ sơ", "start an application") as facts:
        started = citizen.applications.start(
            procedure_code=journey.procedure["code"], channel="online", command_id=command()
        )
        journey.application_id, journey.reference = started["application_id"], started["reference"]
        facts.update(reference=journey.reference)
    with journey.step("applications", "lưu tờ khai", "save the form"):
        answers = answers_for(journey.procedure["form"], journey.citizen)
        citizen.applications.save_answers(application_id=journey.application_id, answers=answers, command_id=command())
    for requirement in journey.procedure["requirements"]:
        attach(journey, requirement)
    with journey.step("applications", "nộp hồ sơ", "submit") as facts:
        journey.remember(citizen.applications.submit(application_id=journey.application_id, command_id=command()))
        facts.update(status=journey.marks[-1][2])
        require(journey.marks[-1][2] == "submitted", "a submitted application is submitted")


def _choices(journey: Journey) -> dict[str, str]:
    rules = [fee["rule"] for fee in journey.procedure["fees"]]
    return {rule["choice"]: rule["options"][0]["id"] for rule in rules if rule["type"] == "choice"}


def attach(journey: Journey, requirement: Json) -> None:
    """A paper of the citizen's, when it is required."""
    if not requirement["required"]:
        return
    with journey.step("applications", f"đính kèm: {requirement['name']['vi'][:60]}", "attach a paper") as facts:
        paper = a_pdf(requirement["name"]["en"])
        reply = journey.who("citizen").applications.attach(
            application_id=journey.application_id,
            requirement=requirement["id"],
            file_name=f"{requirement['id']}.pdf",
            media_type="application/pdf",
            content_base64=as_base64(paper),
            command_id=command(),
        )
        facts.update(sha256=reply["sha256"][:16])
