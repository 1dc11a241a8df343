"""A person's way through single sign-on: one page a step, each step decided by identity."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.chassis.json_types import Json
from infra.front_door.arguments import from_query
from infra.front_door.calls import PlatformRefusal
from infra.front_door.errors import MalformedRequest
from infra.front_door.gateway import Gateway
from infra.front_door.sealing import Sealing
from infra.front_door.sign_on.browser_state import (
    BINDING,
    SIGNED_IN,
    Form,
    FormNotOurs,
    check_form,
    clear_cookie,
    cookie_of,
    form_of,
    form_token,
    new_binding,
    set_cookie,
)
from infra.front_door.sign_on.pages import page_language, show
from infra.front_door.surface import doors

SIGN_IN = "/oauth2/sign-in"
TRY_AGAIN = (
    "Unauthenticated",
    "OtpRequired",
    "SignInDelayed",
    "AccountBlocked",
)  # the form is shown again, with what was wrong
LOGOUT_FIELDS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


class SignOnJourney:
    """Endpoints that browsers come to."""

    def __init__(self, gateway: Gateway, eid: Sealing | None) -> None:
        self._gateway, self._eid = gateway, eid

    async def authorize(self, request: Request) -> Response:
        """A client's request, by GET or POST (OpenID Connect Core, 3.1.2.1)."""
        if request.method == "POST":
            parameters = (await form_of(request)).fields
        else:
            parameters = from_query(request.scope["query_string"])
        binding, browser = cookie_of(request, BINDING) or new_binding(), cookie_of(request, SIGNED_IN)
        step = await self._ask(request, "begin_authorization", parameters=parameters, binding=binding, browser=browser)
        response = _next(step, page_language(request))
        set_cookie(response, BINDING, binding)
        return response

    async def step(self, request: Request) -> Response:
        """The page of the step a request is at."""
        authorization_id, binding = _authorization_of(request), cookie_of(request, BINDING)
        if binding is None:
            raise FormNotOurs()
        browser = cookie_of(request, SIGNED_IN)
        step = await self._ask(
            request, "authorization", authorization_id=authorization_id, binding=binding, browser=browser
        )
        return _next(step, "") if step["step"] == "redirect" else self._page(request, step, binding)

    async def sign_in(self, request: Request) -> Response:
        """User name, password and, where it is asked for, the code."""
        form = await form_of(request)
        binding = check_form(request, form, cookie_of(request, BINDING))
        about = {"authorization_id": form.fields.get("authorization", ""), "binding": binding}
        credentials = {name: form.fields.get(name, "") for name in ("username", "password")}
        browser = cookie_of(request, SIGNED_IN)
        try:
            step = await self._ask(
                request, "sign_in_to_authorize", **about, **credentials, otp=form.optional("otp"), browser=browser
            )
        except PlatformRefusal as refusal:
            if refusal.name not in TRY_AGAIN:
                raise
            step = await self._ask(request, "authorization", **about, browser=browser)
            facts = {"error": refusal.text, "username": credentials["username"]}
            return self._page(request, step, binding, status=400, otp_asked=refusal.name == "OtpRequired", **facts)
        response = _next(step, page_language(request))
        set_cookie(response, SIGNED_IN, step["browser"])
        return response

    async def consent(self, request: Request) -> Response:
        """What the person agrees to."""
        form = await form_of(request)
        binding = check_form(request, form, cookie_of(request, BINDING))
        step = await self._ask(
            request,
            "decide_authorization",
            authorization_id=form.fields.get("authorization", ""),
            binding=binding,
            allow=form.fields.get("answer") == "allow",
            scopes=form.scopes,
            browser=cookie_of(request, SIGNED_IN),
        )
        return _next(step, "")

    async def logout(self, request: Request) -> Response:
        """Begun by a client (GET or POST) or by our own page, whose form counts as confirmation."""
        form = Form(from_query(request.scope["query_string"]), [])
        if request.method == "POST":
            form = await form_of(request)
        binding, confirmed = cookie_of(request, BINDING), False
        if "csrf" in form.fields:
            binding, confirmed = check_form(request, form, binding), True
        binding = binding or new_binding()
        arguments = {name: form.fields[name] for name in LOGOUT_FIELDS if form.optional(name)}
        browser = cookie_of(request, SIGNED_IN)
        step = await self._ask(request, "openid_logout", **arguments, browser=browser, confirmed=confirmed)
        if step["step"] == "confirm":
            back = urlsplit(arguments.get("post_logout_redirect_uri", ""))
            origin = f"{back.scheme}://{back.netloc}" if back.netloc else ""
            response: Response = show(
                request, "sign_out.html", form_goes_to=origin, csrf=form_token(binding), fields=arguments
            )
            set_cookie(response, BINDING, binding)
            return response
        ended = step["step"] == "signed_out"
        response = show(request, "signed_out.html") if ended else RedirectResponse(step["location"], 303)
        clear_cookie(response, SIGNED_IN)
        return response

    def _page(self, request: Request, step: Json, binding: str, *, status: int = 200, **facts: object) -> Response:
        facts = {**facts, "eid": self._way_by_eid(request, step), "csrf": form_token(binding)}
        return show(request, f"{step['step']}.html", status=status, form_goes_to=step["return_origin"], **step, **facts)

    def _way_by_eid(self, request: Request, step: Json) -> str | None:
        """The address that signs in with the e-ID and leads back here."""
        if self._eid is None or step["step"] != "sign_in":
            return None
        back = f"{SIGN_IN}?{urlencode({'authorization': step['authorization_id']})}"
        return f"/{page_language(request)}/sign-in/eid?{urlencode({'carried': self._eid.seal({'outside': back})})}"

    async def _ask(self, request: Request, method: str, **arguments: object) -> Json:
        """As whoever the cookies say; in the language of the page."""
        caller = self._gateway.context_of(request, anonymous=True, language=page_language(request))
        return await self._gateway.ask(request, caller, doors()["identity", method], arguments)


def _authorization_of(request: Request) -> str:
    authorization_id = request.query_params.get("authorization", "")
    if len(authorization_id) != 36:
        raise MalformedRequest(reason="thiếu yêu cầu đăng nhập", reason_en="the request to sign in is missing")
    return authorization_id


def _next(step: Json, language: str) -> Response:
    """To the client, or to the page of the step: what was posted is not posted again by a reload."""
    if step["step"] == "redirect":
        return RedirectResponse(step["location"], 303, headers={"Cache-Control": "no-store"})
    query = urlencode({"authorization": step["authorization_id"], **({"lang": language} if language else {})})
    return RedirectResponse(f"{SIGN_IN}?{query}", 303, headers={"Cache-Control": "no-store"})
