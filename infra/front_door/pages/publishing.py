"""Versions whose fees change: the second person sees what changes, and puts it in force or turns it down."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response

from infra.front_door.calls import PlatformRefusal
from infra.front_door.pages.deciding import AT_A_TIME, SHOWN_AGAIN
from infra.front_door.pages.navigation import PUBLISHERS
from infra.front_door.pages.page import Page
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

PATH = "/decisions/publications"
LONGEST = 300  # characters of a value; the whole stands in the version itself


async def proposals(visit: Visit) -> Response:
    return await _proposals_page(visit)


async def _proposals_page(visit: Visit, status: int = 200, **facts: object) -> Response:
    page = await visit.ask("catalog.proposals", limit=AT_A_TIME, cursor=visit.query.get("cursor") or None)
    following = visit.link(PATH, cursor=page["next_cursor"]) if page["next_cursor"] else None
    entries = [(entry, [_change(change) for change in entry["changes"]]) for entry in page["items"]]
    me = visit.person.account_id if visit.person else ""
    return visit.page("deciding/publications.html", status, entries=entries, me=me, next_page=following, **facts)


def _change(change: Mapping[str, object]) -> list[str]:
    """Where, before and after, as a row."""
    return [str(change.get("path", "")), _as_text(change.get("old")), _as_text(change.get("new"))]


def _as_text(value: object) -> str:
    text = value if isinstance(value, str) else "–" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


async def decide(visit: Visit) -> Response:
    """To turn one down takes a reason; whoever proposed it may do neither, which the door says."""
    form = await visit.form()
    approved, reason = form.text("decision") == "approve", form.text("reason")
    number, version = form.text("number"), form.text("version")
    field = f"reason-{number}" if number.isdecimal() and len(number) < 3 else ""
    if not (approved or reason):
        errors = [FieldError(field, visit.t("deciding.reason_missing"))]
        return await _proposals_page(visit, 400, errors=errors)
    door = "catalog.approve_publication" if approved else "catalog.decline_publication"
    about = {"code": form.text("code"), "version": int(version) if version.isdecimal() and len(version) < 7 else None}
    try:
        await visit.ask(door, **about, reason=reason or None, command_id=form.text("command_id"))
    except PlatformRefusal as refused:
        if status_of(refused.name) not in SHOWN_AGAIN:
            raise
        return await _proposals_page(visit, status_of(refused.name), errors=visit.errors_of(refused))
    return visit.to(PATH, done="approve" if approved else "decline")


PAGES = (Page(PATH, proposals, decide, PUBLISHERS),)
