"""What is asked of an applicant after filing, and answered where it was marked: papers one by one, answers, then all.

Papers are handed in as they are chosen; the answers to marked questions go with the last button, which starts the clock
again. Marks that name no paper and no question are shown as they were written.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.front_door.calls import PlatformRefusal
from infra.front_door.pages.drafts import APPLICATION, draft_of
from infra.front_door.pages.forms import Form
from infra.front_door.pages.navigation import CITIZEN
from infra.front_door.pages.page import Page
from infra.front_door.pages.questions import Question, questions_of
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

PATH = f"{APPLICATION}/do/supplement"


def marks_of(application: Json) -> list[Json]:
    """Every mark of what is waited for; a sentence alone is a mark with a problem and no place."""
    waits = [wait for wait in application["waits"] if wait["kind"] == "supplement"]
    listed = [mark for wait in waits for mark in wait.get("marks") or []]
    return [_mark(mark) for mark in listed]


def _mark(mark: Json | str) -> Json:
    if isinstance(mark, str):
        return {"problem": mark}
    problem = mark.get("problem") or mark.get("reason") or mark.get("note") or ""
    field = mark.get("field") or str(mark.get("pointer") or "").strip("/").removeprefix("answers/")
    return {"problem": problem, "requirement": mark.get("requirement") or "", "field": field}


def marked_questions(application: Json, procedure: Json) -> list[tuple[Question, str]]:
    """The questions that are to be answered again, each with what is wrong."""
    problems = {mark["field"]: mark["problem"] for mark in marks_of(application) if mark.get("field")}
    return [(question, problems[question.name]) for question in questions_of(procedure) if question.name in problems]


def _page(visit: Visit, application: Json, procedure: Json, status: int = 200, **shown_facts: object) -> Response:
    questions = marked_questions(application, procedure)
    places = {question.name for question, _ in questions}
    requirements = {entry["id"]: entry for entry in procedure["requirements"]}
    papers = [
        {**mark, "name": requirements[mark["requirement"]]["name"]}
        for mark in marks_of(application)
        if mark.get("requirement") in requirements
    ]
    others = [
        mark["problem"]
        for mark in marks_of(application)
        if mark.get("requirement") not in requirements and mark.get("field") not in places
    ]
    facts: Json = {"values": application["answers"] or {}, **shown_facts}
    lists = {"questions": questions, "papers": papers, "others": others}
    return visit.page("following/supplement.html", status, application=application, **lists, **facts)


async def show(visit: Visit) -> Response:
    application, procedure = await draft_of(visit)
    if application["status"] != "supplement_requested":
        return visit.to(f"/applications/{application['application_id']}")
    return _page(visit, application, procedure)


async def act(visit: Visit) -> Response:
    form = await visit.form()
    return await (_attach(visit, form) if "requirement" in form else _hand_in(visit, form))


async def _attach(visit: Visit, form: Form) -> Response:
    """One paper, for the requirement it was marked at; back to the marks."""
    place, file = visit.places["application_id"], form.files.get("file")
    name = f"file-{form.text('number')}" if form.text("number").isdigit() else ""
    error = FieldError(name, visit.t("drafts.file_missing"))
    if file is not None:
        try:
            command = {"requirement": form.text("requirement"), "command_id": form.text("command_id")}
            await visit.ask("applications.attach", application_id=place, **file.arguments(), **command)
            return visit.to(f"/applications/{place}/do/supplement", done="attached")
        except PlatformRefusal as refused:
            if status_of(refused.name) != 400:
                raise
            error = FieldError(name, refused.text)
    application, procedure = await draft_of(visit)
    return _page(visit, application, procedure, 400, errors=[error])


async def _hand_in(visit: Visit, form: Form) -> Response:
    """All of it: the marked answers as they are now, the others as they were."""
    application, procedure = await draft_of(visit)
    place = visit.places["application_id"]
    typed = {question.name: question.typed(form) for question, _ in marked_questions(application, procedure)}
    answers = {**(application["answers"] or {}), **typed}
    missing = [
        FieldError(question.name, visit.t("drafts.answer_missing"))
        for question, _ in marked_questions(application, procedure)
        if question.required and typed[question.name] == ""
    ]
    if missing:
        return _page(visit, application, procedure, 400, values=answers, errors=missing)
    answers = {name: value for name, value in answers.items() if value != ""}
    try:
        changed = answers if typed else None
        command_id = form.text("command_id")
        await visit.ask("applications.supplement", application_id=place, answers=changed, command_id=command_id)
    except PlatformRefusal as refused:
        if status_of(refused.name) not in (400, 409):
            raise
        errors = _beside_the_questions(visit, refused, typed)
        return _page(visit, application, procedure, 400, values=answers | typed, errors=errors)
    return visit.to(f"/applications/{place}", done="supplement")


def _beside_the_questions(visit: Visit, refused: PlatformRefusal, typed: Mapping[str, object]) -> list[FieldError]:
    errors = visit.errors_of(refused, [f"answers-{name}" for name in typed])
    return [FieldError(error.field.removeprefix("answers-"), error.text) for error in errors]


PAGES = (Page(PATH, show, act, CITIZEN),)
