"""An officer's desk: the queue of an office by due date, one application with everything, what can be done with it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.chassis.text.numbers import natural_number
from infra.front_door import files
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import PageNotFound
from infra.front_door.pages import deeds, formats
from infra.front_door.pages.forms import Form
from infra.front_door.pages.navigation import OFFICERS
from infra.front_door.pages.page import Page
from infra.front_door.pages.questions import answered, questions_of, shown_answer
from infra.front_door.pages.sessions import Person
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

APPLICATION = "/desk/{application_id}"
AT_A_TIME = 25
SOON = timedelta(days=2)  # until the due date: then it is marked
STATUSES = (
    "submitted", "accepted", "in_processing", "supplement_requested", "payment_requested", "withdrawal_requested",
    "approved", "rejected", "result_returned", "intake_refused", "withdrawn", "stopped",
)  # fmt: skip
CLAIMED_FROM = ("accepted", "in_processing")
TOGETHER = ("accept", "assign")  # what a queue does with several at once
FILTERS = ("agency_code", "status", "due", "officer", "procedure_code")


def person_of(visit: Visit) -> Person:
    assert visit.person is not None, "the page's roles let nobody else in"
    return visit.person


async def queue(visit: Visit) -> Response:
    """The soonest due first; what is overdue or nearly so is marked."""
    return await _queue_page(visit, visit.query)


async def _queue_page(
    visit: Visit,
    query: Mapping[str, str],
    status: int = 200,
    *,
    errors: Sequence[FieldError] = (),
    refused: Mapping[str, str] | None = None,
) -> Response:
    person = person_of(visit)
    agencies = [code for code, roles in sorted(person.posts.items()) if OFFICERS & set(roles)]
    chosen = {name: query.get(name, "")[:80] for name in FILTERS}
    chosen["agency_code"] = chosen["agency_code"] or (agencies or [""])[0]
    cursor = query.get("cursor") or None
    page = await visit.ask(
        "applications.queue",
        agency_code=chosen["agency_code"],
        status=chosen["status"] if chosen["status"] in STATUSES else None,
        overdue=True if chosen["due"] == "overdue" else None,
        officer_id=person.account_id if chosen["officer"] == "mine" else None,
        procedure_code=chosen["procedure_code"] or None,
        limit=AT_A_TIME,
        cursor=cursor,
    )
    rows = [(item, urgency(item), next_deed(item, person)) for item in page["items"]]
    following = visit.link("/desk", **chosen, cursor=page["next_cursor"]) if page["next_cursor"] else None
    together = [deed for deed in TOGETHER if any(deed == offered for _, _, offered in rows)]
    references = {item["application_id"]: item["reference"] for item in page["items"]}
    refusals = [FieldError("", f"{references.get(key, key)}: {text}") for key, text in (refused or {}).items()]
    facts: Json = {"agencies": agencies, "statuses": STATUSES, "chosen": chosen, "cursor": cursor}
    facts["errors"] = [*errors, *refusals]
    return visit.page("desk/queue.html", status, rows=rows, together=together, next_page=following, **facts)


def next_deed(item: Json, person: Person) -> str:
    """Which of :data:`TOGETHER` it waits for from this person, or nothing."""
    roles = person.posts.get(item["agency_code"], [])
    if item["status"] == "submitted" and "intake_officer" in roles:
        return "accept"
    waits = item["status"] in CLAIMED_FROM and not item.get("officer_id")
    return "assign" if waits and "case_officer" in roles else ""


async def do_together(visit: Visit) -> Response:
    """One deed for each application that was ticked, each a command of its own: what one is refused, the others get.

    Their ids follow from the form's, so that a form that is sent twice does nothing twice.
    """
    form = await visit.form()
    deed, ticked = form.text("deed"), list(dict.fromkeys(form.all("application")))[:AT_A_TIME]
    query = {name: form.text(name) for name in (*FILTERS, "cursor")}
    if deed not in TOGETHER or not ticked:
        error = FieldError("", visit.t("desk.nothing_ticked"))
        return await _queue_page(visit, query, 400, errors=[error])
    person, refused = person_of(visit), {}
    for place in ticked:
        arguments = deeds.arguments(deeds.BY_NAME[deed], {}, place, person)
        try:
            command_id = str(uuid.uuid5(uuid.UUID(int=0), f"{form.text('command_id')} {place}"))
            await visit.ask(deeds.BY_NAME[deed].door, command_id=command_id, **arguments)
        except PlatformRefusal as error:
            if status_of(error.name) >= 500:
                raise
            refused[place] = error.text
    if refused:
        return await _queue_page(visit, query, 409, refused=refused)
    return visit.to("/desk", **{**query, "done": deed, "count": len(ticked)})


def urgency(application: Json) -> str:
    """``overdue``, ``soon`` or nothing, as the list or the due date has it."""
    due_at = application.get("due_at")
    if not due_at or application.get("ended_at"):
        return ""
    left = formats.instant(due_at) - datetime.now(UTC)
    return "overdue" if application.get("overdue") or left < timedelta() else "soon" if left < SOON else ""


async def application(visit: Visit) -> Response:
    """Everything about it that the caller is shown, and the forms of what they can do."""
    place, person = visit.places["application_id"], person_of(visit)
    document = await visit.ask("applications.application", application_id=place)
    procedure = await visit.ask(
        "catalog.procedure", code=document["procedure_code"], version=document["procedure_version"]
    )
    due = await visit.ask("applications.explain_due_date", application_id=place) if document["accepted_at"] else None
    facts: Json = {"application": document, "procedure": procedure, "due": due, "urgency": urgency(document)}
    return visit.page(
        "desk/application.html",
        **facts,
        rows=answer_rows(visit, procedure, document["answers"]),
        deeds=deeds.offered(document, person),
        me=person.account_id,
    )


def answer_rows(visit: Visit, procedure: Json, answers: Mapping[str, object] | None) -> list[tuple[object, object]]:
    yes_no = (visit.t("drafts.yes"), visit.t("drafts.no"))
    return [
        (question, shown_answer(question, (answers or {})[question.name], visit.language, yes_no))
        for question in questions_of(procedure)
        if answered(question, answers)
    ]


async def download(visit: Visit) -> Response:
    """A paper, as a download and never as a page of this site."""
    names = {name: visit.places[name] for name in ("application_id", "attachment_id")}
    return visit.answer(files.download(visit.request, await visit.ask("applications.attachment", **names)))


def _deed(visit: Visit) -> deeds.Deed:
    if (deed := deeds.BY_NAME.get(visit.places["deed"])) is None:
        raise PageNotFound()
    return deed


async def before_deed(visit: Visit) -> Response:
    deed, place = _deed(visit), visit.places["application_id"]
    document = await visit.ask("applications.application", application_id=place)
    if not deeds.is_offered(deed, document, person_of(visit)):
        return visit.to(f"/desk/{place}")
    return await _deed_page(visit, deed, document)


async def _deed_page(visit: Visit, deed: deeds.Deed, document: Json, **shown_facts: object) -> Response:
    """The form of a deed, with what its fields choose from: one call at most."""
    procedure = agencies = demands = None
    if deed.asks("marks"):
        procedure = await visit.ask(
            "catalog.procedure", code=document["procedure_code"], version=document["procedure_version"]
        )
    if deed.asks("agency"):
        agencies = (await visit.ask("identity.agencies", limit=500))["items"]
    if deed.asks("demand"):
        demands = await visit.ask("payments.demands", application_id=document["application_id"])
    person = person_of(visit)
    facts: Json = {"values": {"method": (document["delivery"] or {}).get("method", "")}, **shown_facts}
    return visit.page(
        "desk/deed.html",
        application=document,
        deed=deed,
        is_offered=deeds.is_offered(deed, document, person),
        procedure=procedure,
        questions=questions_of(procedure) if procedure else [],
        agencies=agencies,
        demands=demands,
        consultation=deeds.open_consultation(document, person),
        **facts,
    )


async def do_deed(visit: Visit) -> Response:
    """Do it; what the door refuses because of the form or of how things stand now is shown with the form."""
    form = await visit.form()
    deed, place = _deed(visit), visit.places["application_id"]
    values = deeds.typed(deed, form)
    errors = [
        FieldError(name, visit.t("deeds.missing", field=visit.t(f"deeds.field_{name}")))
        for name in deeds.missing(deed, values)
    ]
    if not errors:
        arguments = deeds.arguments(deed, values, place, person_of(visit))
        try:
            await visit.ask(deed.door, command_id=form.text("command_id"), **arguments, **_version(deed, form))
            return visit.to(f"/desk/{place}", done=deed.name)
        except PlatformRefusal as refused:
            if status_of(refused.name) not in (400, 409):
                raise
            errors = visit.errors_of(refused, [field.name for field in deed.fields])
    document = await visit.ask("applications.application", application_id=place)
    return await _deed_page(visit, deed, document, errors=errors, values=dict(form) | values, status=400)


def _version(deed: deeds.Deed, form: Form) -> dict[str, int]:
    """Which version was read when the form was filled: what has changed since is not overwritten unseen."""
    version = natural_number(form.text("version"), 8)
    return {} if deed.call or version is None else {"expected_version": version}


PAGES = (
    Page("/desk", queue, roles=OFFICERS),
    Page("/desk/together", act=do_together, roles=OFFICERS),
    Page(APPLICATION, application, roles=OFFICERS),
    Page(f"{APPLICATION}/files/{{attachment_id}}", download, roles=OFFICERS),
    Page(f"{APPLICATION}/do/{{deed}}", before_deed, do_deed, OFFICERS),
)
