"""One's own account: registering, open sessions, and who looked at one's data."""

from __future__ import annotations

from starlette.responses import Response

from infra.front_door.calls import PlatformRefusal
from infra.front_door.pages.page import SIGNED_IN, Page
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

FIELDS = ("citizen_number", "full_name", "birth_date", "phone", "email", "password")
OWN_FIELD = {"WeakPassword": "password", "AccountAlreadyExists": "citizen_number"}
AT_A_TIME = 20


async def before_registering(visit: Visit) -> Response:
    return visit.page("accounts/register.html")


async def register(visit: Visit) -> Response:
    form = await visit.form()
    values = {name: form.text(name) for name in FIELDS}
    values |= {"birth_date": form.date("birth_date"), "password": form.exact("password")}
    errors = [FieldError(name, visit.t(f"accounts.{name}_missing")) for name in FIELDS if not values[name]]
    if not errors:
        try:
            command = {"command_id": form.text("command_id"), "language": visit.language}
            await visit.ask("identity.register_citizen", **values, **command)
            return visit.page("accounts/registered.html", name=values["full_name"])
        except PlatformRefusal as refused:
            if status_of(refused.name) not in (400, 409):
                raise
            errors = visit.errors_of(refused, FIELDS)
            if own := OWN_FIELD.get(refused.name):
                errors = [FieldError(own, refused.text)]
    return visit.page("accounts/register.html", 400, values=values | {"password": ""}, errors=errors)


async def sessions(visit: Visit) -> Response:
    page = await visit.ask("identity.sessions", limit=AT_A_TIME)
    return visit.page("accounts/sessions.html", sessions=page["items"])


async def revoke(visit: Visit) -> Response:
    form = await visit.form()
    await visit.ask("identity.revoke_session", session_id=form.text("session_id"))
    return visit.to("/account/sessions")


async def readings(visit: Visit) -> Response:
    page = await visit.ask("identity.access_log", limit=AT_A_TIME, cursor=visit.query.get("cursor") or None)
    following = visit.link("/account/readings", cursor=page["next_cursor"]) if page["next_cursor"] else None
    return visit.page("accounts/readings.html", readings=page["items"], next_page=following)


PAGES = (
    Page("/register", before_registering, register),
    Page("/account/sessions", sessions, revoke, SIGNED_IN),
    Page("/account/readings", readings, roles=SIGNED_IN),
)
