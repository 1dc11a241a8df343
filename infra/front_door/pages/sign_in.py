"""Signing in and out. The password goes to identity and nowhere else; the browser gets a session of its own."""

from __future__ import annotations

from contextlib import suppress

from starlette.responses import RedirectResponse, Response

from infra.chassis.json_types import Json
from infra.front_door.calls import PlatformRefusal
from infra.front_door.pages import serving
from infra.front_door.pages.forms import Form
from infra.front_door.pages.page import Page
from infra.front_door.pages.visits import HEADERS, FieldError, Visit
from infra.front_door.sign_on.browser_state import SIGNED_IN, cookie_of, set_cookie
from infra.front_door.statuses import status_of

CODE_REFUSALS = {"OtpRequired"}


async def show(visit: Visit) -> Response:
    carried = visit.query.get("carried", "")
    if visit.person is not None and not (serving.with_carried(visit, carried) or {}).get("again"):
        return visit.to("/")
    return serving.sign_in_page(visit, carried, values={})


async def sign_in(visit: Visit) -> Response:
    form = await visit.form()
    carried, code = form.text("carried"), form.code("otp")
    if errors := _missing(visit, form):
        return _again(visit, carried, form, errors, 400, ask_code="otp" in form)
    credentials = {"username": form.text("username").replace(" ", ""), "password": form.exact("password")}
    try:
        tokens = await visit.ask("identity.sign_in", **credentials, otp=code or None)
    except PlatformRefusal as refused:
        code_needed = refused.name in CODE_REFUSALS
        errors = [] if code_needed and "otp" not in form else [FieldError("", _wording(visit, refused, form))]
        status = 200 if not errors else status_of(refused.name)
        return _again(visit, carried, form, errors, status, ask_code=code_needed or "otp" in form)
    return await let_in(visit, tokens, carried)


async def let_in(visit: Visit, tokens: Json, carried: str) -> Response:
    """The browser's session from now on, and where it goes; whoever was signed in before is signed out."""
    before = visit.session.refresh_token
    visit.keep(visit.session.signed_in(tokens))
    if before:
        with suppress(PlatformRefusal):  # it may have ended by itself
            await visit.ask("identity.sign_out", refresh_token=before)
    if visit.person and "enrolling" in visit.person.roles:
        return visit.to("/account/second-factor")
    response = _onward(visit, carried)
    with suppress(PlatformRefusal):  # other portals will ask for the password themselves
        remembered = await visit.ask("identity.remember_browser", browser=cookie_of(visit.request, SIGNED_IN))
        set_cookie(response, SIGNED_IN, remembered["browser"])
    return response


def _wording(visit: Visit, refused: PlatformRefusal, form: Form) -> str:
    """Which of user name, password and code was wrong nobody learns here."""
    if refused.name in ("Unauthenticated", "OtpRequired"):
        return visit.t("sign_in.wrong_code" if "otp" in form else "sign_in.wrong")
    return refused.text


def _missing(visit: Visit, form: Form) -> list[FieldError]:
    names = ("username", "password", *(["otp"] if "otp" in form else []))
    return [FieldError(name, visit.t(f"sign_in.{name}_missing")) for name in names if not form.exact(name).strip()]


def _again(
    visit: Visit, carried: str, form: Form, errors: list[FieldError], status: int, *, ask_code: bool
) -> Response:
    values = {"username": form.text("username"), "password": form.exact("password") if ask_code else ""}
    return serving.sign_in_page(visit, carried, status, values=values, errors=errors, ask_code=ask_code)


def _onward(visit: Visit, sealed: str) -> Response:
    """To where a sign-in was needed: a page, or a form that waits to be sent. No address comes from a caller."""
    carried: Json | None = serving.with_carried(visit, sealed)
    if carried is None:
        return visit.to("/")
    if "outside" in carried:  # another portal's request waits there
        return visit.answer(RedirectResponse(carried["outside"], 303, HEADERS))
    if "fields" not in carried:
        query = carried.get("query")
        response = visit.to(carried["path"])
        response.headers["location"] += f"?{query}" if query else ""
        return response
    return visit.page("continue.html", path=carried["path"], fields=carried["fields"], file=carried["file"])


async def sign_out(visit: Visit) -> Response:
    await visit.form()
    if visit.session.refresh_token:
        await visit.ask("identity.sign_out", refresh_token=visit.session.refresh_token)
    visit.keep(type(visit.session).begun())
    return visit.to("/signed-out")


async def signed_out(visit: Visit) -> Response:
    return visit.page("signed_out.html")


PAGES = (
    Page("/sign-in", show, sign_in),
    Page("/sign-out", act=sign_out),
    Page("/signed-out", signed_out),
)
