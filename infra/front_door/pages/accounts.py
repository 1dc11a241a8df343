"""One's own account: registering, what is in it, sessions, sign-ins, portals that see it, who looked at one's data."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from infra.front_door.calls import PlatformRefusal
from infra.front_door.pages.page import SIGNED_IN, Page
from infra.front_door.pages.visits import FieldError, Visit
from infra.front_door.statuses import status_of

FIELDS = ("citizen_number", "full_name", "birth_date", "phone", "email", "password")
OWN_FIELD = {"WeakPassword": "password", "AccountAlreadyExists": "citizen_number", "ContactCodeRefused": "code"}
AT_A_TIME = 20
AWAITING = "awaiting_confirmation"


async def before_registering(visit: Visit) -> Response:
    return visit.page("accounts/register.html")


async def register(visit: Visit) -> Response:
    """Open an account; where addresses are confirmed first, the next page asks for the code that was sent."""
    form = await visit.form()
    values = {name: form.text(name) for name in FIELDS}
    values |= {"birth_date": form.date("birth_date"), "password": form.exact("password")}
    errors = [FieldError(name, visit.t(f"accounts.{name}_missing")) for name in FIELDS if not values[name]]
    if not errors:
        try:
            command = {"command_id": form.text("command_id"), "language": visit.language}
            account = await visit.ask("identity.register_citizen", **values, **command)
        except PlatformRefusal as refused:
            if status_of(refused.name) not in (400, 409):
                raise
            errors = visit.errors_of(refused, FIELDS, OWN_FIELD)
        else:
            if account.get("status") == AWAITING:
                return _confirm_page(visit, {"account_id": account["account_id"]}, just_sent=True)
            return visit.page("accounts/registered.html", name=values["full_name"], confirmed=False)
    return visit.page("accounts/register.html", 400, values=values | {"password": ""}, errors=errors)


async def before_confirming(visit: Visit) -> Response:
    return _confirm_page(visit, {})


def _confirm_page(visit: Visit, values: dict[str, str], status: int = 200, **facts: object) -> Response:
    facts = {"just_sent": False, **facts}
    return visit.page("accounts/confirm.html", status, values=values, **facts)


async def confirm(visit: Visit) -> Response:
    """Open the account whose e-mail address shows the code."""
    form = await visit.form()
    values = {"account_id": form.text("account_id").lower(), "code": form.code("code")}
    errors = [FieldError(name, visit.t(f"accounts.{name}_missing")) for name in values if not values[name]]
    if not errors:
        try:
            account = await visit.ask("identity.confirm_registration", **values)
            return visit.page("accounts/registered.html", name=account["full_name"], confirmed=True)
        except PlatformRefusal as refused:
            if status_of(refused.name) != 400:
                raise
            errors = visit.errors_of(refused, values, OWN_FIELD)
    return _confirm_page(visit, values, 400, errors=errors)


async def overview(visit: Visit) -> Response:
    """Who one is here, how one is reached and guarded, and the ways to change it."""
    return visit.page("accounts/overview.html", account=await visit.ask("identity.whoami"))


async def listed(visit: Visit, call: str, template: str, path: str) -> Response:
    """A list of one's own, a page at a time."""
    page = await visit.ask(call, limit=AT_A_TIME, cursor=visit.query.get("cursor") or None)
    following = visit.link(path, cursor=page["next_cursor"]) if page["next_cursor"] else None
    return visit.page(template, items=page["items"], next_page=following)


async def revoke(visit: Visit) -> Response:
    form = await visit.form()
    await visit.ask("identity.revoke_session", session_id=form.text("session_id"))
    return visit.to("/account/sessions")


async def withdraw_consent(visit: Visit) -> Response:
    form = await visit.form()
    names = ("client_id", "command_id")
    await visit.ask("identity.withdraw_openid_consent", **{name: form.text(name) for name in names})
    return visit.to("/account/portals", done="withdrawn")


PAGES = (
    Page("/register", before_registering, register),
    Page("/register/confirm", before_confirming, confirm),
    Page("/account", overview, roles=SIGNED_IN),
    Page(
        "/account/sessions",
        partial(listed, call="identity.sessions", template="accounts/sessions.html", path="/account/sessions"),
        revoke,
        SIGNED_IN,
    ),
    Page(
        "/account/sign-ins",
        partial(listed, call="identity.recent_sign_ins", template="accounts/sign_ins.html", path="/account/sign-ins"),
        roles=SIGNED_IN,
    ),
    Page(
        "/account/portals",
        partial(listed, call="identity.openid_consents", template="accounts/portals.html", path="/account/portals"),
        withdraw_consent,
        SIGNED_IN,
    ),
    Page(
        "/account/readings",
        partial(listed, call="identity.access_log", template="accounts/readings.html", path="/account/readings"),
        roles=SIGNED_IN,
    ),
)
