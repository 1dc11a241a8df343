"""Signing in with the national e-ID: to the provider, and back to where the sign-in was needed.

What the browser sets out with (the secret that binds it, where to go afterwards) is sealed in a cookie of its own for
ten minutes; the provider sends it back to one address for both languages.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.chassis.json_types import Json
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import FormNotOurs
from infra.front_door.pages import languages, serving, sign_in
from infra.front_door.pages.page import Page
from infra.front_door.pages.visits import HEADERS, FieldError, Shared, Visit
from infra.front_door.statuses import status_of

SET_OUT, RETURN = "/sign-in/eid", "/sign-in/eid/return"
WITHIN = 600  # seconds between setting out and coming back
ASKS_AGAIN = ("Unauthenticated", "OtpRequired", "SignInDelayed")
LONGEST_PARAMETER = 2048


async def set_out(visit: Visit) -> Response:
    begun = await visit.ask("identity.begin_eid_sign_in")
    facts = {"binding": begun["binding"], "carried": visit.query.get("carried", ""), "language": visit.language}
    response = RedirectResponse(str(begun["authorization_url"]), 303, {**HEADERS, "Referrer-Policy": "no-referrer"})
    _put(visit.shared, response, visit.shared.carried.seal(facts))
    return response


async def come_back(visit: Visit) -> Response:
    """The provider sends the browser here, with a code or with why there is none."""
    journey = _journey(visit.shared, visit.request)
    if journey is None or "error" in visit.query:
        key = "sign_in.eid_lost" if journey is None else "sign_in.eid_given_up"
        return _to_the_start(visit, journey, visit.t(key))
    names = {"state": "state", "code": "code", "issuer": "iss"}
    arrived = {name: visit.query[sent][:LONGEST_PARAMETER] for name, sent in names.items() if visit.query.get(sent)}
    return await _complete(visit, journey, arrived)


async def show_code(visit: Visit) -> Response:
    """The one-time code of the account, where one is in force."""
    form, journey = await visit.form(), _journey(visit.shared, visit.request)
    if journey is None:
        raise FormNotOurs()
    otp = form.code("otp")
    if not otp:
        errors = [FieldError("otp", visit.t("sign_in.otp_missing"))]
        return visit.page("eid_code.html", status=400, state=form.text("state"), errors=errors)
    return await _complete(visit, journey, {"state": form.text("state"), "otp": otp})


async def _complete(visit: Visit, journey: Json, arrived: Json) -> Response:
    try:
        tokens = await visit.ask("identity.complete_eid_sign_in", binding=journey["binding"], **arrived)
    except PlatformRefusal as refused:
        if refused.name in ASKS_AGAIN:
            text = visit.t("sign_in.wrong_eid_code") if refused.name == "Unauthenticated" else refused.text
            errors = [] if refused.name == "OtpRequired" else [FieldError("", text)]
            status = status_of(refused.name) if errors else 200
            return visit.page("eid_code.html", status=status, state=arrived.get("state", ""), errors=errors)
        return _to_the_start(visit, journey, refused.text, status_of(refused.name))
    response = await sign_in.let_in(visit, tokens, journey["carried"])
    response.delete_cookie(_name(visit.shared), path="/", secure=visit.shared.cookies.secure, httponly=True)
    return response


def _to_the_start(visit: Visit, journey: Json | None, text: str, status: int = 200) -> Response:
    """The sign-in page, with what happened; where the sign-in was needed goes along."""
    carried = journey["carried"] if journey else ""
    return serving.sign_in_page(visit, carried, status, values={}, errors=[FieldError("", text)])


def to_its_language(shared: Shared, request: Request) -> Response:
    """The provider knows one address; the page is in the language the browser set out with."""
    journey = _journey(shared, request)
    language = journey["language"] if journey else languages.LANGUAGES[0]
    query = {name: value for name, value in request.query_params.items() if name in ("code", "state", "iss", "error")}
    return RedirectResponse(f"/{language}{RETURN}?{urlencode(query)}", 303, HEADERS)


def _journey(shared: Shared, request: Request) -> Json | None:
    facts = shared.carried.open(request.cookies.get(_name(shared), ""), within=WITHIN)
    return facts if facts and "binding" in facts else None


def _put(shared: Shared, response: Response, sealed: str) -> None:
    response.set_cookie(
        _name(shared), sealed, max_age=WITHIN, path="/", secure=shared.cookies.secure, httponly=True, samesite="lax"
    )


def _name(shared: Shared) -> str:
    return "__Host-portal-eid" if shared.cookies.secure else "portal-eid-development"


PAGES = (
    Page(SET_OUT, set_out),
    Page(RETURN, come_back, show_code),
)
