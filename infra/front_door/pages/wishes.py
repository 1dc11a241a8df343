"""What one wishes: which messages come outside and when, and who else may act for one."""

from __future__ import annotations

import re

from starlette.responses import Response

from infra.chassis.json_types import Json
from infra.front_door.calls import PlatformRefusal
from infra.front_door.pages.navigation import CITIZEN
from infra.front_door.pages.page import SIGNED_IN, Page
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

CHANNELS = ("email", "sms")
TIME = re.compile(r"([01]?\d|2[0-3])[:.hH]([0-5]\d)", re.ASCII)
CODE = re.compile(r"[0-9][0-9A-Za-z._\-]{0,39}", re.ASCII)  # as the catalogue numbers procedures
AT_A_TIME = 20
EVERYTHING = "*"
FIELD_OF = {"to_citizen_number": "to_citizen_number", "scope": "codes", "until": "until"}
OWN_FIELD = {"AccountNotFound": "to_citizen_number", "DelegationNotPossible": "until"}


async def preferences(visit: Visit) -> Response:
    """E-mails, texts, and the hours in which none come; the inbox always has everything."""
    wishes = await visit.ask("notifications.preferences")
    hours = wishes.get("quiet_hours") or {}
    values: Json = {"channels": [name for name in CHANNELS if wishes.get(name)], **_hours(hours)}
    return visit.page("wishes/preferences.html", values=values)


def _hours(hours: Json) -> Json:
    return {"quiet_from": hours.get("from", ""), "quiet_until": hours.get("until", "")}


async def set_preferences(visit: Visit) -> Response:
    form = await visit.form()
    chosen = form.all("channels")
    typed = {name: form.text(name) for name in ("quiet_from", "quiet_until")}
    times = {name: TIME.fullmatch(text) for name, text in typed.items()}
    quiet = any(typed.values())
    errors = [FieldError(name, visit.t("wishes.time_wrong")) for name, match in times.items() if quiet and not match]
    if not errors:
        hours = [f"{int(match[1]):02}:{match[2]}" for match in times.values() if match]
        wishes: Json = {name: name in chosen for name in CHANNELS}
        wishes["quiet_hours"] = {"from": hours[0], "until": hours[1]} if quiet else None
        try:
            command_id = form.text("command_id")
            await visit.ask("notifications.set_preferences", preferences=wishes, command_id=command_id)
            return visit.to("/account/preferences", done="yes")
        except PlatformRefusal as refused:
            if status_of(refused.name) != 400:
                raise
            errors = visit.errors_of(refused)
    return visit.page("wishes/preferences.html", 400, values={"channels": chosen, **typed}, errors=errors)


async def delegations(visit: Visit) -> Response:
    return await _delegations_page(visit)


async def _delegations_page(visit: Visit, status: int = 200, **facts: object) -> Response:
    """Who may act for the caller, and for whom the caller may; ended ones too."""
    page = await visit.ask("identity.delegations", limit=AT_A_TIME, cursor=visit.query.get("cursor") or None)
    path = "/account/delegations"
    following = visit.link(path, cursor=page["next_cursor"]) if page["next_cursor"] else None
    return visit.page("wishes/delegations.html", status, items=page["items"], next_page=following, **facts)


async def before_delegating(visit: Visit) -> Response:
    """The page of a procedure leads here with its code."""
    code = visit.query.get("code", "")
    values = {"extent": "some", "codes": code} if CODE.fullmatch(code) else {}
    return visit.page("wishes/delegate.html", values=values)


async def delegate(visit: Visit) -> Response:
    """Let somebody act for the caller in all procedures or some, until a day."""
    form = await visit.form()
    values = {name: form.text(name) for name in ("to_citizen_number", "extent", "codes")}
    values |= {"until": form.date("until"), "to_citizen_number": values["to_citizen_number"].replace(" ", "")}
    codes = [code for code in re.split(r"[\s,;]+", values["codes"]) if code]
    needed = ["to_citizen_number", "extent", *(["codes"] if values["extent"] == "some" else []), "until"]
    errors = [FieldError(name, visit.t(f"wishes.{name}_missing")) for name in needed if not values[name]]
    if values["extent"] == "some" and not all(CODE.fullmatch(code) for code in codes):
        errors.append(FieldError("codes", visit.t("wishes.codes_wrong")))
    if not errors:
        scope = codes if values["extent"] == "some" else EVERYTHING
        try:
            await visit.ask(
                "identity.delegate",
                to_citizen_number=values["to_citizen_number"],
                scope=scope,
                until=values["until"],
                command_id=form.text("command_id"),
            )
            return visit.to("/account/delegations", done="given")
        except PlatformRefusal as refused:
            if status_of(refused.name) not in (400, 404):
                raise
            errors = _delegating_errors(visit, refused)
    return visit.page("wishes/delegate.html", 400, values=values, errors=errors)


def _delegating_errors(visit: Visit, refused: PlatformRefusal) -> list[FieldError]:
    """A refusal of its own as it is worded; what does not fit the contract in words about the field."""
    problems = refused.facts.get("problems")
    if not isinstance(problems, list):
        return visit.errors_of(refused, own=OWN_FIELD)
    pointers = {str(problem.get("pointer", "")).strip("/").partition("/")[0] for problem in problems}
    names = [FIELD_OF.get(pointer, "") for pointer in sorted(pointers)]
    return [FieldError(name, visit.t(f"wishes.{name}_wrong") if name else refused.text) for name in names]


async def revoke(visit: Visit) -> Response:
    """Both may: who gave it and who received it."""
    form = await visit.form()
    names = ("delegation_id", "command_id")
    try:
        await visit.ask("identity.revoke_delegation", **{name: form.text(name) for name in names})
    except PlatformRefusal as refused:
        if status_of(refused.name) not in (400, 404):
            raise
        return await _delegations_page(visit, status_of(refused.name), errors=[FieldError("", refused.text)])
    return visit.to("/account/delegations", done="revoked")


PAGES = (
    Page("/account/preferences", preferences, set_preferences, SIGNED_IN),
    Page("/account/delegations", delegations, revoke, CITIZEN),
    Page("/account/delegations/new", before_delegating, delegate, CITIZEN),
)
