"""An auditor's page: what happened to an application, how it stood at any instant, the proof of its due date, evidence.

The application is named in the query (reference, id, or system/case of an imported one): addresses of these pages can
be written down in a report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.chassis.text.numbers import natural_number
from infra.front_door import files
from infra.front_door.calls import PlatformRefusal
from infra.front_door.pages.navigation import AUDITOR
from infra.front_door.pages.page import Page
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

LONGEST_NAME = 600
TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
DAYS_AT_A_TIME = 150
END_OF_DAY = "23:59:59.999999"
OFFSET = "+07:00"


def _named(visit: Visit) -> str:
    return visit.query.get("application", "")[:LONGEST_NAME]


async def timeline(visit: Visit) -> Response:
    """Every event with who and when; without a name, the form that asks for one."""
    name = _named(visit)
    if not name:
        return visit.page("auditing/timeline.html", name="", history=None)
    try:
        history = await visit.ask("applications.history", application_id=name)
    except PlatformRefusal as refused:
        if status_of(refused.name) not in (400, 404):
            raise
        errors = [FieldError("application", refused.text)]
        return visit.page("auditing/timeline.html", status_of(refused.name), name=name, history=None, errors=errors)
    return visit.page("auditing/timeline.html", name=name, history=history)


async def state(visit: Visit) -> Response:
    """As known at a version or an instant; the present when neither is asked for."""
    name = _named(visit)
    if not name:
        return visit.to("/audit")
    version = visit.query.get("version", "")
    typed = {part: visit.query.get(f"at-{part}", "")[:8] for part in ("day", "month", "year", "time")}
    at, errors = instant_asked(visit, typed)
    document, status = None, 400
    if not errors:
        try:
            number = None if at else natural_number(version, 8)
            document = await visit.ask("applications.state_at", application_id=name, version=number, at=at)
        except PlatformRefusal as refused:
            status = status_of(refused.name)
            if status not in (400, 404):
                raise
            errors = [FieldError("at", refused.text)]
    facts: Json = {"name": name, "typed": typed, "day": _day_of(typed), "state": document, "at": at, "errors": errors}
    facts["leaves"] = list(leaves(document)) if document else []
    return visit.page("auditing/state.html", 200 if document else status, **facts)


def _day_of(typed: Mapping[str, str]) -> str:
    if not (typed["day"] or typed["month"] or typed["year"]):
        return ""
    return f"{typed['year']:0>4}-{typed['month']:0>2}-{typed['day']:0>2}"


def instant_asked(visit: Visit, typed: Mapping[str, str]) -> tuple[str | None, list[FieldError]]:
    """The instant of the form, in the time of Viet Nam; a day without a time means its end."""
    day, time = _day_of(typed), typed["time"]
    if not day:
        return None, [FieldError("at", visit.t("auditing.day_missing"))] if time else []
    match = TIME.fullmatch(time)
    if time and match is None:
        return None, [FieldError("at-time", visit.t("auditing.time_wrong"))]
    clock = f"{int(match[1]):02}:{match[2]}:00" if match else END_OF_DAY
    return f"{day}T{clock}{OFFSET}", []


def leaves(value: object, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Everything of a JSON value that is not empty, each by its pointer."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from leaves(part, f"{pointer}/{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, f"{pointer}/{number}")
    elif value not in (None, ""):
        yield pointer, value if isinstance(value, str) else json.dumps(value)


async def due_date(visit: Visit) -> Response:
    """Day by day, and what a calendar corrected since would have made of it."""
    name = _named(visit)
    if not name:
        return visit.to("/audit")
    due = await visit.ask("applications.explain_due_date", application_id=name)
    after = visit.query.get("after", "")
    first = natural_number(after, 5) or 0
    following = first + DAYS_AT_A_TIME
    more = visit.link("/audit/due-date", application=name, after=following) if following < len(due["days"]) else None
    days = due["days"][first:following]
    return visit.page("auditing/due_date.html", name=name, due=due, days=days, first=first, next_page=more)


async def evidence(visit: Visit) -> Response:
    """One file that proves the history anywhere, offline."""
    name = _named(visit)
    if not name:
        return visit.to("/audit")
    bundle: Json = await visit.ask("applications.evidence", application_id=name)
    content = json.dumps(bundle, ensure_ascii=False, indent=1).encode()
    file_name = f"evidence-{bundle['application_id']}.json"
    return visit.answer(files.sent(visit.request, content, file_name, "application/json", bundle["made_at"]))


PAGES = (
    Page("/audit", timeline, roles=AUDITOR),
    Page("/audit/state", state, roles=AUDITOR),
    Page("/audit/due-date", due_date, roles=AUDITOR),
    Page("/audit/evidence", evidence, roles=AUDITOR),
)
