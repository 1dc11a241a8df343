"""An application on its way to being filed: begun, answered one question to a page, papers, delivery, check, submit.

Every page saves; a draft is found again under «my applications». Commands carry the id that was made with the page.
"""

from __future__ import annotations

from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.chassis.text.numbers import natural_number
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import PageNotFound
from infra.front_door.pages.navigation import CITIZEN
from infra.front_door.pages.page import Page
from infra.front_door.pages.questions import Question, answered, questions_of, shown_answer
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

APPLICATION = "/applications/{application_id}"


async def before(visit: Visit) -> Response:
    """Which way to file; the draft begins with the answer."""
    procedure = await visit.ask("catalog.procedure", code=visit.places["code"])
    return visit.page("drafts/start.html", procedure=procedure)


async def start(visit: Visit) -> Response:
    form = await visit.form()
    begun = await visit.ask(
        "applications.start",
        procedure_code=visit.places["code"],
        channel="online",
        on_behalf_of=form.text("on_behalf_of") or None,
        command_id=form.text("command_id"),
    )
    return visit.page("drafts/begun.html", draft=begun)


async def draft_of(visit: Visit) -> tuple[Json, Json]:
    """The application and the version of its procedure: two calls."""
    draft = await visit.ask("applications.application", application_id=visit.places["application_id"])
    procedure = await visit.ask("catalog.procedure", code=draft["procedure_code"], version=draft["procedure_version"])
    return draft, procedure


async def tasks(visit: Visit) -> Response:
    draft, procedure = await draft_of(visit)
    if draft["status"] != "draft":
        return visit.to(f"/applications/{draft['application_id']}")
    facts: Json = {"draft": draft, "procedure": procedure, "answered": answered}
    return visit.page("drafts/tasks.html", questions=questions_of(procedure), **facts)


def _question_named(visit: Visit, procedure: Json) -> tuple[list[Question], int]:
    questions = questions_of(procedure)
    numbers = [number for number, question in enumerate(questions) if question.name == visit.places["question"]]
    if not numbers:
        raise PageNotFound()
    return questions, numbers[0]


async def ask_question(visit: Visit) -> Response:
    draft, procedure = await draft_of(visit)
    questions, number = _question_named(visit, procedure)
    value = (draft["answers"] or {}).get(questions[number].name, "")
    return _question_page(visit, draft, procedure, questions, number, value=value)


def _question_page(
    visit: Visit, draft: Json, procedure: Json, questions: list[Question], number: int, **shown_facts: object
) -> Response:
    facts: Json = {
        "draft": draft,
        "procedure": procedure,
        "question": questions[number],
        "number": number,
        **shown_facts,
    }
    return visit.page("drafts/question.html", count=len(questions), check=visit.query.get("to", ""), **facts)


async def answer(visit: Visit) -> Response:
    """Save one answer with the others, and go on to the next question or back to checking."""
    form = await visit.form()
    draft, procedure = await draft_of(visit)
    questions, number = _question_named(visit, procedure)
    question = questions[number]
    value = question.typed(form)
    if value == "" and question.required:
        error = FieldError(question.name, visit.t("drafts.answer_missing"))
        return _question_page(visit, draft, procedure, questions, number, value=value, errors=[error], status=400)
    answers = {name: old for name, old in (draft["answers"] or {}).items() if name != question.name}
    answers |= {} if value == "" else {question.name: value}
    place = visit.places["application_id"]
    await visit.ask(
        "applications.save_answers", application_id=place, answers=answers, command_id=form.text("command_id")
    )
    if form.text("to") == "check":
        return visit.to(f"/applications/{place}/check")
    if number + 1 < len(questions):
        return visit.to(f"/applications/{place}/questions/{questions[number + 1].name}")
    return visit.to(f"/applications/{place}/papers")


async def papers(visit: Visit) -> Response:
    draft, procedure = await draft_of(visit)
    return visit.page("drafts/papers.html", draft=draft, procedure=procedure)


async def attach(visit: Visit) -> Response:
    form = await visit.form()
    place, file = visit.places["application_id"], form.files.get("file")
    errors: list[FieldError] = []
    if file is None:
        errors = [FieldError("file", visit.t("drafts.file_missing"))]
    else:
        try:
            arguments = {**file.arguments(), "requirement": form.text("requirement")}
            await visit.ask(
                "applications.attach", application_id=place, command_id=form.text("command_id"), **arguments
            )
            return visit.to(f"/applications/{place}/papers")
        except PlatformRefusal as refused:
            if status_of(refused.name) != 400:
                raise
            errors = [FieldError("file", refused.text)]
    draft = await visit.ask("applications.application", application_id=place)
    procedure = await visit.ask("catalog.procedure", code=draft["procedure_code"], version=draft["procedure_version"])
    return visit.page("drafts/papers.html", draft=draft, procedure=procedure, errors=errors, status=400)


async def detach(visit: Visit) -> Response:
    form = await visit.form()
    place = visit.places["application_id"]
    await visit.ask(
        "applications.detach",
        application_id=place,
        attachment_id=form.text("attachment_id"),
        command_id=form.text("command_id"),
    )
    return visit.to(f"/applications/{place}/{'do/supplement' if form.text('to') == 'supplement' else 'papers'}")


async def delivery(visit: Visit) -> Response:
    draft, procedure = await draft_of(visit)
    return visit.page("drafts/delivery.html", draft=draft, procedure=procedure, values=draft["delivery"] or {})


async def choose_delivery(visit: Visit) -> Response:
    form = await visit.form()
    place, method = visit.places["application_id"], form.text("method")
    values = {"method": method, "address": form.text("address")}
    errors = []
    if not method:
        errors = [FieldError("method", visit.t("drafts.method_missing"))]
    elif method == "post" and not values["address"]:
        errors = [FieldError("address", visit.t("drafts.address_missing"))]
    if not errors:
        try:
            address = values["address"] if method == "post" else None
            command = {"method": method, "address": address, "command_id": form.text("command_id")}
            await visit.ask("applications.choose_delivery", application_id=place, **command)
            return visit.to(f"/applications/{place}/check")
        except PlatformRefusal as refused:
            if status_of(refused.name) != 400:
                raise
            errors = [FieldError("method", refused.text)]
    draft, procedure = await draft_of(visit)
    return visit.page("drafts/delivery.html", 400, draft=draft, procedure=procedure, values=values, errors=errors)


def choices_of(procedure: Json) -> list[Json]:
    """Fees with options to choose from, each choice once."""
    fees = [fee for fee in procedure.get("fees", []) if fee["rule"]["type"] == "choice"]
    return list({fee["rule"]["choice"]: fee for fee in fees}.values())


async def check(visit: Visit) -> Response:
    draft, procedure = await draft_of(visit)
    return _check_page(visit, draft, procedure)


def _check_page(visit: Visit, draft: Json, procedure: Json, **shown_facts: object) -> Response:
    answers, yes_no = draft["answers"] or {}, (visit.t("drafts.yes"), visit.t("drafts.no"))
    rows = [
        (question, shown_answer(question, answers[question.name], visit.language, yes_no))
        for question in questions_of(procedure)
        if answered(question, answers)
    ]
    facts: Json = {
        "draft": draft,
        "procedure": procedure,
        "rows": rows,
        "choices": choices_of(procedure),
        **shown_facts,
    }
    return visit.page("drafts/check.html", **facts)


async def submit(visit: Visit) -> Response:
    """Hand in; what is missing leads to where it is asked."""
    form = await visit.form()
    place = visit.places["application_id"]
    names = [name.removeprefix("fee-") for name in form if name.startswith("fee-")]
    choices = {name: form.text(f"fee-{name}") for name in names if form.text(f"fee-{name}")}
    try:
        await visit.ask(
            "applications.submit",
            application_id=place,
            choices=choices or None,
            quantity=natural_number(form.text("quantity"), 4),
            command_id=form.text("command_id"),
        )
    except PlatformRefusal as refused:
        if status_of(refused.name) != 400:
            raise
        draft, procedure = await draft_of(visit)
        errors = visit.errors_of(refused)
        return _check_page(visit, draft, procedure, errors=errors, status=400)
    return visit.to(f"/applications/{place}/submitted")


async def submitted(visit: Visit) -> Response:
    """What happens next, and what is owed; the demand follows the submission by a moment."""
    place = visit.places["application_id"]
    draft = await visit.ask("applications.application", application_id=place)
    return visit.page("drafts/submitted.html", application=draft)


PAGES = (
    Page("/procedures/{code}/start", before, start, CITIZEN),
    Page(f"{APPLICATION}/tasks", tasks, roles=CITIZEN),
    Page(f"{APPLICATION}/questions/{{question}}", ask_question, answer, CITIZEN),
    Page(f"{APPLICATION}/papers", papers, attach, CITIZEN),
    Page(f"{APPLICATION}/papers/remove", act=detach, roles=CITIZEN),
    Page(f"{APPLICATION}/delivery", delivery, choose_delivery, CITIZEN),
    Page(f"{APPLICATION}/check", check, submit, CITIZEN),
    Page(f"{APPLICATION}/submitted", submitted, roles=CITIZEN),
)
