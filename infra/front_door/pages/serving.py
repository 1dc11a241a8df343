"""From a request to a page: the session, who may open it, and what is shown when something is refused or fails."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from infra.chassis import logs
from infra.chassis.json_types import Json
from infra.chassis.refusals import InternalFailure, ServiceUnavailable, Unauthenticated
from infra.front_door.calls import DeadlinePassed, PlatformRefusal, PlatformUnreachable
from infra.front_door.context import language_of
from infra.front_door.errors import HttpRefusal, MethodNotAllowed, PageNotForYou, PageNotFound, ReplyTooLate
from infra.front_door.pages import forms, languages
from infra.front_door.pages.page import Handler, Page
from infra.front_door.pages.visits import Shared, Visit
from infra.front_door.problems import words_of_class
from infra.front_door.statuses import UNKNOWN, retry_after, status_of

RETURN_WITHIN = 3600  # seconds in which a sign-in leads back to where it was needed
MOST_CARRIED = 200_000  # characters of a form that is carried through a sign-in
SECRET = {"password", "new_password", "otp", "code"}  # fields that are typed again rather than kept
REFUSED = (PlatformRefusal, PlatformUnreachable, DeadlinePassed, HttpRefusal)


async def serve(shared: Shared, page: Page, request: Request) -> Response:
    """The page for this request, whatever happens on the way."""
    visit = visit_of(shared, request)
    try:
        try:
            return await _served(visit, page)
        finally:
            await _read_to_its_end(request)
    except ClientDisconnect:
        return Response(status_code=499)  # nobody reads it
    except REFUSED as refused:
        return failed(visit, refused)
    except Exception as error:  # noqa: BLE001 - whatever fails is logged, and the visitor has a page with its number
        call_id = request.scope["state"]["call_id"]
        logs.get().error("page_failed", call_id=call_id, error=f"{type(error).__name__}: {error}"[:500])
        return failed(visit, PlatformRefusal(InternalFailure.__name__, "", {}))


async def _read_to_its_end(request: Request) -> None:
    """A body that nobody wanted: a connection that is closed before it was read loses the answer on its way."""
    if request.method == "POST" and not request._stream_consumed and not hasattr(request, "_body"):
        async for _ in request.stream():
            pass


def visit_of(shared: Shared, request: Request) -> Visit:
    language = request.url.path[1:3]
    if language not in languages.LANGUAGES:
        language = language_of(request.headers.get("accept-language", ""))
    request.scope["state"].update(language=language, calls=0)
    return Visit(request, shared, language, shared.cookies.session_of(request), places=request.path_params)


async def _served(visit: Visit, page: Page) -> Response:
    gateway = visit.shared.gateway
    gateway.count_client(visit.request)
    gateway.count_account(visit.caller())
    handler = page.show if visit.request.method in ("GET", "HEAD") else page.act
    if handler is None:
        raise MethodNotAllowed(allowed=", ".join(page.methods), headers={"Allow": ", ".join(page.methods)})
    if visit.session.old:
        await _renew(visit)
    if page.roles is None:
        return await handler(visit)
    if visit.person is None:
        return await to_sign_in(visit)
    if not page.opens_for(visit.person.roles):
        raise PageNotForYou()
    return await _for_person(visit, handler)


async def _for_person(visit: Visit, handler: Handler) -> Response:
    """A session that ended elsewhere shows at the first door that refuses its token."""
    try:
        return await handler(visit)
    except PlatformRefusal as refused:
        if refused.name != Unauthenticated.__name__:
            raise
        visit.keep(visit.session.ended())
        return await to_sign_in(visit)


async def _renew(visit: Visit) -> None:
    """The next pair of tokens; where identity has none any more, nobody is signed in."""
    try:
        tokens = await visit.ask("identity.refresh", refresh_token=visit.session.refresh_token)
        visit.keep(visit.session.renewed(tokens))
    except PlatformRefusal as refused:
        if refused.name != Unauthenticated.__name__:
            raise
        visit.keep(visit.session.ended())


async def to_sign_in(visit: Visit, *, again: bool = False) -> Response:
    """To the sign-in page, and from there back; a form that was sent goes along, sealed, so that nothing is lost.

    One with a password or a code does not: its page is opened anew. ``again``: somebody is signed in, but not lately.
    """
    form = await visit.form() if visit.request.method == "POST" else None
    if form is not None and not SECRET & set(form):
        pairs = [(name, value) for name, value in form.pairs if name != forms.TOKEN]
        facts = {"path": visit.path, "fields": pairs, "file": bool(form.files)}
        if sum(len(name) + len(value) for name, value in pairs) <= MOST_CARRIED:
            return sign_in_page(visit, visit.shared.carried.seal(facts))
    query = visit.request.url.query if visit.request.method == "GET" else ""
    carried = visit.shared.carried.seal({"path": visit.path, "query": query, "again": again})
    return visit.to("/sign-in", carried=carried)


def sign_in_page(visit: Visit, carried: str, status: int = 200, **facts: object) -> Response:
    """``carried``: where to go afterwards, with the fields of a form that waits there."""
    again = bool((with_carried(visit, carried) or {}).get("again"))
    return visit.page("sign_in.html", status=status, carried=carried, ended=visit.session.spent, again=again, **facts)


def failed(visit: Visit, refused: Exception) -> Response:
    """A page that says what happened and what to do; of a failure inside nothing but its number."""
    name, text, todo, status, headers = _of_refusal(visit, refused)
    facts = {"name": name, "text": text, "todo": todo, "call_id": visit.request.scope["state"]["call_id"]}
    response = visit.page("problem.html", status=status, **facts)
    response.headers.update(headers)
    return response


def _of_refusal(visit: Visit, refused: Exception) -> tuple[str, str, str, int, dict[str, str]]:
    if isinstance(refused, PlatformUnreachable):
        refused = PlatformRefusal(ServiceUnavailable.__name__, visit.t("problems.unavailable"), {})
    if isinstance(refused, DeadlinePassed):
        refused = ReplyTooLate()
    if isinstance(refused, HttpRefusal):
        words = words_of_class(type(refused))
        text, todo = words[visit.language].format_map(refused.facts), words[f"todo_{visit.language}"]
        return refused.name, text, _todo(visit, refused.name, todo, refused.facts), refused.status, refused.headers
    assert isinstance(refused, PlatformRefusal)
    status = status_of(refused.name)
    if status == UNKNOWN:
        return InternalFailure.__name__, visit.t("problems.failure"), visit.t("problems.try_again"), 500, {}
    seconds = retry_after(refused.name, refused.facts)
    headers = {"Retry-After": str(seconds)} if seconds else {}
    return refused.name, refused.text, _todo(visit, refused.name, "", refused.facts), status, headers


def _todo(visit: Visit, name: str, otherwise: str, facts: Json) -> str:
    """What a person at a page can do; refusals speak to programs, too, so some have words of their own here."""
    key = f"problems.{name}"
    if languages.exists(key):
        return visit.t(key, **facts)
    return otherwise.format_map(facts) if otherwise else ""


def not_found(shared: Shared, request: Request) -> Response:
    return failed(visit_of(shared, request), PageNotFound())


def with_carried(visit: Visit, sealed: str) -> Json | None:
    """What went along to the sign-in, if we sealed it within the hour."""
    return visit.shared.carried.open(sealed, within=RETURN_WITHIN) if sealed else None
